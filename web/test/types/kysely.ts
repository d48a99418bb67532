// An application that uses Kysely, against the types as they are published.
import { type Generated, Kysely } from 'kysely'
import { open } from 'outboard'
import { OutboardDialect } from 'outboard/kysely'

interface Schema {
  note: { id: Generated<bigint>; title: string }
}

export async function use(): Promise<{ id: bigint; title: string }[]> {
  const database = await open('notes')
  const db = new Kysely<Schema>({ dialect: new OutboardDialect({ database, integers: 'bigint' }) })
  new OutboardDialect({ database: () => open('notes') })
  new OutboardDialect({ database: open('notes') })
  // @ts-expect-error: a name is no database
  new OutboardDialect({ database: 'notes' })
  const compiled = db.selectFrom('note').select('title').compile()
  const rows = await database.all<{ title: string }>(compiled)
  for await (const row of database.stream<{ title: string }>(compiled)) rows.push(row)
  await database.batch([compiled, compiled])
  const { changes } = await database.exec(compiled, { timeoutMs: 10 })
  void changes
  return db.selectFrom('note').selectAll().execute()
}
