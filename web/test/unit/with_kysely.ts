// A test of Kysely with a database of its own, on the real engine.
import { type Generated, Kysely } from 'kysely'
import type { Database } from '../../src/index.ts'
import { OutboardDialect } from '../../src/kysely/index.ts'
import { withDatabase } from './with_database.ts'

export interface Schema {
  note: { id: Generated<number | bigint>; title: string | null }
  value: { v: unknown }
}

export function withKysely(
  name: string,
  body: (k: Kysely<Schema>, db: Database) => Promise<void>,
): void {
  withDatabase(name, async (db) => {
    await db.exec('create table note(id integer primary key, title text unique)')
    await body(new Kysely<Schema>({ dialect: new OutboardDialect({ database: db }) }), db)
  })
}

export const titles = async (k: Kysely<Schema>): Promise<(string | null)[]> =>
  (await k.selectFrom('note').select('title').orderBy('id').execute()).map((row) => row.title)

export const add = (k: Kysely<Schema>, title: string): Promise<unknown> =>
  k.insertInto('note').values({ title }).execute()
