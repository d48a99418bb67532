// A test with a database of its own, on the real engine.
import type { Database } from '../../src/index.ts'
import { test } from './check.ts'
import { openInside } from './inside.ts'

export function withDatabase(name: string, body: (db: Database) => Promise<void>): void {
  test(name, async () => {
    const db = await openInside()
    try {
      await body(db)
    } finally {
      await db.close()
    }
  })
}

export const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, ms))

/** The beginning of a statement in which n has the numbers from 1 to `count`. */
export const numbers = (count: number): string =>
  `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`
