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
