// The page, or the whole browser, goes in the middle of writing. What was acknowledged is there
// afterwards, and no half of anything.
import { rmSync } from 'node:fs'
import { freshFolder } from './chromium.mjs'
import { Browser } from './devtools.mjs'
import { withBrowser } from './shared_database.mjs'
import { check, equal, openDatabase, pause } from './support.mjs'

const acknowledgedMin = 50
const rounds = 50

// Transactions of two rows each, for ever; those that were acknowledged are told to the test as
// they are.
async function writeOnHere() {
  await db.exec('create table if not exists t(number integer, half integer)')
  for (let number = 1; ; ++number) {
    await db.transaction(async (tx) => {
      await tx.exec('insert into t values (?, 1)', [number])
      await tx.exec('insert into t values (?, 2)', [number])
    })
    told(String(number))
  }
}

// Transactions of a small row, a big one and another small one, and beside them an insert that
// never ends. Each is told as it is acknowledged.
function writeOnHalves(round) {
  const writeOn = async () => {
    for (;;) {
      await db.transaction(async (tx) => {
        await tx.exec('insert into t values (?, 1)', [round])
        await tx.exec('insert into big values (zeroblob(200000))')
        await tx.exec('insert into t values (?, 2)', [round])
      })
      told(String(round))
    }
  }
  const endless = (function* () {
    for (;;) yield ['x'.repeat(10000)]
  })()
  void writeOn().catch(() => {})
  void db.many('insert into big values (?)', endless).catch(() => {})
}

async function goesInTransactions({ server, database, note }) {
  await withBrowser(async (browser) => {
    const acknowledged = Array(rounds).fill(0)
    browser.listen(({ method, params }) => {
      if (method === 'Runtime.bindingCalled') ++acknowledged[Number(params.payload)]
    })
    let tab
    for (let round = 0; round <= rounds; ++round) {
      tab ??= await browser.newTab(`${server.address}/`)
      await tab.evaluate(openDatabase, [database])
      if (round === 0)
        await tab.evaluate(() => db.exec('create table t(round, part); create table big(x)'))
      const [counts, [[integrity]]] = await tab.evaluate(() => {
        const shape = 'array'
        return Promise.all([
          db.all('select round, sum(part = 1), sum(part = 2) from t group by 1', [], { shape }),
          db.all('pragma integrity_check', [], { shape }),
        ])
      })
      equal(integrity, 'ok', `round ${round}: the check`)
      const there = new Map(counts.map(([at, first, second]) => [at, [first, second]]))
      for (let at = 0; at < round; ++at) {
        const [first, second] = there.get(at) ?? [0, 0]
        equal(first, second, `round ${at}: the number of halves`)
        check(first >= acknowledged[at], `round ${at}: ${first} of ${acknowledged[at]} are there`)
      }
      if (round === rounds) break
      await tab.evaluate(() => db.exec('delete from big'))
      await tab.send('Runtime.addBinding', { name: 'told' })
      await tab.evaluate(writeOnHalves, round)
      await pause(20 + ((round * 37) % 180))
      if (round % 2 === 0) await tab.reload()
      else {
        await tab.crash()
        tab = undefined
      }
    }
    const all = acknowledged.reduce((a, b) => a + b)
    check(all > 0, 'no transaction was acknowledged')
    note(`${all} transactions acknowledged in ${rounds} rounds`)
  })
}

async function killedWhileWriting({ server, database, note }, durability) {
  const profile = freshFolder('crash')
  const open = async (browser) => {
    const tab = await browser.newTab(`${server.address}/`)
    await tab.evaluate(openDatabase, [database, { durability }])
    return tab
  }
  let browser = await Browser.start(profile)
  try {
    const tab = await open(browser)
    await tab.send('Runtime.addBinding', { name: 'told' })
    let acknowledged = 0
    await new Promise((resolve, reject) => {
      browser.listen(({ method, params }) => {
        if (method !== 'Runtime.bindingCalled') return
        acknowledged = Number(params.payload)
        if (acknowledged === acknowledgedMin) resolve()
      })
      tab.evaluate(writeOnHere).catch(reject)
    })
    await browser.stop()

    browser = await Browser.start(profile)
    const [{ rows }, { rows: integrity }] = await (
      await open(browser)
    ).evaluate(() =>
      db.batch([
        'select count(*) as n, sum(half = 1) as a, sum(half = 2) as b from t',
        'pragma integrity_check',
      ]),
    )
    const [{ n, a, b }] = rows
    note(`${acknowledged} transactions acknowledged, ${a} there`)
    equal([a, n], [b, a + b], 'the number of halves')
    check(a >= acknowledged, `${acknowledged - a} acknowledged transactions are gone`)
    equal(integrity, [{ integrity_check: 'ok' }])
  } finally {
    await browser.stop()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

export const tests = {
  'L4, L5: a page that is reloaded or crashes in transactions, 50 times, loses nothing':
    goesInTransactions,
  'acknowledged transactions survive the SIGKILL of the browser': (given) =>
    killedWhileWriting(given, 'process'),
  'and so they do with durability power': (given) => killedWhileWriting(given, 'power'),
}
