// Deploys: pages of several builds, and of several versions of the application's schema, meet in
// one database (rule H10).
import { serveBuild } from './builds.mjs'
import { SharedDatabase, withBrowser } from './shared_database.mjs'
import { check, equal, failureOf, openDatabase } from './support.mjs'

// Opens with a schema of so many tables. Ends with [from, …] of the migrations that ran.
async function openVersion([name, schemaVersion, options]) {
  const { open } = await import('/outboard/index.js')
  const ran = []
  window.db = await open(name, {
    ...options,
    schemaVersion,
    migrate: async (tx, from) => {
      ran.push(from)
      for (let v = from + 1; v <= schemaVersion; ++v) await tx.exec(`create table v${v}(a)`)
    },
  })
  return ran
}

const tables = () =>
  db
    .all(`select name from sqlite_schema where name like 'v_' order by 1`, [], { shape: 'array' })
    .then((rows) => rows.flat())

// What a call ends with: nothing, or why not.
const ask = () =>
  db.exec('select 1').then(
    () => 'answered',
    ({ code, hint }) => `${code}: ${hint}`,
  )

async function withPages({ server, database }, body) {
  await withBrowser((browser) => body(new SharedDatabase(browser, server.address, database)))
}

async function blank(shared) {
  return shared.browser.newTab(`${shared.address}/`)
}

const reload = /^outdated: .*reload this page/

export const tests = {
  'H10: an older owner makes room for a newer build, and is outdated then': (given) =>
    withPages(given, async (shared) => {
      const { server, database } = given
      await serveBuild(server, '/newer', 1000)
      const older = await shared.tab()
      await older.show()
      await older.evaluate(() => db.exec('create table t(a); insert into t values (1)'))
      const guest = await shared.tab()
      await older.show()
      const newer = await blank(shared)
      const openNewer = async (name) => {
        const { open } = await import('/newer/index.js')
        window.db = await open(name)
        return db.all('select a from t')
      }
      equal(await newer.evaluate(openNewer, database), [{ a: 1 }])
      for (const tab of [older, guest]) check(reload.test(await tab.evaluate(ask)), 'not told')
      equal((await older.evaluate(failureOf, [database])).code, 'outdated')
      // The older tabs are no candidates any more: the next newer one is.
      await newer.reload()
      equal(await newer.evaluate(openNewer, database), [{ a: 1 }])
    }),

  'H10: a worker of another build than its page is outdated': async ({
    page,
    server,
    database,
  }) => {
    await serveBuild(server, '/older', 1)
    const { code, hint } = await page.evaluate(failureOf, [
      database,
      { workerUrl: '/older/worker.js' },
    ])
    equal(code, 'outdated')
    check(/reload/.test(hint), hint)
    await page.evaluate(openDatabase, [database])
  },

  'a database is migrated from where it is, once': async ({ page, database }) => {
    equal(await page.evaluate(openVersion, [database, 2]), [0])
    equal(await page.evaluate(tables), ['v1', 'v2'])
    await page.reload()
    equal(await page.evaluate(openVersion, [database, 2]), [])
    await page.reload()
    equal(await page.evaluate(openVersion, [database, 3]), [2])
    equal(await page.evaluate(tables), ['v1', 'v2', 'v3'])
    equal(await page.evaluate(() => db.first('pragma user_version')), { user_version: 3 })
  },

  'a migration that fails is the error of open, and has changed nothing': async ({
    page,
    database,
  }) => {
    equal(await page.evaluate(openVersion, [database, 1]), [0])
    await page.evaluate(() => db.close())
    const failing = async (name) => {
      const { open } = await import('/outboard/index.js')
      const migrate = async (tx) => {
        await tx.exec('create table half(a)')
        await tx.exec('insert into nowhere values (1)')
      }
      const failure = await open(name, { schemaVersion: 2, migrate }).catch((error) => error)
      return [failure.code, failure.message]
    }
    equal(await page.evaluate(failing, database), ['bad_request', 'no such table: nowhere'])
    equal(await page.evaluate(openVersion, [database, 1]), [])
    equal(await page.evaluate(tables), ['v1'])
  },

  'of tabs that open at once, one migrates, and none sees the older schema': async ({
    page,
    newPage,
    database,
  }) => {
    const pages = [page, await newPage(), await newPage()]
    const ran = await Promise.all(pages.map((page) => page.evaluate(openVersion, [database, 4])))
    equal(ran.flat(), [0])
    for (const page of pages) equal(await page.evaluate(tables), ['v1', 'v2', 'v3', 'v4'])
  },

  'a migration goes on where another tab had the engine': (given) =>
    withPages(given, async (shared) => {
      const { database } = given
      const owner = await shared.tab()
      await owner.show()
      const newer = await blank(shared)
      const opening = newer.evaluate(async (name) => {
        const { open } = await import('/outboard/index.js')
        let runs = 0
        const migrate = async (tx) => {
          ++runs
          await tx.exec('create table v1(a)')
          window.isMigrating = true
          await new Promise((resolve) => setTimeout(resolve, runs === 1 ? 3000 : 0))
          await tx.exec('insert into v1 values (?)', [runs])
        }
        window.db = await open(name, { schemaVersion: 1, migrate })
        return runs
      }, database)
      while (!(await newer.evaluate(() => window.isMigrating)));
      await owner.crash()
      equal(await opening, 2)
      equal(await newer.evaluate(() => db.all('select a from v1')), [{ a: 2 }])
    }),

  'H10: tabs that know an older schema are outdated when a newer one comes': (given) =>
    withPages(given, async (shared) => {
      const { database } = given
      const [owner, guest, any] = [await blank(shared), await blank(shared), await blank(shared)]
      await owner.evaluate(openVersion, [database, 1])
      await guest.evaluate(openVersion, [database, 1])
      await any.evaluate(openDatabase, [database])
      await owner.show()
      const newer = await blank(shared)
      equal(await newer.evaluate(openVersion, [database, 2]), [1])
      for (const tab of [owner, guest]) check(reload.test(await tab.evaluate(ask)), 'not told')
      // Who names no version takes any.
      equal(await any.evaluate(ask), 'answered')
      equal(await any.evaluate(tables), ['v1', 'v2'])
      // And an owner that names none does not let in who is older than a guest of its own.
      await newer.close()
      await any.show()
      const last = await blank(shared)
      equal((await last.evaluate(failureOf, [database, { schemaVersion: 1 }])).code, 'outdated')
    }),

  'H10: a database that was migrated further is outdated, with nobody else there': async ({
    page,
    database,
  }) => {
    await page.evaluate(openVersion, [database, 2])
    await page.evaluate(() => db.close())
    const { text } = await page.evaluate(failureOf, [database, { schemaVersion: 1 }])
    check(/^outdated: .*version 2 .* version 1 .*reload this page/.test(text), text)
    equal(await page.evaluate(openVersion, [database, 2]), [])
  },

  'a page that slept while its database was migrated is outdated': (given) =>
    withPages(given, async (shared) => {
      const { database } = given
      const sleeper = await blank(shared)
      await sleeper.evaluate(openVersion, [database, 1])
      await sleeper.freeze()
      const newer = await blank(shared)
      equal(await newer.evaluate(openVersion, [database, 2]), [1])
      await newer.close()
      await sleeper.unfreeze()
      check(reload.test(await sleeper.evaluate(ask)), 'not told')
    }),

  'a seed may be of an older schema, and may take longer than the opening': async ({
    page,
    server,
    database,
  }) => {
    const bytes = await page.evaluate(async () => {
      const { open } = await import('/outboard/index.js')
      const source = await open('source', { storage: 'memory' })
      await source.exec('create table v1(a); pragma user_version = 1')
      return [...new Uint8Array(await (await source.exportBlob()).arrayBuffer())]
    })
    server.routes.set('/seed.db', (response) => {
      setTimeout(() => response.end(Buffer.from(bytes)), 1500)
    })
    const options = { seed: '/seed.db', openTimeoutMs: 1000 }
    equal(await page.evaluate(openVersion, [database, 2, options]), [1])
    equal(await page.evaluate(tables), ['v1', 'v2'])
  },

  'what cannot be a version is refused': async ({ page, database }) => {
    for (const schemaVersion of [0, -1, 1.5, 2 ** 31, '1', null]) {
      const { code } = await page.evaluate(failureOf, [database, { schemaVersion }])
      equal(code, 'bad_request', String(schemaVersion))
    }
  },
}
