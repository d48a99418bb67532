// What is asked by the public API, and how calls end.
import assert from 'node:assert/strict'
import { sql, type Value } from '../../src/index.ts'
import { test } from './check.ts'
import { openInside, type Traffic } from './inside.ts'
import { withDatabase } from './with_database.ts'

withDatabase('rows are written and read', async (db) => {
  await db.exec('create table note(id integer primary key, title text)')
  const result = await db.exec('insert into note(title) values (?), (?)', ['a', 'b'])
  assert.deepEqual(result, { rows: [], columns: [], changes: 2, lastInsertRowid: 2 })
  assert.deepEqual(await db.all('select * from note order by id'), [
    { id: 1, title: 'a' },
    { id: 2, title: 'b' },
  ])
  assert.deepEqual(await db.first('select title from note where id = ?', [2]), { title: 'b' })
  assert.equal(await db.first('select title from note where id = ?', [3]), undefined)
  assert.deepEqual(await db.exec('select 1 as one', [], { shape: 'array' }), {
    rows: [[1]],
    columns: ['one'],
    changes: 0,
    lastInsertRowid: (await db.exec('select 1')).lastInsertRowid,
  })
})

withDatabase('a query is a string, a template, or what Kysely compiles', async (db) => {
  const title = "x'; drop table note; --"
  assert.deepEqual(await db.all(sql`select ${title} as t, ${null} as n`), [{ t: title, n: null }])
  const condition = sql`a > ${1}`
  assert.deepEqual(
    await db.all(sql`select a from (select 1 as a union select 2) where ${condition} and a < ${9}`),
    [{ a: 2 }],
  )
  const compiled = {
    sql: 'select ? as a',
    parameters: ['k'],
    query: { kind: 'SelectQueryNode' },
    queryId: {},
  }
  assert.deepEqual(await db.all(compiled), [{ a: 'k' }])
  assert.deepEqual(await db.first(compiled, { shape: 'array' }), ['k'])
  assert.deepEqual(await db.all('select :a as a, $b as b', { a: 1, $b: 2 }), [{ a: 1, b: 2 }])
})

withDatabase('errors of the engine keep code, sentence and hint', async (db) => {
  await db.exec('create table t(a primary key)')
  await db.exec('insert into t values (1)')
  const error = await db.exec('insert into t values (1)').catch((e) => e)
  assert.equal(error.name, 'OutboardError')
  assert.equal(error.code, 'constraint')
  assert.match(error.message, /UNIQUE/)
  assert.match(String(error), /^constraint: /)
  await assert.rejects(db.exec('selec'), { code: 'bad_request' })
  await assert.rejects(db.exec('begin'), { code: 'bad_request' })
})

withDatabase('batch answers each statement', async (db) => {
  const results = await db.batch([
    'create table t(a)',
    { sql: 'insert into t values (?), (?)', params: [1, 2] },
    sql`select a from t where a > ${1}`,
    { sql: 'select :x as x', params: { x: 'y' } },
  ])
  assert.deepEqual(
    results.map(({ rows, changes }) => [rows, changes]),
    [
      [[], 0],
      [[], 2],
      [[{ a: 2 }], 0],
      [[{ x: 'y' }], 0],
    ],
  )
  await assert.rejects(
    db.batch(['insert into t values (3)', 'insert into nonsense values (1)'], { atomic: true }),
    {
      code: 'bad_request',
      message: /statement 2/,
    },
  )
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 2 })
})

withDatabase('a call that fails before it is sent does not hold up those behind it', async (db) => {
  const blob = new Uint8Array(16 << 20)
  const calls = [
    db.first('select length(?) as n', [blob]),
    db.first('select ? as n', [undefined as unknown as Value]).catch(({ code }) => ({ n: code })),
    db
      .first('select 2 as n', [], { signal: AbortSignal.timeout(0) })
      .catch(({ code }) => ({ n: code })),
    db.first('select 3 as n'),
  ]
  const found = (await Promise.all(calls)).map((row) => (row as { n: unknown }).n)
  assert.deepEqual([found[0], found[1], found[3]], [blob.length, 'bad_request', 3])
})

test('after close every call fails, and what was under way is told', async () => {
  const db = await openInside()
  await db.exec('create table t(a)')
  let insideError: unknown
  let goOn!: () => void
  const closed = new Promise<void>((resolve) => (goOn = resolve))
  let begun!: () => void
  const hasBegun = new Promise<void>((resolve) => (begun = resolve))
  const transaction = db.transaction(async (tx) => {
    await tx.exec('insert into t values (1)')
    begun()
    await closed
    await tx.exec('insert into t values (2)').catch((error) => {
      insideError = error
      throw error
    })
  })
  transaction.catch(() => {})
  await hasBegun
  const waiting = db.exec('insert into t values (3)')
  waiting.catch(() => {})
  const closing = db.close()
  assert.equal(db.close(), closing)
  await closing
  goOn()
  await assert.rejects(waiting, { code: 'cancelled' })
  await assert.rejects(transaction, { code: 'cancelled' })
  assert.equal((insideError as { code: string }).code, 'cancelled')
  await assert.rejects(db.exec('select 1'), { code: 'bad_request', message: /closed/ })
  await assert.rejects(
    db.transaction(() => {}),
    { code: 'bad_request' },
  )
})

test('H7: what is asked in one turn leaves as one post, and so do the answers', async () => {
  const traffic: Traffic = { toWorker: [], toPage: [] }
  const db = await openInside(traffic)
  await db.exec('create table t(a)')
  traffic.toWorker.length = traffic.toPage.length = 0
  await Promise.all([1, 2, 3].map((i) => db.exec('insert into t values (?)', [i])))
  assert.deepEqual([traffic.toWorker.length, traffic.toPage.length], [1, 1])
  await db.close()
})
