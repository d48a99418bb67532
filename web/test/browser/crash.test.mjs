// The browser is killed with SIGKILL in the middle of writing. What was acknowledged is there
// afterwards.
import { rmSync } from 'node:fs'
import { freshFolder } from './chromium.mjs'
import { Browser } from './devtools.mjs'
import { check, equal, openDatabase } from './support.mjs'

const acknowledgedMin = 50

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
  'acknowledged transactions survive the SIGKILL of the browser': (given) =>
    killedWhileWriting(given, 'process'),
  'and so they do with durability power': (given) => killedWhileWriting(given, 'power'),
}
