// Calls that are ended, and more than an engine takes at once.
import assert from 'node:assert/strict'
import { numbers, withDatabase } from './with_database.ts'

withDatabase('a deadline ends a call', async (db) => {
  const endless =
    'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n'
  await assert.rejects(db.all(endless, [], { timeoutMs: 50 }), { code: 'timeout' })
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
})

withDatabase('a signal ends a call', async (db) => {
  const reason = new Error('not needed any more')
  const aborted = AbortSignal.abort(reason)
  await assert.rejects(db.all('select 1', [], { signal: aborted }), {
    code: 'cancelled',
    cause: reason,
  })

  const controller = new AbortController()
  const reading = db.all(`${numbers(5_000_000)} select i from n`, [], { signal: controller.signal })
  setTimeout(() => controller.abort(reason), 20)
  await assert.rejects(reading, { code: 'cancelled', cause: reason })
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
})

withDatabase('more calls at once than an engine queues', async (db) => {
  await db.exec('create table t(a integer primary key)')
  const calls = Array.from({ length: 15_000 }, (_, i) => db.exec('insert into t values (?)', [i]))
  await Promise.all(calls)
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 15_000 })
})

withDatabase('a request beyond 128 MiB is too large, and the next one goes through', async (db) => {
  const blob = new Uint8Array(128 << 20)
  await assert.rejects(db.exec('select length(?)', [blob]), { code: 'too_large' })
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
})

withDatabase('more bytes at once than an engine queues', async (db) => {
  const blob = new Uint8Array(4 << 20)
  const lengths = await Promise.all(
    Array.from({ length: 30 }, () => db.first('select length(?) as n', [blob])),
  )
  assert.ok(lengths.every((row) => row!['n'] === blob.length))
})
