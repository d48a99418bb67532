// Databases on OPFS: what survives, and what happens when something is in the way.
import { check, equal, failureOf, openDatabase, serveWorker } from './support.mjs'

// As in browsers without the origin private file system, or without synchronous handles in it.
const withouts = {
  '/outboard/no-opfs.js':
    'Object.defineProperty(navigator.storage, "getDirectory", { value: undefined });',
  '/outboard/no-handles.js': 'delete FileSystemFileHandle.prototype.createSyncAccessHandle;',
  '/outboard/private.js':
    'navigator.storage.getDirectory = () => Promise.reject(new DOMException("private", "SecurityError"));',
}
const without = Object.keys(withouts)

function serveWorkersWithout(server) {
  for (const [path, prelude] of Object.entries(withouts)) serveWorker(server, path, prelude)
}

export const tests = {
  'rows are written and read': async ({ page, database }) => {
    const info = await page.evaluate(openDatabase, [database])
    equal(
      [info.name, info.storage, info.durability, info.created],
      [database, 'opfs', 'process', true],
    )
    check(/^3\.\d+\.\d+$/.test(info.sqlite), `sqlite is ${info.sqlite}`)
    const rows = await page.evaluate(async () => {
      await db.exec('create table note(id integer primary key, title text, body blob)')
      await db.exec('insert into note(title, body) values (?, ?)', [
        'Sea',
        new Uint8Array([1, 2, 3]),
      ])
      await db.transaction((tx) => tx.exec('update note set title = ? where id = ?', ['See', 1]))
      await db.batch(['insert into note(title) values (1)', 'delete from note where id = 2'])
      const rows = await db.all('select id, title, length(body) as bytes from note')
      await db.close()
      return rows
    })
    equal(rows, [{ id: 1, title: 'See', bytes: 3 }])
  },

  'what was written is there after a reload': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(async () => {
      await db.exec('create table t(a)')
      await db.many(
        'insert into t values (?)',
        Array.from({ length: 1000 }, (_, i) => [i]),
      )
    })
    await page.reload()
    const info = await page.evaluate(openDatabase, [database])
    equal(info.created, false)
    equal(await page.evaluate(() => db.first('select count(*) as n, sum(a) as s from t')), {
      n: 1000,
      s: 499500,
    })
    await page.evaluate(() => db.close())
    equal((await page.evaluate(openDatabase, [database])).created, false)
    equal(await page.evaluate(() => db.first('select count(*) as n from t')), { n: 1000 })
  },

  'names may hold anything, and stay apart': async ({ page, database }) => {
    const names = [
      'a/b',
      'a\\b',
      '..',
      '.',
      'A',
      'a',
      'é',
      'e\u0301',
      ' ',
      '%41',
      '日本'.repeat(20),
    ].map((name) => name)
    for (const name of names) {
      await page.evaluate(openDatabase, [name])
      await page.evaluate(async (name) => {
        await db.exec('create table me(name)')
        await db.exec('insert into me values (?)', [name])
        await db.close()
      }, name)
    }
    for (const name of names) {
      await page.evaluate(openDatabase, [name])
      equal(await page.evaluate(() => db.all('select name from me')), [{ name }])
      await page.evaluate(() => db.close())
    }
    for (const name of ['', 'x'.repeat(65), 5])
      equal((await page.evaluate(failureOf, [name])).code, 'bad_request')
  },

  'a database in memory touches no files and is gone with the page': async ({ page, database }) => {
    equal((await page.evaluate(openDatabase, [database, { storage: 'memory' }])).storage, 'memory')
    await page.evaluate(() => db.exec('create table t(a)'))
    equal((await page.evaluate(openDatabase, [database, { storage: 'memory' }])).created, true)
    const names = await page.evaluate(async () => {
      const names = []
      for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name)
      return names
    })
    check(
      names.every((name) => name === 'outboard'),
      `files ${names}`,
    )
  },

  'durability power is taken': async ({ page, database }) => {
    equal(
      (await page.evaluate(openDatabase, [database, { durability: 'power' }])).durability,
      'power',
    )
    await page.evaluate(() => db.exec('create table t(a)'))
  },

  'a database is exported from and imported into files': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database])
    const result = await page.evaluate(async (name) => {
      const { open } = await import('/outboard/index.js')
      await db.exec('create table t(a, b)')
      await db.many(
        'insert into t values (?, ?)',
        Array.from({ length: 20000 }, (_, i) => [i, 'x'.repeat(200)]),
      )
      const blob = await db.exportBlob()
      const other = await open(`${name} copy`)
      await other.import(blob)
      const counts = await other.first('select count(*) as n, sum(length(b)) as l from t')
      let code
      await other.import(new Blob(['this is no database'])).catch((error) => {
        code = error.code
      })
      await other.close()
      const again = await open(`${name} copy`)
      const after = await again.first('select count(*) as n, sum(length(b)) as l from t')
      return { size: blob.size, counts, code, after }
    }, database)
    check(result.size > 4_000_000, `${result.size} bytes`)
    equal(
      [result.counts, result.code, result.after],
      [{ n: 20000, l: 4000000 }, 'corrupt', { n: 20000, l: 4000000 }],
    )
  },

  'where the origin private file system is missing, opening says so': async ({
    page,
    server,
    database,
  }) => {
    serveWorkersWithout(server)
    for (const workerUrl of without) {
      const failure = await page.evaluate(failureOf, [database, { workerUrl }])
      equal(failure.code, 'unavailable')
      check(failure.isTyped, 'the error has another type')
      check(
        /private/.test(failure.message) && /memory/.test(failure.hint),
        `${failure.message} ${failure.hint}`,
      )
      const info = await page.evaluate(openDatabase, [database, { workerUrl, storage: 'memory' }])
      equal([info.storage, info.durability, info.created], ['memory', 'none', true])
      await page.evaluate(() => db.exec('create table t(a)'))
    }
  },

  'of a list of storages the first is taken that there is': async ({ page, server, database }) => {
    serveWorkersWithout(server)
    const storage = ['opfs', 'memory']
    for (const workerUrl of without) {
      const info = await page.evaluate(openDatabase, [database, { workerUrl, storage }])
      equal([info.storage, info.durability], ['memory', 'none'])
      await page.evaluate(() => db.exec('create table t(a); insert into t values (1)'))
      equal(await page.evaluate(() => db.all('select a from t')), [{ a: 1 }])
    }
    equal((await page.evaluate(openDatabase, [database, { storage }])).storage, 'opfs')
    for (const none of [[], ['opfs', 'disk'], 'disk'])
      equal((await page.evaluate(failureOf, [database, { storage: none }])).code, 'bad_request')
  },

  'no other storage is taken where files are there and cannot be used': async ({
    page,
    server,
    database,
  }) => {
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      const databases = await root.getDirectoryHandle('outboard', { create: true })
      const folder = await databases.getDirectoryHandle('damaged', { create: true })
      const file = await (await folder.getFileHandle('db', { create: true })).createWritable()
      await file.write('x'.repeat(10000))
      await file.close()
    })
    const storage = ['opfs', 'memory']
    equal((await page.evaluate(failureOf, ['damaged', { storage }])).code, 'corrupt')
    serveWorker(
      server,
      '/outboard/full.js',
      `FileSystemFileHandle.prototype.createSyncAccessHandle = () =>
        Promise.reject(new DOMException("full", "QuotaExceededError"));`,
    )
    const options = { storage, workerUrl: '/outboard/full.js' }
    equal((await page.evaluate(failureOf, [database, options])).code, 'unavailable')
    const missing = { storage, wasmUrl: '/missing.wasm' }
    equal((await page.evaluate(failureOf, [database, missing])).code, 'unavailable')
  },

  'each opening of a database in memory is its own': async ({ page, database }) => {
    const found = await page.evaluate(async (name) => {
      const { open, databases } = await import('/outboard/index.js')
      const [a, b] = [1, 2].map(() => open(name, { storage: 'memory' }))
      await (await a).exec('create table t(a)')
      await (await b).exec('create table t(a)')
      return (await databases()).some((entry) => entry.name === name)
    }, database)
    equal(found, false)
  },

  'a file that is no database is corrupt, and a directory in the way is unavailable': async ({
    page,
    database,
  }) => {
    await page.evaluate(async () => {
      const root = await navigator.storage.getDirectory()
      const folder = await (
        await root.getDirectoryHandle('outboard', { create: true })
      ).getDirectoryHandle('junk', { create: true })
      const file = await (await folder.getFileHandle('db', { create: true })).createWritable()
      await file.write('x'.repeat(10000))
      await file.close()
      const other = await (
        await root.getDirectoryHandle('outboard')
      ).getDirectoryHandle('blocked', { create: true })
      await other.getDirectoryHandle('db', { create: true })
    })
    equal((await page.evaluate(failureOf, ['junk'])).code, 'corrupt')
    equal((await page.evaluate(failureOf, ['blocked'])).code, 'unavailable')
  },
}
