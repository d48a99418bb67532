// A new database that begins with a file: it has all of it, or there is no database.
import { check, equal, failureOf, openDatabase } from './support.mjs'

async function isListed(name) {
  const { databases } = await import('/outboard/index.js')
  return (await databases()).some((entry) => entry.name === name)
}

// Makes window.file, a database of so many rows.
async function makeFile(count) {
  const { open } = await import('/outboard/index.js')
  const source = await open('source', { storage: 'memory' })
  await source.exec('create table t(a, b default (zeroblob(1000)))')
  const rows = function* () {
    for (let i = 0; i < count; ++i) yield [i]
  }
  await source.many('insert into t(a) values (?)', rows())
  window.file = await source.exportBlob()
  await source.close()
}

const bytesOfFile = async () => [...new Uint8Array(await window.file.arrayBuffer())]

// Opens with window.file as the seed.
async function openSeeded([name, options]) {
  const { open } = await import('/outboard/index.js')
  window.db = await open(name, { ...options, seed: window.file })
  return window.db.info.created
}

const count = () => db.first('select count(*) as n from t').then(({ n }) => n)

// Serves the file at /seed.db when `released` is called.
function serveLater(server, bytes) {
  let release
  const released = new Promise((resolve) => (release = resolve))
  let asked
  const wasAsked = new Promise((resolve) => (asked = resolve))
  server.routes.set('/seed.db', (response) => {
    asked()
    void released.then(() => response.end(Buffer.from(bytes)))
  })
  return { release, wasAsked }
}

export const tests = {
  'a new database begins with its seed, one that is there does not': async ({
    page,
    server,
    database,
  }) => {
    await page.evaluate(makeFile, 100)
    const bytes = await page.evaluate(bytesOfFile)
    server.routes.set('/seed.db', (response) => response.end(Buffer.from(bytes)))
    for (const storage of ['opfs', 'autosave', 'memory']) {
      const name = `${database} ${storage}`
      equal(await page.evaluate(openSeeded, [name, { storage }]), true, 'created')
      equal(await page.evaluate(count), 100, storage)
      await page.evaluate(() => db.exec('delete from t where a > 9'))
      await page.evaluate(() => db.close())
      if (storage === 'memory') continue
      equal(await page.evaluate(openSeeded, [name, { storage }]), false, 'created')
      equal(await page.evaluate(count), 10, `${storage} again`)
      await page.evaluate(() => db.close())
    }
    const options = { seed: '/seed.db' }
    equal((await page.evaluate(openDatabase, [database, options])).created, true)
    equal(await page.evaluate(count), 100, 'by address')
  },

  'a seed that cannot be had is an error, and there is no database': async ({
    page,
    server,
    database,
  }) => {
    server.routes.set('/page.db', (response) => response.end('<!doctype html>'))
    const seeds = {
      '/missing.db': 'unavailable: the seed could not be loaded',
      'http://localhost:1/x.db': 'unavailable: the seed could not be loaded',
      'http://[': 'bad_request: the seed is no address',
      '/page.db': 'corrupt: ',
    }
    for (const storage of ['opfs', 'autosave', 'memory']) {
      for (const [seed, expected] of Object.entries(seeds)) {
        const { text } = await page.evaluate(failureOf, [database, { storage, seed }])
        check(text.startsWith(expected), `${seed}: ${text}`)
        equal(await page.evaluate(isListed, database), false, 'listed')
      }
    }
    // Whoever comes next makes it.
    equal((await page.evaluate(openDatabase, [database])).created, true)
    equal(await page.evaluate(() => db.all('select name from sqlite_schema')), [])
    equal(await page.evaluate(isListed, database), true, 'listed')
  },

  'a page that ends before its database has the seed leaves none': async ({
    page,
    server,
    database,
  }) => {
    await page.evaluate(makeFile, 10)
    for (const storage of ['opfs', 'autosave']) {
      const name = `${database} ${storage}`
      const { wasAsked } = serveLater(server, [])
      void page.evaluate(openDatabase, [name, { storage, seed: '/seed.db' }]).catch(() => {})
      await wasAsked
      await page.reload()
      equal(await page.evaluate(isListed, name), false, 'listed')
      await page.evaluate(makeFile, 10)
      equal(await page.evaluate(openSeeded, [name, { storage }]), true, 'created')
      equal(await page.evaluate(count), 10, storage)
    }
  },

  'a reload in the middle of the seeding leaves all of it, or nothing': async ({
    page,
    database,
    note,
  }) => {
    const found = []
    for (const [round, ms] of [100, 300, 600, 1000, 2000].entries()) {
      const name = `${database} ${round}`
      await page.evaluate(makeFile, 10_000)
      void page.evaluate(openSeeded, [name, {}]).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, ms))
      await page.reload()
      const { created } = await page.evaluate(openDatabase, [name])
      found.push(created)
      if (created) equal(await page.evaluate(() => db.all('select name from sqlite_schema')), [])
      else equal(await page.evaluate(count), 10_000)
    }
    note(`new after the reload: ${found}`)
  },

  'another tab sees the database only with its seed': async ({
    page,
    newPage,
    server,
    database,
  }) => {
    await page.evaluate(makeFile, 100)
    const bytes = await page.evaluate(bytesOfFile)
    const { release, wasAsked } = serveLater(server, bytes)
    const first = page.evaluate(openDatabase, [database, { seed: '/seed.db' }])
    await wasAsked
    const other = await newPage()
    const second = other.evaluate(openDatabase, [database])
    let isOpen = false
    void second.then(() => (isOpen = true))
    await new Promise((resolve) => setTimeout(resolve, 300))
    equal(isOpen, false, 'open before the seed was there')
    release()
    equal([(await first).created, (await second).created], [true, false])
    equal(await other.evaluate(count), 100)
  },
}
