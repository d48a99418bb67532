// Several tabs, one engine: whoever has it may go in any way, and the others go on (H15 to H17).
import { SharedDatabase, withBrowser } from './shared_database.mjs'
import { check, equal, openDatabase, pause, serveWorker } from './support.mjs'

// A worker that tells, on a channel of its own, how many bytes it has posted to other tabs.
const counting = `{
  const { postMessage } = BroadcastChannel.prototype
  const counter = new BroadcastChannel('counter')
  let bytes = 0
  BroadcastChannel.prototype.postMessage = function (message) {
    if (message instanceof ArrayBuffer) bytes += message.byteLength
    postMessage.call(this, message)
  }
  counter.onmessage = () => postMessage.call(counter, bytes)
}`

// The first tab is the owner; it and two guests write, and then something happens to it.
function goesOn(happens, { comesBack = false, closes = false } = {}) {
  return ({ server, database, note }) =>
    withBrowser(async (browser) => {
      const shared = new SharedDatabase(browser, server.address, database)
      const owner = await shared.tab()
      const guests = [await shared.tab(), await shared.tab()]
      await owner.show() // a hidden owner hands over
      await owner.evaluate(() => db.exec('create table t(writer, number)'))
      await shared.writeOn(owner)
      const writers = []
      for (const guest of guests) writers.push(await shared.writeOn(guest))
      shared.longest = 0
      const start = performance.now()
      const gone = happens(owner, shared)
      await Promise.all(writers.map((writer) => shared.progress(writer)))
      const ms = Math.round(performance.now() - start)
      await gone
      const told = await shared.check(guests[0])
      note(`the others went on after ${ms} ms; ${JSON.stringify(told)}`)
      if (!closes) equal(told.unknown, undefined, 'H8: the number of unknown outcomes')
      if (comesBack) await shared.check(owner)
    })
}

export const tests = {
  'H15: tabs, and clients of one page, share an engine': async ({
    page,
    newPage,
    database,
    note,
  }) => {
    const other = await newPage()
    const openTwice = async (name) => {
      const { open } = await import('/outboard/index.js')
      window.databases = [await open(name), await open(name)]
      return databases.map((db) => db.info.created)
    }
    equal(await page.evaluate(openTwice, database), [true, false])
    equal(await other.evaluate(openTwice, database), [false, false])
    await page.evaluate(() => databases[1].exec('create table t(a)'))
    for (const tab of [page, other])
      for (const at of [0, 1])
        await tab.evaluate((at) => databases[at].exec('insert into t values (?)', [at]), at)
    equal(await other.evaluate(() => databases[1].all('select count(*) as n from t')), [{ n: 4 }])
    const median = await other.evaluate(async () => {
      const all = []
      for (let i = 0; i < 300; ++i) {
        const start = performance.now()
        await databases[0].first('select 1')
        all.push(performance.now() - start)
      }
      return all.sort((a, b) => a - b)[150]
    })
    note(`a read from another tab takes ${(median * 1000).toFixed(0)} µs`)
    // Whoever closes it, the others keep it.
    await page.evaluate(() => databases[0].close())
    equal(await page.evaluate(() => databases[1].all('select count(*) as n from t')), [{ n: 4 }])
    await other.evaluate(() => databases[0].close())
    equal(await other.evaluate(() => databases[1].all('select count(*) as n from t')), [{ n: 4 }])
  },

  'a transaction of a tab that closes is rolled back, and the next writer goes on': async ({
    page,
    newPage,
    database,
  }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(() => db.exec('create table t(a)'))
    const other = await newPage()
    await other.evaluate(openDatabase, [database])
    await other.evaluate(
      () =>
        new Promise((begun) => {
          void db.transaction(async (tx) => {
            await tx.exec('insert into t values (1)')
            begun()
            await new Promise(() => {})
          })
        }),
    )
    const waiting = page.evaluate(() => db.exec('insert into t values (2)'))
    await other.close()
    await waiting
    equal(await page.evaluate(() => db.all('select a from t')), [{ a: 2 }])
  },

  'L7: a large result crosses to another tab in pieces': async ({ page, newPage, database }) => {
    await page.evaluate(openDatabase, [database])
    const other = await newPage()
    await other.evaluate(openDatabase, [database])
    const counts = await other.evaluate(async () => {
      await db.exec('create table t(i, x)')
      await db.many(
        'insert into t values (?, zeroblob(1000))',
        Array.from({ length: 50_000 }, (_, i) => [i]),
      )
      const { length } = await db.all('select * from t')
      const { size } = await db.exportBlob()
      let streamed = 0
      for await (const rows of db.stream('select * from t').chunks()) streamed += rows.length
      return [length, streamed, size > 50_000_000]
    })
    equal(counts, [50_000, 50_000, true])
  },

  'a large result is asked for again when the owner is closed': ({ server, database, note }) =>
    withBrowser(async (browser) => {
      const shared = new SharedDatabase(browser, server.address, database)
      const owner = await shared.tab()
      const guest = await shared.tab()
      await owner.show()
      await guest.evaluate(async () => {
        await db.exec('create table t(i, x)')
        await db.many(
          'insert into t values (?, zeroblob(1000))',
          Array.from({ length: 20_000 }, (_, i) => [i]),
        )
      })
      const reading = guest.evaluate(async () => {
        let rounds = 0
        for (const end = performance.now() + 2000; performance.now() < end; ++rounds) {
          const rows = await db.all('select i from t order by i, x', [], { shape: 'array' })
          const isRight = rows.length === 20_000 && rows.every(([i], at) => i === at)
          if (!isRight) throw new Error(`round ${rounds}: ${rows.length} rows`)
          const blobs = await db.all('select x from t')
          if (blobs.length !== 20_000) throw new Error(`round ${rounds}: ${blobs.length} blobs`)
        }
        return rounds
      })
      await pause(700)
      await owner.close()
      note(`${await reading} rounds`)
    }),

  'the others go on when the owner is closed': goesOn((owner) => owner.close()),

  'when it crashes': goesOn((owner) => owner.crash()),

  'when it is reloaded': goesOn(
    async (owner, shared) => {
      await owner.reload()
      await shared.open(owner)
    },
    { comesBack: true },
  ),

  'when it goes to another page': goesOn((owner, { address }) => owner.goto(`${address}/outboard/`)),

  'when it closes the database': goesOn((owner) => owner.evaluate(() => db.close()), {
    closes: true,
  }),

  'when it is hidden': goesOn((owner, shared) => shared.browser.newTab(), { comesBack: true }),

  'H16: when it is frozen': goesOn(
    async (owner) => {
      await owner.freeze()
      await pause(500)
      await owner.unfreeze()
    },
    { comesBack: true },
  ),

  'H16: when it is put into the back/forward cache': goesOn(
    async (owner, { address }) => {
      await owner.evaluate(() => {
        window.kept = true
      })
      await owner.goto(`${address}/outboard/`)
      await pause(500)
      await owner.back()
      const why = () =>
        JSON.stringify(performance.getEntriesByType('navigation')[0].notRestoredReasons)
      check(await owner.evaluate(() => window.kept), await owner.evaluate(why))
    },
    { comesBack: true },
  ),

  'H16: when it is closed in the middle of a long statement': goesOn(async (owner) => {
    await owner.evaluate(() => {
      const endless =
        'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n'
      void db.all(endless).catch(() => {})
    })
    await pause(200)
    await owner.close()
  }),

  'H16: an owner that answers nothing leaves nobody hanging': ({ server, database, note }) =>
    withBrowser(async (browser) => {
      const shared = new SharedDatabase(browser, server.address, database)
      const owner = await shared.tab()
      const guest = await shared.tab()
      await owner.show()
      await guest.evaluate(() => db.exec('create table t(a)'))
      // Its worker is in a statement of some seconds, and its page in a loop.
      await owner.evaluate(() => {
        const endless =
          'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n'
        void db.all(endless, [], { timeoutMs: 9000 }).catch(() => {})
        setTimeout(() => {
          for (const end = performance.now() + 9000; performance.now() < end; );
        }, 100)
      })
      await pause(300)
      const { code, hint, outcome, ms } = await guest.evaluate(async () => {
        const start = performance.now()
        const error = await db.exec('insert into t values (1)').catch((error) => error)
        const { code, hint, outcome } = error
        return { code, hint, outcome, ms: performance.now() - start }
      })
      equal([code, outcome], ['unavailable', 'unknown'])
      check(/suspended/.test(hint), hint)
      note(`told after ${Math.round(ms)} ms`)
      // It heals: what was sent meanwhile is worked off, and later requests are answered.
      for (;;) {
        const again = () => db.all('select a from t').catch(({ code }) => code)
        const rows = await guest.evaluate(again)
        if (rows === 'unavailable') continue
        equal(rows, [{ a: 1 }])
        return
      }
    }),

  'H16: a long statement of an owner that lives is waited for': ({ server, database }) =>
    withBrowser(async (browser) => {
      const shared = new SharedDatabase(browser, server.address, database)
      const owner = await shared.tab()
      const guest = await shared.tab()
      await owner.show()
      const long = owner.evaluate(() => {
        const endless =
          'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n'
        return db.all(endless, [], { timeoutMs: 4000 }).catch(({ code }) => code)
      })
      await pause(100)
      equal(await guest.evaluate(() => db.first('select 1 as a')), { a: 1 })
      equal(await long, 'timeout')
    }),

  'L7: a tab that takes nothing in is sent no more than a window, and harms nobody': ({
    server,
    database,
    note,
  }) =>
    withBrowser(async (browser) => {
      serveWorker(server, '/outboard/counting.js', counting)
      const shared = new SharedDatabase(browser, server.address, database)
      const owner = await shared.tab({ workerUrl: '/outboard/counting.js' })
      const guest = await shared.tab()
      await owner.show()
      await guest.evaluate(() => {
        window.asked = Promise.all(
          Array.from({ length: 200 }, () => db.first('select zeroblob(900000) as b')),
        )
        // From the end of this task on it is deaf for a while.
        setTimeout(() => {
          for (const end = performance.now() + 2000; performance.now() < end; );
        })
      })
      const posted = () =>
        new Promise((resolve) => {
          const counter = new BroadcastChannel('counter')
          counter.onmessage = ({ data }) => resolve(data)
          counter.postMessage('?')
        })
      await pause(1000)
      const bytes = await owner.evaluate(posted)
      const answered = await owner.evaluate(() => db.first('select 1 as a'))
      equal(answered, { a: 1 })
      note(`${(bytes / 1e6).toFixed(1)} MB were posted to the deaf tab`)
      check(bytes < 40_000_000, `${bytes} bytes`)
      equal(await guest.evaluate(async () => (await window.asked).length), 200)
      check((await owner.evaluate(posted)) > 180_000_000, 'the counter does not count')
    }),

  'L7: a tab that never says what it has taken in is dropped after a while, and comes back': ({
    server,
    database,
    note,
  }) =>
    withBrowser(async (browser) => {
      const shared = new SharedDatabase(browser, server.address, database)
      const owner = await shared.tab()
      const guest = await shared.tab()
      await owner.show()
      const links = await guest.evaluate(async () => {
        const { postMessage } = BroadcastChannel.prototype
        const links = new Set()
        BroadcastChannel.prototype.postMessage = function (message) {
          if (message.type === 'seek') links.add(message.link)
          if (message.type !== 'heard' || links.size > 0) postMessage.call(this, message)
        }
        const ask = () => db.first('select zeroblob(900000) as b')
        const answers = await Promise.all(Array.from({ length: 100 }, ask))
        return answers.length === 100 && links.size
      })
      equal(links, 1, 'the number of links after the first')
      equal(await owner.evaluate(() => db.first('select 1 as a')), { a: 1 })
      note('dropped once')
    }),

  'L7: an owner has a hundred guests, and refuses one more': async ({ page, database }) => {
    const answers = await page.evaluate(async (name) => {
      const { open } = await import('/outboard/index.js')
      window.db = await open(name)
      const meeting = new BroadcastChannel(`outboard:${name}`)
      const seek = (number) =>
        new Promise((resolve) => {
          const link = `link ${number}`
          const channel = new BroadcastChannel(link)
          channel.onmessage = ({ data }) => resolve(data.code ?? data.type)
          void navigator.locks.request(link, () => {
            meeting.postMessage({
              type: 'seek',
              link,
              client: link,
              version: 3,
              storage: 'opfs',
            })
            return new Promise(() => {})
          })
        })
      const answers = []
      for (let number = 0; number < 101; ++number) answers.push(await seek(number))
      return answers
    }, database)
    equal([new Set(answers.slice(0, 100)).size, answers[99], answers[100]], [1, 'accepted', 'busy'])
    equal(await page.evaluate(() => db.first('select 1 as a')), { a: 1 })
  },
}
