// An application in strict TypeScript, against the types as they are published.
import {
  type Database,
  type DatabaseEntry,
  databases,
  type Info,
  open,
  OutboardError,
  remove,
  type Row,
  sql,
  storageEstimate,
  type Transaction,
  type Value,
} from 'outboard'
import { onMainThread } from 'outboard/main'

interface Note {
  id: number
  title: string | null
}

export async function tidy(): Promise<number> {
  const all: DatabaseEntry[] = await databases()
  for (const { name, bytes, open: isOpen } of all) if (!isOpen && bytes > 1e9) await remove(name)
  const { usedBytes, quotaBytes } = await storageEstimate()
  return quotaBytes - usedBytes
}

export async function use(): Promise<Note | undefined> {
  await using db: Database = await open('notes', { durability: 'power', openTimeoutMs: 5000 })
  const info: Info = db.info
  const rows: Row[] = await db.all('select * from note where id > ?', [1n], { integers: 'bigint' })
  const notes: Note[] = await db.all<Note>(sql`select id, title from note where id = ${info.name}`)
  const arrays = await db.all<Value[]>('select 1', [], { shape: 'array', timeoutMs: 10 })
  const first: Note | undefined = await db.first<Note>('select :id as id', { id: 1 })
  const compiled = { sql: 'select ?', parameters: [1] as const, query: { kind: 'SelectQueryNode' } }
  const { changes, lastInsertRowid } = await db.exec(compiled, { signal: AbortSignal.timeout(5) })
  const many = await db.many<Note>('insert into note values (?)', [[1], [new Uint8Array(1)]])
  const results = await db.batch(['select 1', sql`select ${true}`, { sql: 'select ?', params: [1] }], {
    atomic: true,
  })
  const text: string = await db.transaction(async (tx: Transaction) => {
    await tx.transaction((inner) => inner.exec('select 1'))
    return 'done'
  })
  for await (const note of db.stream<Note>('select * from note', [], { chunkRows: 10 })) {
    if (note.title === null) break
  }
  for await (const chunk of db.stream<Note>('select * from note').chunks()) void chunk.length
  await db.import(await new Response(db.export()).blob())
  // @ts-expect-error: a Date is no parameter
  await db.exec('select ?', [new Date()])
  // @ts-expect-error: nor is undefined
  await db.exec('select ?', [undefined])
  await open('notes', { storage: ['opfs', 'autosave', 'memory'] as const })
  await db.flush()
  await open('notes', { host: onMainThread, storage: ['autosave', 'memory'] })
  await open('notes', { seed: new Blob([]) })
  await open('notes', { seed: new URL('https://example.org/notes.db') })
  // @ts-expect-error: there is no such storage
  await open('notes', { storage: 'indexeddb' })
  try {
    await db.exec('nonsense')
  } catch (error) {
    if (error instanceof OutboardError && error.code === 'bad_request') console.log(error.hint)
  }
  void [rows, arrays, changes, lastInsertRowid, many.of(0), results[0]?.rows, text]
  return first ?? notes[0]
}
