// Statements that are taken back while they run (rule H9).
import { equal, publishedWorker } from './support.mjs'

async function openDatabase([name, options]) {
  const { open } = await import('/outboard/index.js')
  window.db = await open(name, options)
  // Never ends by itself.
  window.forever = 'with recursive c(i) as (select 1 union all select i + 1 from c) '
  return window.db.info
}

// Runs in the page: a statement that its caller takes back after a while.
async function takeBack(ms) {
  const abort = new AbortController()
  setTimeout(() => abort.abort('enough'), ms)
  const start = performance.now()
  const { signal } = abort
  return db.exec(`${forever} select count(*) from c`, [], { signal }).then(
    () => 'ended',
    ({ code, cause }) => `${code} ${cause} ${performance.now() - start >= ms}`,
  )
}

const cancelled = 'cancelled enough true'

export const tests = {
  'H9: a signal ends a statement in the middle, and the engine goes on': async ({
    page,
    database,
  }) => {
    for (const storage of ['opfs', 'memory']) {
      const info = await page.evaluate(openDatabase, [`${database} ${storage}`, { storage }])
      equal(info.cancel, 'running')
      for (const ms of [5, 300]) equal(await page.evaluate(takeBack, ms), cancelled, storage)
      equal(await page.evaluate(() => db.first('select 1 as a')), { a: 1 })
    }
  },

  'H9: a write that is taken back has left nothing': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database])
    const result = await page.evaluate(async () => {
      await db.exec('create table t(a)')
      const abort = new AbortController()
      const writing = db.exec(`insert into t ${forever} select i from c`, [], {
        signal: abort.signal,
      })
      setTimeout(() => abort.abort(), 200)
      const code = await writing.catch((error) => error.code)
      return [code, await db.all('select count(*) as n from t'), await db.all('pragma quick_check')]
    })
    equal(result, ['cancelled', [{ n: 0 }], [{ quick_check: 'ok' }]])
  },

  'H9: it works from a tab whose engine is in another, which others use meanwhile': async ({
    page,
    newPage,
    database,
  }) => {
    await page.evaluate(openDatabase, [database])
    const guest = await newPage()
    equal((await guest.evaluate(openDatabase, [database])).cancel, 'running')
    const back = guest.evaluate(takeBack, 300)
    equal(await page.evaluate(() => db.first('select 1 as a')), { a: 1 })
    equal(await back, cancelled)
    // And from one that takes over.
    await page.close()
    equal(await guest.evaluate(takeBack, 300), cancelled)
  },

  'H9: what another signal takes back does not end the statement that runs': async ({
    page,
    database,
  }) => {
    await page.evaluate(openDatabase, [database])
    const ends = await page.evaluate(async () => {
      const [a, b] = [new AbortController(), new AbortController()]
      const endOf = (abort, timeoutMs) =>
        db
          .exec(`${forever} select count(*) from c`, [], { signal: abort.signal, timeoutMs })
          .catch(({ code }) => code)
      const both = [endOf(a, 800), endOf(b, 60_000)]
      setTimeout(() => b.abort(), 200)
      return Promise.all(both)
    })
    equal(ends, ['timeout', 'cancelled'])
  },

  'H9: after very many requests with signals it still works': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database])
    const count = await page.evaluate(async () => {
      const { signal } = new AbortController()
      let count = 0
      for (let round = 0; round < 50; ++round) {
        const all = Array.from({ length: 100 }, () => db.all('select 1', [], { signal }))
        count += (await Promise.all(all)).length
      }
      return count
    })
    equal(count, 5000)
    equal(await page.evaluate(takeBack, 200), cancelled)
  },

  'H9: a deadline ends a statement in the middle': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database])
    const code = () =>
      db
        .exec(`${forever} select count(*) from c`, [], { timeoutMs: 200 })
        .catch((error) => error.code)
    equal(await page.evaluate(code), 'timeout')
    equal(await page.evaluate(() => db.first('select 1 as a')), { a: 1 })
  },

  'H9: where a policy forbids to ask, the info says so, and deadlines do': async ({
    page,
    server,
    database,
  }) => {
    server.routes.set('/outboard/strict.js', (response) => {
      response.setHeader('Content-Type', 'text/javascript')
      response.setHeader(
        'Content-Security-Policy',
        "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
      )
      response.end(publishedWorker())
    })
    const info = await page.evaluate(openDatabase, [database, { workerUrl: '/outboard/strict.js' }])
    equal(info.cancel, 'waits')
    const codes = await page.evaluate(async () => {
      const [a, b] = [new AbortController(), new AbortController()]
      const running = db.exec(`${forever} select count(*) from c`, [], {
        signal: a.signal,
        timeoutMs: 500,
      })
      const waiting = db.exec('select 1', [], { signal: b.signal })
      setTimeout(() => a.abort(), 100)
      b.abort()
      return Promise.all([running, waiting].map((call) => call.catch(({ code }) => code)))
    })
    equal(codes, ['timeout', 'cancelled'])
    equal(await page.evaluate(() => db.first('select 1 as a')), { a: 1 })
  },
}
