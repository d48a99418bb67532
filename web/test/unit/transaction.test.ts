// Transactions by the public API.
import assert from 'node:assert/strict'
import type { Transaction, Value } from '../../src/index.ts'
import { numbers, withDatabase } from './with_database.ts'

withDatabase('a transaction is committed when its function returns', async (db) => {
  await db.exec('create table t(a)')
  const value = await db.transaction(async (tx) => {
    await tx.exec('insert into t values (1)')
    assert.deepEqual(await db.first('select count(*) as n from t'), { n: 0 })
    assert.deepEqual(await tx.first('select count(*) as n from t'), { n: 1 })
    return 'value'
  })
  assert.equal(value, 'value')
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 1 })
})

withDatabase('a transaction is rolled back when its function throws', async (db) => {
  await db.exec('create table t(a)')
  const mine = new Error('mine')
  await assert.rejects(
    db.transaction(async (tx) => {
      await tx.exec('insert into t values (1)')
      throw mine
    }),
    (error) => error === mine,
  )
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 0 })
})

withDatabase('a transaction inside another is taken back alone', async (db) => {
  await db.exec('create table t(a)')
  await db.transaction(async (tx) => {
    await tx.exec('insert into t values (1)')
    await tx.transaction(async (inner) => {
      await inner.exec('insert into t values (2)')
      await inner.transaction((innermost) => innermost.exec('insert into t values (3)'))
    })
    await assert.rejects(
      tx.transaction(async (inner) => {
        await inner.exec('insert into t values (4)')
        throw new Error('no')
      }),
    )
    await tx.exec('insert into t values (5)')
  })
  assert.deepEqual(await db.all('select a from t order by a', [], { shape: 'array' }), [
    [1],
    [2],
    [3],
    [5],
  ])
})

withDatabase(
  'a transaction cannot be used after its end, nor while one inside it is open',
  async (db) => {
    await db.exec('create table t(a)')
    let kept!: Transaction
    await db.transaction(async (tx) => {
      kept = tx
      await tx.transaction(async (inner) => {
        await assert.rejects(tx.exec('select 1'), { code: 'bad_request', message: /one inside it/ })
        await assert.rejects(
          tx.transaction(() => {}),
          { code: 'bad_request' },
        )
        await inner.exec('insert into t values (1)')
      })
      await tx.exec('insert into t values (2)')
    })
    await assert.rejects(kept.exec('insert into t values (3)'), {
      code: 'bad_request',
      message: /after its end/,
    })
    await assert.rejects(
      kept.transaction(() => {}),
      { code: 'bad_request' },
    )
    await assert.rejects(
      async () => {
        for await (const _ of kept.stream('select 1')) assert.fail()
      },
      { code: 'bad_request' },
    )
    assert.deepEqual(await db.first('select count(*) as n from t'), { n: 2 })
  },
)

withDatabase('what was not awaited in a transaction is part of it', async (db) => {
  await db.exec('create table t(a, b)')
  function* sets(): Generator<Value[]> {
    for (let i = 0; i < 30_000; ++i) yield [i, 'x'.repeat(50)]
  }
  let unawaited: Promise<unknown>
  await db.transaction((tx) => {
    unawaited = tx.many('insert into t values (?, ?)', sets())
    void tx.transaction((inner) => inner.exec('insert into t values (-1, null)')).catch(() => {})
  })
  await unawaited!
  assert.equal((await db.first<{ n: number }>('select count(*) as n from t'))!.n, 30_001)
})

withDatabase('a stream that is left open in a transaction ends with it', async (db) => {
  await db.transaction(async (tx) => {
    const stream = tx.stream(`${numbers(1_000_000)} select i from n`)[Symbol.asyncIterator]()
    await stream.next()
  })
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
})

withDatabase('writers wait for an open transaction, and readers do not', async (db) => {
  await db.exec('create table t(a)')
  const order: string[] = []
  let written!: Promise<unknown>
  await db.transaction(async (tx) => {
    written = db.exec('insert into t values (1)').then(() => order.push('outside'))
    await tx.exec('insert into t values (2)')
    await db.first('select count(*) from t')
    await new Promise((resolve) => setTimeout(resolve, 20))
    order.push('inside')
  })
  await written
  assert.deepEqual(order, ['inside', 'outside'])
})
