// A database as a file, out and in.
import assert from 'node:assert/strict'
import { openInside } from './inside.ts'
import { withDatabase } from './with_database.ts'

withDatabase('a database is exported and imported', async (db) => {
  await db.exec('create table t(a, b)')
  await db.many(
    'insert into t values (?, ?)',
    Array.from({ length: 5000 }, (_, i) => [i, 'x'.repeat(i % 1000)]),
  )
  const blob = await db.exportBlob()
  assert.equal(new TextDecoder().decode((await blob.arrayBuffer()).slice(0, 15)), 'SQLite format 3')

  const bytes = new Uint8Array(await blob.arrayBuffer())
  for (const source of [blob, bytes, bytes.buffer, blob.stream() as ReadableStream<Uint8Array>]) {
    const other = await openInside()
    await other.exec('create table gone(a)')
    await other.import(source)
    assert.deepEqual(
      await other.first('select count(*) as n, sum(length(b)) as l from t'),
      await db.first('select count(*) as n, sum(length(b)) as l from t'),
    )
    await assert.rejects(other.exec('select * from gone'), { code: 'bad_request' })
    await other.exec('insert into t values (1, 2)')
    await other.close()
  }
})

withDatabase('junk is not imported, and what was there stays', async (db) => {
  await db.exec('create table t(a)')
  await db.exec('insert into t values (1)')
  for (const junk of [
    new Uint8Array(0),
    new Uint8Array(3_000_000).fill(7),
    new TextEncoder().encode('SQLite format 3\0 and no more'),
  ]) {
    await assert.rejects(db.import(junk), { code: 'corrupt' })
  }
  await assert.rejects(db.import('text' as unknown as Uint8Array), { code: 'bad_request' })
  const failing = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
    pull: (controller) => controller.error(new Error('the network is gone')),
  })
  await assert.rejects(db.import(failing), { message: 'the network is gone' })
  assert.deepEqual(await db.all('select * from t'), [{ a: 1 }])
})

withDatabase('an export that is cancelled leaves nothing behind', async (db) => {
  await db.exec('create table t(a)')
  await db.many(
    'insert into t values (?)',
    Array.from({ length: 5000 }, () => ['x'.repeat(1000)]),
  )
  for (let i = 0; i < 20; ++i) {
    const reader = db.export().getReader()
    await reader.read()
    await reader.cancel()
  }
  await db.exec('insert into t values (1)')
})
