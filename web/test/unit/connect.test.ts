// connect(): a database that the real `outboard serve` serves, from Node.
import assert from 'node:assert/strict'
import { connect, type Database, OutboardError } from '../../src/index.ts'
import { Random, test } from './check.ts'
import { type Served, withServed } from './served.ts'
import { pause } from './with_database.ts'

const failsWith = (code: string) => (error: unknown) =>
  error instanceof OutboardError && error.code === code

const endless =
  'with recursive i(v) as (select 1 union all select v + 1 from i) select count(*) from i'

withServed('several clients share a served engine', async (served) => {
  const [a, b] = [await served.connect(), await served.connect()]
  assert.match(a.info.name, /trial\.db$/)
  assert.equal(a.info.storage, 'file')
  await assert.rejects(a.flush(), failsWith('unavailable')) // not with durability `process`
  await a.exec('create table t(v)')
  await b.many('insert into t values (?)', Array.from({ length: 20_000 }, (_, i) => [`row ${i}`]))
  assert.equal((await a.all('select v from t')).length, 20_000)
  let rows = 0
  for await (const row of a.stream('select v from t')) rows += row['v'] === undefined ? 0 : 1
  assert.equal(rows, 20_000)
  await a.transaction(async (tx) => {
    await tx.exec('delete from t')
    assert.deepEqual(await b.first('select count(*) as n from t'), { n: 20_000 })
  })
  assert.deepEqual(await b.first('select count(*) as n from t'), { n: 0 })
  await a.close()
  assert.deepEqual(await b.first('select 1 as here'), { here: 1 })
})

withServed('H9: a running statement can be taken back', async (served) => {
  const db = await served.connect()
  await assert.rejects(db.exec(endless, [], { timeoutMs: 20 }), failsWith('timeout'))
  const signal = AbortSignal.timeout(30)
  await assert.rejects(db.exec(endless, [], { signal }), failsWith('cancelled'))
})

withServed('L11: who does not know the token is told so', async (served) => {
  for (const token of ['', 'wrong', 'tell no one'])
    await assert.rejects(served.connect({ token }), failsWith('denied'))
  const db = await served.connect({ token: async () => served.token })
  assert.deepEqual(await db.first('select 1 as here'), { here: 1 })
})

withServed('what is not there, or is no address, is refused', async () => {
  await assert.rejects(connect('ws://127.0.0.1:1/'), failsWith('unavailable'))
  await assert.rejects(connect('http://127.0.0.1:1/'), failsWith('bad_request'))
  await assert.rejects(connect('nowhere'), failsWith('bad_request'))
  await assert.rejects(connect('ws://192.0.2.1/'), failsWith('denied'))
  const token = () => Promise.reject(new Error('not signed in'))
  await assert.rejects(connect('ws://127.0.0.1:1/', { token }), /not signed in/)
})

withServed('L8: a server that does not come back is given up with the reason', async (served) => {
  const db = await served.connect({ patienceMs: 100 })
  await db.exec('create table t(v)')
  await served.end('SIGTERM')
  await assert.rejects(db.exec('insert into t values (1)'), (error: OutboardError) => {
    assert.equal(error.code, 'worker_lost')
    assert.match(error.message, /not found again/)
    assert.equal(error.outcome, 'not_applied')
    return true
  })
})

withServed('L8: a server that stands still is noticed, and found again', async (served) => {
  const silenceMs = 5_000
  const db = await served.connect({ silenceMs, patienceMs: 60_000 })
  await db.exec('create table t(v)')
  const lost = db.transaction(async (tx) => {
    await tx.exec('insert into t values (1)')
    await served.standStill()
    await tx.exec('insert into t values (1)')
  })
  const isLost = assert.rejects(lost, (error: OutboardError) => error.outcome === 'not_applied')
  await pause(silenceMs + 1_000)
  const waits = db.exec('insert into t values (2)')
  served.goOn()
  await isLost
  assert.equal((await waits).changes, 1)
  assert.deepEqual(await db.all('select v from t'), [{ v: 2 }])
})

withServed('H8: a transaction goes with its server, and what is asked meanwhile waits', async (served) => {
  const db = await served.connect()
  await db.exec('create table t(v)')
  let killed!: () => void
  const isKilled = new Promise<void>((resolve) => (killed = resolve))
  const lost = db.transaction(async (tx) => {
    await tx.exec('insert into t values (1)')
    await served.end('SIGKILL')
    killed()
    await tx.exec('insert into t values (2)')
  })
  const isLost = assert.rejects(lost, (error: OutboardError) => error.outcome === 'not_applied')
  await isKilled
  const meanwhile = db.exec('insert into t values (3)')
  await pause(50)
  await served.startAgain()
  await isLost
  assert.equal((await meanwhile).changes, 1)
  assert.deepEqual(await db.all('select v from t'), [{ v: 3 }])
})

// Writes of every kind, one after the other, for as long as that is wanted, and what each of them
// said.
async function writeOn(db: Database, writer: number, goesOn: (outcome: string) => boolean) {
  const said = new Map<number, string>()
  const random = new Random(writer)
  let outcome = ''
  for (let key = writer * 1_000_000; goesOn(outcome); key += 10) {
    const write = random.pick([
      () => db.exec('insert into t values (?), (?)', [key, key + 1]),
      () => db.exec('insert into t values (?), (?) returning v', [key, key + 1]),
      () => db.many('insert into t values (?)', [[key], [key + 1]]),
      () =>
        db.transaction(async (tx) => {
          await tx.exec('insert into t values (?)', [key])
          await tx.exec('insert into t values (?)', [key + 1])
        }),
    ])
    outcome = 'applied'
    try {
      await write()
    } catch (error) {
      outcome = (error as OutboardError).outcome ?? String(error)
    }
    for (const value of [key, key + 1]) said.set(value, outcome)
  }
  return said
}

async function losesNothing(served: Served): Promise<void> {
  const db = await served.connect()
  await db.exec('create table t(v)')
  let goesOn = true
  let written = 0
  const writers = [1, 2, 3].map((writer) =>
    writeOn(db, writer, (outcome) => {
      written += outcome === 'applied' ? 1 : 0
      return goesOn
    }),
  )
  const random = new Random(7)
  for (let kills = 0; kills < 10; ++kills) {
    await pause(random.integer(100))
    await served.end(kills % 3 === 2 ? 'SIGTERM' : 'SIGKILL')
    await served.startAgain()
  }
  while (written < 100) await pause(1)
  goesOn = false
  const said = new Map((await Promise.all(writers)).flatMap((all) => [...all]))
  const there = await db.all<{ v: number; n: number }>('select v, count(*) as n from t group by v')
  const times = new Map(there.map(({ v, n }) => [v, n]))
  for (const [key, outcome] of said)
    assert.equal(times.get(key) ?? 0, outcome === 'applied' ? 1 : 0, `${key}: ${outcome}`)
  for (const key of times.keys()) assert.ok(said.has(key))
  assert.ok(![...said.values()].some((outcome) => !['applied', 'not_applied'].includes(outcome)))
}

withServed('H8: a server that is killed and started again loses nothing', losesNothing)

test('without a WebSocket that is said', async () => {
  const kept = Object.getOwnPropertyDescriptor(globalThis, 'WebSocket')
  Object.defineProperty(globalThis, 'WebSocket', { value: undefined, configurable: true })
  try {
    await assert.rejects(connect('ws://127.0.0.1:1/'), /there is no WebSocket here/)
  } finally {
    if (kept) Object.defineProperty(globalThis, 'WebSocket', kept)
  }
})
