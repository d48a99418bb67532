// What takes more than one message: many sets of parameters, large results, streams.
import assert from 'node:assert/strict'
import type { Value } from '../../src/index.ts'
import { test } from './check.ts'
import { openInside, type Traffic } from './inside.ts'
import { numbers, withDatabase } from './with_database.ts'

withDatabase('many runs one statement with many sets', async (db) => {
  await db.exec('create table t(i integer primary key, x text)')
  const inserted = await db.many(
    'insert into t(x) values (?)',
    Array.from({ length: 1000 }, (_, i) => [`x${i}`]),
  )
  assert.equal(inserted.changes, 1000)
  assert.equal(inserted.lastInsertRowid, 1000)
  assert.deepEqual(inserted.rows, [])

  const found = await db.many<{ x: string }>('select x from t where i between ? and ?', [
    [1, 2],
    [5000, 6000],
    [3, 3],
  ])
  assert.deepEqual(found.columns, ['x'])
  assert.deepEqual(found.rows, [{ x: 'x0' }, { x: 'x1' }, { x: 'x2' }])
  assert.deepEqual(found.of(0), [{ x: 'x0' }, { x: 'x1' }])
  assert.deepEqual(found.of(1), [])
  assert.deepEqual(found.of(2), [{ x: 'x2' }])

  const returned = await db.many('insert into t(x) values (?) returning i', [['a'], ['b']])
  assert.deepEqual(returned.of(1), [{ i: 1002 }])
  assert.deepEqual((await db.many('insert into t(x) values (?)', [])).changes, 0)
})

withDatabase('many is all or nothing, however many pieces it takes', async (db) => {
  await db.exec('create table t(i integer primary key, x text)')
  const filling = 'x'.repeat(1000)
  function* sets(last: unknown): Generator<Value[]> {
    for (let i = 1; i <= 20_000; ++i) yield [i, filling]
    yield [last as Value, 'last']
  }
  await assert.rejects(db.many('insert into t values (?, ?)', sets(7)), {
    code: 'constraint',
    message: /set 20000/,
  })
  await assert.rejects(db.many('insert into t values (?, ?)', sets(undefined)), {
    code: 'bad_request',
    message: /set 20000/,
  })
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 0 })
  const result = await db.many('insert into t values (?, ?)', sets(20_001))
  assert.equal(result.changes, 20_001)
  assert.deepEqual(await db.first('select count(*) as n, sum(length(x)) as bytes from t'), {
    n: 20_001,
    bytes: 20_000_004,
  })
})

withDatabase('many stops taking sets once it has failed', async (db) => {
  await db.exec('create table t(i integer primary key, x)')
  let taken = 0
  let closed = false
  function* sets(): Generator<Value[]> {
    try {
      for (;;) yield [1, 'x'.repeat(++taken % 1000)]
    } finally {
      closed = true
    }
  }
  await assert.rejects(db.many('insert into t values (?, ?)', sets()), { code: 'constraint' })
  assert.ok(closed)
})

withDatabase('a large result arrives in pieces and is whole', async (db) => {
  const rows = await db.all<{ i: number; t: string }>(
    `${numbers(100_000)} select i, 'row ' || i as t, i * 0.5 as r, null as n from n`,
  )
  assert.equal(rows.length, 100_000)
  rows.forEach((row, i) => assert.ok(row.i === i + 1 && row.t === `row ${i + 1}`))
  assert.deepEqual(rows[99_999], { i: 100_000, t: 'row 100000', r: 50_000, n: null })
  assert.deepEqual(await db.first(`${numbers(100_000)} select i from n`), { i: 1 })
  const many = await db.many<{ i: number }>(`${numbers(50_000)} select i, ? as x from n`, [
    ['a'.repeat(20)],
    ['b'],
  ])
  assert.equal(many.rows.length, 100_000)
  assert.equal(many.of(1)[0]!.i, 1)
})

withDatabase('a stream is read at the pace of its reader', async (db) => {
  const seen: number[] = []
  for await (const { i } of db.stream<{ i: number }>(`${numbers(5000)} select i from n`, [], {
    chunkRows: 100,
  }))
    seen.push(i)
  assert.deepEqual(
    seen,
    Array.from({ length: 5000 }, (_, i) => i + 1),
  )

  let chunks = 0
  for await (const chunk of db
    .stream(`${numbers(1000)} select i from n`, [], { chunkRows: 100 })
    .chunks()) {
    assert.equal(chunk.length, 100)
    ++chunks
  }
  assert.equal(chunks, 10)

  // Endless: leaving the loop is what ends it.
  for await (const { i } of db.stream<{ i: number }>(
    'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n',
  )) {
    if (i === 100_000) break
  }
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
  await assert.rejects(
    async () => {
      for await (const _ of db.stream('select nonsense')) assert.fail()
    },
    { code: 'bad_request' },
  )
  for await (const _ of db.stream('select 1 where 0')) assert.fail()
})

withDatabase('more streams may be left unread than an engine reads at once', async (db) => {
  for (let i = 0; i < 30; ++i) {
    for await (const _ of db.stream(`${numbers(1_000_000)} select i from n`, [], { chunkRows: 10 }))
      break
  }
})

test('L7: a stream that nobody reads on stands still', async () => {
  const traffic: Traffic = { toWorker: [], toPage: [] }
  const db = await openInside(traffic)
  const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n'
  const stream = db.stream(endless, [], { chunkRows: 10 }).chunks()
  traffic.toPage.length = 0
  await stream.next()
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(traffic.toPage.length, 2) // the one that was read, and one ahead
  await stream.return()
  await db.close()
})

test('L7: sets are taken no further ahead than the engine gives credit for', async () => {
  const db = await openInside()
  await db.exec('create table t(a)')
  let taken = 0
  function* sets(): Generator<Value[]> {
    for (; taken < 400; ++taken) yield [new Uint8Array(100_000)]
  }
  let written!: Promise<unknown>
  await db.transaction(async (tx) => {
    written = db.many('insert into t values (?)', sets())
    await new Promise((resolve) => setTimeout(resolve, 300))
    await tx.exec('select 1')
    assert.ok(taken < 80, `${taken} sets of 100 KB were taken while another transaction was open`)
  })
  await written
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 400 })
  await db.close()
})
