// The databases of an origin: listed, removed, and how much room there is for them.
import { SharedDatabase, withBrowser } from './shared_database.mjs'
import { check, equal, openDatabase } from './support.mjs'

async function list() {
  const { databases } = await import('/outboard/index.js')
  return databases()
}

// Runs in the page: whether there was one, or the code of what keeps it from being removed.
async function removeDatabase(name) {
  const { remove } = await import('/outboard/index.js')
  return remove(name).catch(({ code, hint }) => `${code}: ${hint}`)
}

export const tests = {
  'databases are listed by name, with their size, and whether they are open': async ({
    page,
    newPage,
    database,
  }) => {
    const names = ['B', 'b', 'ä/..%41', 'x'].map((name) => `${database} ${name}`).sort()
    for (const name of names) {
      await page.evaluate(openDatabase, [name])
      await page.evaluate(() => db.exec('create table t(a); insert into t values (zeroblob(1e5))'))
      if (!name.endsWith('x')) await page.evaluate(() => db.close())
    }
    // Neither is a database.
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      const databases = await root.getDirectoryHandle('outboard')
      await databases.getDirectoryHandle('empty', { create: true })
      const folder = await databases.getDirectoryHandle('UPPER', { create: true })
      await folder.getFileHandle('db', { create: true })
    })
    const found = await (await newPage()).evaluate(list)
    const own = found.filter(({ name }) => name.startsWith(`${database} `))
    equal(
      own.map(({ name, open }) => [name, open]),
      names.map((name) => [name, name.endsWith('x')]),
    )
    check(
      own.every(({ bytes }) => bytes >= 1e5 && bytes < 1e6),
      `sizes ${own.map(({ bytes }) => bytes)}`,
    )
    check(!found.some(({ name }) => name === 'empty' || name === 'UPPER'), 'there are others')
  },

  'a removed database is gone with its files, and another of its name is new': async ({
    page,
    database,
  }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(() => db.exec('create table t(a)'))
    await page.evaluate(() => db.close())
    equal(await page.evaluate(removeDatabase, database), true)
    check(!(await page.evaluate(list)).some(({ name }) => name === database), 'it is listed')
    const directories = await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      const names = []
      for await (const name of (await root.getDirectoryHandle('outboard')).keys()) names.push(name)
      return names
    })
    check(!directories.includes(database.replace(' ', '%20')), 'its directory is there')
    equal(await page.evaluate(removeDatabase, database), false, 'removed again')
    equal((await page.evaluate(openDatabase, [database])).created, true)
    equal(await page.evaluate(() => db.all("select name from sqlite_schema where name = 't'")), [])
  },

  'a database that a tab has open is not removed': async ({ page, newPage, database }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(() => db.exec('create table t(a); insert into t values (1)'))
    const guest = await newPage()
    await guest.evaluate(openDatabase, [database])
    const refusal = 'busy: close it in every tab first'
    equal(await guest.evaluate(removeDatabase, database), refusal)
    await page.evaluate(() => db.close())
    equal(await page.evaluate(removeDatabase, database), refusal)
    equal(await guest.evaluate(() => db.all('select a from t')), [{ a: 1 }])
    await guest.evaluate(() => db.close())
    equal(await page.evaluate(removeDatabase, database), true)
  },

  'a tab that reloads without closing lets its database be removed': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(() => db.exec('create table t(a)'))
    await page.reload()
    equal(await page.evaluate(removeDatabase, database), true)
  },

  'what a removal that was cut off leaves is no database': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(() => db.exec('create table t(a); insert into t values (1)'))
    await page.reload() // so the log is still there
    const left = await page.evaluate(
      async (folder) => {
        const root = await navigator.storage.getDirectory()
        const files = await (await root.getDirectoryHandle('outboard')).getDirectoryHandle(folder)
        for (;;) {
          try {
            await files.removeEntry('db')
            return (await (await files.getFileHandle('db-wal')).getFile()).size
          } catch (error) {
            if (error.name !== 'NoModificationAllowedError') throw error
          }
        }
      },
      database.replace(' ', '%20'),
    )
    check(left > 0, 'there is no log')
    check(!(await page.evaluate(list)).some(({ name }) => name === database), 'it is listed')
    equal((await page.evaluate(openDatabase, [database])).created, true)
    equal(await page.evaluate(() => db.all("select name from sqlite_schema where name = 't'")), [])
  },

  'a page that slept while its database was removed is told so, and makes no new one': ({
    server,
    database,
  }) =>
    withBrowser(async (browser) => {
      const shared = new SharedDatabase(browser, server.address, database)
      const sleeper = await shared.tab()
      await sleeper.evaluate(() => db.exec('create table t(a)'))
      const other = await browser.newTab(`${server.address}/`)
      await sleeper.freeze()
      equal(await other.evaluate(removeDatabase, database), true)
      await sleeper.unfreeze()
      equal(
        await sleeper.evaluate(() => db.exec('create table t(a)').catch(({ code }) => code)),
        'not_found',
      )
      equal(await other.evaluate(list), [])
    }),

  'what cannot be a name is refused': async ({ page }) => {
    for (const name of ['', 'x'.repeat(65)])
      equal(
        await page.evaluate(removeDatabase, name),
        'bad_request: choose another name',
        JSON.stringify(name),
      )
    const halves = () => import('/outboard/index.js').then(({ open }) => open('\ud800'))
    equal(
      await page.evaluate(`(${halves})().catch(({ code }) => code)`),
      'bad_request',
      'half of a pair',
    )
  },

  'the room that is taken, and that there is, is told': async ({ page, database }) => {
    const estimate = () => import('/outboard/index.js').then((all) => all.storageEstimate())
    const before = await page.evaluate(estimate)
    await page.evaluate(openDatabase, [database])
    await page.evaluate(() => db.exec('create table t(a); insert into t values (zeroblob(3e6))'))
    const after = await page.evaluate(estimate)
    check(after.usedBytes >= before.usedBytes + 3e6, JSON.stringify([before, after]))
    check(after.quotaBytes > after.usedBytes, JSON.stringify(after))
    equal(after.persisted, await page.evaluate(() => navigator.storage.persisted()))
  },

  'whether the browser keeps it is told, and asked for on request': async ({ page, database }) => {
    const granted = await page.evaluate(() => {
      window.asked = 0
      navigator.storage.persist = () => Promise.resolve(++window.asked > 0)
      return navigator.storage.persisted()
    })
    equal((await page.evaluate(openDatabase, [database])).persisted, granted)
    equal(await page.evaluate(() => window.asked), 0)
    equal((await page.evaluate(openDatabase, [database, { persist: true }])).persisted, true)
    equal(await page.evaluate(() => window.asked), 1)
    const inMemory = { persist: true, storage: 'memory' }
    equal((await page.evaluate(openDatabase, [database, inMemory])).persisted, false)
    equal(await page.evaluate(() => window.asked), 1)
  },
}
