// Databases in memory that are saved as a whole (rule H14).
import { SharedDatabase, withBrowser } from './shared_database.mjs'
import { check, equal, failureOf, filesOf, openDatabase, serveWorker } from './support.mjs'

const storage = 'autosave'
const opfs = 'opfs'

const insert = (value) => db.exec('insert into t values (?)', [value])
const values = () => db.all('select a from t order by 1').then((rows) => rows.map(({ a }) => a))

export const tests = {
  'H14: what was flushed is there after a reload': async ({ page, database }) => {
    const info = await page.evaluate(openDatabase, [database, { storage }])
    equal([info.storage, info.durability, info.created], [storage, 'flush', true])
    await page.evaluate(async () => {
      await db.exec('create table t(a)')
      await db.many(
        'insert into t values (?)',
        Array.from({ length: 50_000 }, (_, i) => [i]),
      )
      await db.flush()
    })
    const files = Object.keys(await page.evaluate(filesOf, database))
    check(files.length === 1 && files[0].startsWith('saved-'), `files ${files}`)
    await page.reload()
    equal((await page.evaluate(openDatabase, [database, { storage }])).created, false)
    const rows = await page.evaluate(() => db.all('select count(*) as n, sum(a) as s from t'))
    equal(rows, [{ n: 50_000, s: 1249975000 }])
    equal(await page.evaluate(() => db.first('pragma integrity_check')), { integrity_check: 'ok' })
  },

  'H14: what was not flushed is saved soon, and when the database is closed': async ({
    page,
    database,
  }) => {
    await page.evaluate(openDatabase, [database, { storage }])
    await page.evaluate(() => db.exec('create table t(a)'))
    for (let saved = false; !saved;)
      saved = Object.keys(await page.evaluate(filesOf, database)).length > 0
    await page.evaluate(insert, 1)
    await page.evaluate(() => db.close())
    await page.evaluate(openDatabase, [database, { storage }])
    equal(await page.evaluate(values), [1])
  },

  'H14: of a worker that is killed while it saves, the save before is whole': async ({
    page,
    server,
    database,
    note,
  }) => {
    // A worker that dies when it has written so many bytes of a save.
    const dyingAfter = (bytes) => `
      const create = FileSystemFileHandle.prototype.createSyncAccessHandle
      FileSystemFileHandle.prototype.createSyncAccessHandle = async function () {
        const handle = await create.call(this)
        const write = handle.write.bind(handle)
        handle.write = (from, { at }) => {
          if (at + from.length <= ${bytes}) return write(from, { at })
          write(from.subarray(0, Math.max(0, ${bytes} - at)), { at })
          handle.flush()
          self.close()
          for (const end = performance.now() + 100; performance.now() < end; );
          throw new Error('dead')
        }
        return handle
      }`
    await page.evaluate(openDatabase, [database, { storage }])
    await page.evaluate(async () => {
      await db.exec('create table t(a, b default (zeroblob(1000)))')
      await db.exec('insert into t(a) select value from json_each(?)', ['[1,2,3]'])
      await db.close()
    })
    const [size] = Object.values(await page.evaluate(filesOf, database))
    const places = [0, 1, 4096, size >> 1, size - 33, size - 32, size - 31, size - 1]
    for (const [i, place] of places.entries()) {
      const workerUrl = `/outboard/dying-${i}.js`
      serveWorker(server, workerUrl, dyingAfter(place))
      await page.evaluate(openDatabase, [database, { storage, workerUrl }])
      equal(await page.evaluate(values), [1, 2, 3], `before dying at ${place}`)
      const told = await page.evaluate(async () => {
        await db.exec('update t set a = a + 10')
        return db.flush().then(
          () => 'none',
          ({ code }) => code,
        )
      })
      check(told === 'worker_lost' || told === 'unavailable', `flush ended with ${told}`)
      await page.reload()
      await page.evaluate(openDatabase, [database, { storage }])
      equal(await page.evaluate(values), [1, 2, 3], `after dying at ${place} of ${size}`)
      await page.evaluate(() => db.close())
    }
    note(`a save of ${size} bytes`)
  },

  'H14: who takes over has what was saved, and the other is told what was not': ({
    server,
    database,
  }) =>
    withBrowser(async (browser) => {
      const shared = new SharedDatabase(browser, server.address, database)
      const owner = await shared.tab({ storage })
      await owner.evaluate(() => db.exec('create table t(a)'))
      const guest = await shared.tab({ storage })
      await owner.evaluate(insert, 1)
      await guest.evaluate(() => db.flush())
      await owner.evaluate(insert, 2)
      await owner.crash()
      const found = await guest.evaluate(values)
      check(found[0] === 1 && found.length <= 2, `found ${found}`) // the second, if there was time
      const flush = () =>
        db.flush().then(
          () => 'saved',
          ({ code, outcome }) => `${code} ${outcome}`,
        )
      equal(await guest.evaluate(flush), 'worker_lost unknown')
      await guest.evaluate(insert, 3)
      equal(await guest.evaluate(flush), 'saved')
      equal(await guest.evaluate(values), [...found, 3])
    }),

  'H14: an owner that closes saves before the next one opens': async ({
    page,
    newPage,
    database,
  }) => {
    await page.evaluate(openDatabase, [database, { storage }])
    await page.evaluate(() => db.exec('create table t(a)'))
    const guest = await newPage()
    await guest.evaluate(openDatabase, [database, { storage }])
    await guest.evaluate(insert, 1)
    await page.evaluate(() => db.close())
    equal(await guest.evaluate(values), [1])
    await guest.evaluate(() => db.flush())
  },

  'H14: a save that fails is told, keeps the one before, and is tried again': async ({
    page,
    server,
    database,
  }) => {
    serveWorker(
      server,
      '/outboard/filling.js',
      `const { createSyncAccessHandle } = FileSystemFileHandle.prototype
       const channel = new BroadcastChannel('disk')
       let full = false
       channel.onmessage = ({ data }) => { full = data; channel.postMessage('set') }
       FileSystemFileHandle.prototype.createSyncAccessHandle = async function () {
         const handle = await createSyncAccessHandle.call(this)
         const write = handle.write.bind(handle)
         handle.write = (...parameters) => {
           if (full) throw new DOMException('full', 'QuotaExceededError')
           return write(...parameters)
         }
         return handle
       }`,
    )
    await page.evaluate(openDatabase, [database, { storage, workerUrl: '/outboard/filling.js' }])
    const set = (full) =>
      new Promise((resolve) => {
        const channel = new BroadcastChannel('disk')
        channel.onmessage = resolve
        channel.postMessage(full)
      }).then(() => {})
    await page.evaluate(async () => {
      await db.exec('create table t(a); insert into t values (1)')
      await db.flush()
    })
    await page.evaluate(set, true)
    await page.evaluate(insert, 2)
    const flush = () => db.flush().catch(({ code, message }) => `${code}: ${message}`)
    const failure = await page.evaluate(flush)
    check(/^unavailable: .*quota/.test(failure), failure)
    equal(await page.evaluate(values), [1, 2], 'what is in memory')
    await page.evaluate(set, false)
    equal((await page.evaluate(flush)) ?? 'saved', 'saved')
    await page.reload()
    await page.evaluate(openDatabase, [database, { storage }])
    equal(await page.evaluate(values), [1, 2])
  },

  'H14: what has outgrown the memory is refused, and what is there stays': async ({
    page,
    database,
  }) => {
    await page.evaluate(openDatabase, [database, { storage }])
    const result = await page.evaluate(async () => {
      await db.exec('create table t(a)')
      for (let count = 0; ; ++count) {
        try {
          await db.exec('insert into t values (zeroblob(3e7))')
        } catch ({ code }) {
          const { n } = await db.first('select count(*) as n from t')
          await db.flush()
          return { code, count, n }
        }
      }
    })
    equal([result.code, result.n], ['unavailable', result.count])
    check(result.count >= 3 && result.count <= 8, `${result.count} rows of 30 MB`)
  },

  'saves of which none is whole are corrupt, and not made anew': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database, { storage }])
    await page.evaluate(async () => {
      for (const name of ['t', 'u']) {
        await db.exec(`create table ${name}(a)`)
        await db.flush()
      }
      await db.close()
    })
    const cut = async (name) => {
      const root = await navigator.storage.getDirectory()
      const folder = await (
        await root.getDirectoryHandle('outboard')
      ).getDirectoryHandle(name.replaceAll(' ', '%20'))
      for await (const handle of folder.values()) {
        const stream = await handle.createWritable({ keepExistingData: true })
        await stream.truncate((await handle.getFile()).size - 1)
        await stream.close()
      }
    }
    await page.evaluate(cut, database)
    const files = await page.evaluate(filesOf, database)
    const { text } = await page.evaluate(failureOf, [database, { storage }])
    check(text.startsWith('corrupt: '), text)
    equal(await page.evaluate(filesOf, database), files, 'what is left')
  },

  'a database is opened with the storage that it was made with': async ({
    page,
    newPage,
    database,
  }) => {
    const other = await newPage()
    for (const [made, wrong] of [
      [storage, opfs],
      [opfs, storage],
    ]) {
      const name = `${database} ${made}`
      await page.evaluate(openDatabase, [name, { storage: made }])
      await page.evaluate(async () => {
        await db.exec('create table t(a)')
        await db.flush()
      })
      const asked = [name, { storage: wrong }]
      const { text: whileOpen } = await other.evaluate(failureOf, asked)
      check(whileOpen.startsWith('bad_request: another tab'), whileOpen)
      await page.evaluate(() => db.close())
      const { text: later } = await page.evaluate(failureOf, asked)
      check(later.startsWith('bad_request: ') && later.includes(`'${made}'`), later)
    }
  },

  'H14: without locks there are no saves, for two workers would overwrite each other': async ({
    page,
    server,
    database,
  }) => {
    const workerUrl = '/outboard/no-locks.js'
    serveWorker(
      server,
      workerUrl,
      'Object.defineProperty(navigator, "locks", { value: undefined })',
    )
    const { text } = await page.evaluate(failureOf, [database, { storage, workerUrl }])
    check(text.startsWith('unavailable: ') && text.includes('Web Locks'), text)
    const options = { storage: [storage, 'memory'], workerUrl }
    equal((await page.evaluate(openDatabase, [database, options])).storage, 'memory')
  },

  'a saved database is listed and removed as any other': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database, { storage }])
    const found = await page.evaluate(async (name) => {
      const { databases, remove } = await import('/outboard/index.js')
      const listed = async () => (await databases()).find((entry) => entry.name === name)
      await db.exec('create table t(a)')
      await db.flush()
      const open = await listed()
      const refused = await remove(name).catch(({ code }) => code)
      await db.close()
      return [open.open, open.bytes > 4096, refused, await remove(name), (await listed()) ?? 'gone']
    }, database)
    equal(found, [true, true, 'busy', true, 'gone'])
  },

  'flush makes sure of files too, and in memory does nothing': async ({ page, database }) => {
    for (const chosen of [opfs, 'memory']) {
      await page.evaluate(openDatabase, [database, { storage: chosen }])
      await page.evaluate(async () => {
        await db.exec('create table t(a)')
        await db.flush()
        await db.close()
      })
      equal(
        await page.evaluate(() => db.flush().catch(({ code }) => code)),
        'bad_request',
        'a flush of what is closed',
      )
    }
  },
}
