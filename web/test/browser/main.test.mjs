// Engines on the page's own thread.
import { check, equal } from './support.mjs'

async function openDatabase([name, storage, host = 'main']) {
  const [{ open }, { onMainThread }] = await Promise.all([
    import('/outboard/index.js'),
    import('/outboard/main.js'),
  ])
  window.db = await open(name, { storage, ...(host === 'main' ? { host: onMainThread } : {}) })
  return window.db.info
}

const values = () => db.all('select a from t order by 1').then((rows) => rows.map(({ a }) => a))
const insert = (value) => db.exec('insert into t values (?)', [value])

export const tests = {
  'an engine on the page does what one in a worker does, and there is no worker': async ({
    page,
    database,
  }) => {
    const info = await page.evaluate(openDatabase, [database, 'memory'])
    equal([info.storage, info.durability, info.cancel], ['memory', 'none', 'waits'])
    equal(page.workers().length, 0, 'the number of workers')
    const result = await page.evaluate(async () => {
      await db.exec('create table t(a)')
      const many = Array.from({ length: 100_000 }, (_, i) => [i])
      await db.many('insert into t values (?)', many)
      const lost = await db
        .transaction(async (tx) => {
          await tx.exec('delete from t')
          throw new Error('no')
        })
        .catch(({ message }) => message)
      let streamed = 0
      for await (const chunk of db.stream('select a from t').chunks()) streamed += chunk.length
      const { code } = await db.exec('nonsense').catch((error) => error)
      const { size } = await db.exportBlob()
      await db.close()
      return [lost, streamed, code, size > 1e6]
    })
    equal(result, ['no', 100_000, 'bad_request', true])
  },

  'H14: what is saved from the page is there after a reload': async ({ page, database }) => {
    equal((await page.evaluate(openDatabase, [database, 'autosave'])).created, true)
    await page.evaluate(async () => {
      await db.exec('create table t(a); insert into t values (1)')
      await db.flush()
    })
    await page.reload()
    equal((await page.evaluate(openDatabase, [database, 'autosave'])).created, false)
    equal(await page.evaluate(values), [1])
    await page.evaluate(insert, 2)
    await page.evaluate(() => db.close())
    equal(await page.evaluate(openDatabase, [database, 'autosave', 'worker']).then(() => 0), 0)
    equal(await page.evaluate(values), [1, 2], 'in a worker')
    await page.evaluate(() => db.close())
  },

  'pages share an engine on one of them, and the next one takes over': async ({
    page,
    newPage,
    database,
  }) => {
    await page.evaluate(openDatabase, [database, 'autosave'])
    await page.evaluate(() => db.exec('create table t(a)'))
    const [main, worker] = [await newPage(), await newPage()]
    await main.evaluate(openDatabase, [database, 'autosave'])
    await worker.evaluate(openDatabase, [database, 'autosave', 'worker'])
    await main.evaluate(insert, 1)
    await worker.evaluate(insert, 2)
    await page.evaluate(() => db.close())
    equal(await main.evaluate(values), [1, 2])
    await main.evaluate(insert, 3)
    await main.evaluate(() => db.flush())
    await main.close()
    equal(await worker.evaluate(values), [1, 2, 3])
  },

  'several engines live on one page, and let go of what they had': async ({ page, database }) => {
    const found = await page.evaluate(async (name) => {
      const [{ open, remove }, { onMainThread: host }] = await Promise.all([
        import('/outboard/index.js'),
        import('/outboard/main.js'),
      ])
      const all = await Promise.all(
        [1, 2, 2].map((i) => open(`${name} ${i}`, { host, storage: 'autosave' })),
      )
      for (const db of all) await db.exec('create table if not exists t(a)')
      await all[2].exec('insert into t values (1)')
      const rows = [await all[0].all('select a from t'), await all[1].all('select a from t')]
      for (const db of all) await db.close()
      const { held } = await navigator.locks.query()
      const locks = held.filter((lock) => lock.name.startsWith('outboard:')).length
      return [rows, locks, await remove(`${name} 1`), await remove(`${name} 2`)]
    }, database)
    equal(found, [[[], [{ a: 1 }]], 0, true, true])
  },

  'files are not to be had on the page, and the list goes on': async ({ page, database }) => {
    const code = ([name]) =>
      Promise.all([import('/outboard/index.js'), import('/outboard/main.js')]).then(
        ([{ open }, { onMainThread: host }]) => open(name, { host }).catch((error) => error.code),
      )
    equal(await page.evaluate(code, [database]), 'unavailable')
    const info = await page.evaluate(openDatabase, [database, ['opfs', 'autosave']])
    equal(info.storage, 'autosave')
  },
}
