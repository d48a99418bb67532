// Statements that nothing can interrupt: their worker is ended by its page, and the others go on
// (rule H16).
import { SharedDatabase, withBrowser } from './shared_database.mjs'
import { check, equal, openDatabase } from './support.mjs'

// A single step of SQLite's machine, which takes many minutes.
const wedge = `select instr(hex(zeroblob(2000000)), hex(zeroblob(1000000)) || 'b')`

async function withTabs({ server, database }, body) {
  await withBrowser(async (browser) => {
    const shared = new SharedDatabase(browser, server.address, database)
    const owner = await shared.tab()
    const guests = [await shared.tab(), await shared.tab()]
    await owner.show()
    await owner.evaluate(() => db.exec('create table t(writer, number)'))
    await body({ shared, owner, guests })
  })
}

// Asks it, without waiting for the answer; `outcome` tells that.
const ask = (sql, options) => {
  const tell = ({ code, outcome }) => [code, outcome]
  window.asked = db.exec(sql, [], options).then(() => ['answered'], tell)
}
const outcome = () => window.asked

export const tests = {
  'H16: the others go on when the owner is wedged, and its call ends in time': (given) =>
    withTabs(given, async ({ shared, owner, guests }) => {
      await owner.evaluate(ask, wedge, { timeoutMs: 300 })
      const start = performance.now()
      const writers = []
      for (const guest of guests) writers.push(await shared.writeOn(guest))
      const ms = Math.round(performance.now() - start)
      equal(await owner.evaluate(outcome), ['timeout', null])
      equal(await owner.evaluate(() => db.first('select 1 as a')), { a: 1 })
      const told = await shared.check(owner)
      equal(told.unknown, undefined, 'H8: the number of unknown outcomes')
      given.note(`the others went on after ${ms} ms`)
    }),

  'H8, H16: what wedges two engines is not given to a third': (given) =>
    withTabs(given, async ({ shared, owner, guests }) => {
      const [guest] = guests
      for (const tab of [owner, ...guests]) await shared.writeOn(tab)
      await guest.evaluate(ask, `insert into t select 0, (${wedge})`)
      equal(await guest.evaluate(outcome), ['worker_lost', 'not_applied'])
      await Promise.all([1, 2, 3].map((writer) => shared.progress(writer)))
      await shared.check(guest)
      equal(await owner.evaluate(() => db.all('select * from t where writer = 0')), [])
    }),

  'H16: the files are let go by a worker that is wedged in a transaction, without its changes': (
    given,
  ) =>
    withTabs(given, async ({ owner, guests }) => {
      await owner.evaluate((wedge) => {
        void db
          .transaction(async (tx) => {
            await tx.exec('insert into t values (1, 1)')
            await tx.exec(wedge)
          })
          .catch((error) => (window.lost = [error.code, error.outcome]))
      }, wedge)
      equal(await guests[0].evaluate(() => db.all('select * from t')), [])
      await guests[1].evaluate(() => db.exec('insert into t values (2, 2)'))
      equal(await owner.evaluate(() => db.all('select writer from t')), [{ writer: 2 }])
      equal(await owner.evaluate(() => window.lost), ['worker_lost', 'not_applied'])
    }),

  'L8: a deadline ends what nothing can interrupt, in a tab that is alone': async ({
    page,
    database,
  }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(() => db.exec('create table t(a)'))
    for (const sql of [wedge, `insert into t ${wedge}`]) {
      await page.evaluate(
        ([sql]) => {
          window.ended = db.exec(sql, [], { timeoutMs: 200 }).catch(({ code }) => code)
        },
        [sql],
      )
      equal(await page.evaluate(() => window.ended), 'timeout')
      equal(await page.evaluate(() => db.all('select a from t')), [])
    }
  },

  'L8: … and so it does in memory, whose engine is lost with it': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database, { storage: 'memory' }])
    const code = await page.evaluate(
      (sql) => db.exec(sql, [], { timeoutMs: 200 }).catch(({ code }) => code),
      wedge,
    )
    check(code === 'timeout' || code === 'worker_lost', code)
  },
}
