// Files that are damaged, or that somebody else has open: detected, told, and never emptied.
import { check, equal, failureOf, filesOf, openDatabase } from './support.mjs'

async function fill() {
  await db.exec('create table t(i integer primary key, x text)')
  await db.exec('create table other(a); insert into other values (1)')
  await db.many(
    'insert into t values (?, ?)',
    Array.from({ length: 2000 }, (_, i) => [i, `row ${i} `.repeat(20)]),
  )
}

// Overwrites bytes of a file, or cuts it to `size`.
async function damage([name, file, { at = 0, bytes = 0, size }]) {
  const root = await navigator.storage.getDirectory()
  const databases = await root.getDirectoryHandle('outboard')
  const folder = await databases.getDirectoryHandle(name.replaceAll(' ', '%20'))
  const handle = await folder.getFileHandle(file)
  const writable = await handle.createWritable({ keepExistingData: true })
  const data = new Uint8Array(bytes).fill(0xa5)
  if (bytes > 0) await writable.write({ type: 'write', position: at, data })
  if (size !== undefined) await writable.truncate(size)
  await writable.close()
}

const readAll = () =>
  db.all('select * from t').then(
    (rows) => `${rows.length} rows`,
    ({ code }) => code,
  )

const integrity = () =>
  db.first('pragma integrity_check').then(
    (row) => row.integrity_check,
    ({ code }) => code,
  )

// Holds a file open as somebody else's worker would, until `foreign` is terminated.
async function holdForeign([name, file]) {
  const script = `onmessage = async ({ data: [name, file] }) => {
    const root = await navigator.storage.getDirectory()
    const databases = await root.getDirectoryHandle('outboard')
    const folder = await databases.getDirectoryHandle(name.replaceAll(' ', '%20'))
    await (await folder.getFileHandle(file)).createSyncAccessHandle()
    postMessage('held')
  }`
  const address = URL.createObjectURL(new Blob([script], { type: 'text/javascript' }))
  window.foreign = new Worker(address)
  foreign.postMessage([name, file])
  await new Promise((resolve) => (foreign.onmessage = resolve))
}

export const tests = {
  'a header that is damaged is corrupt, and the file stays as it is': async ({
    page,
    database,
  }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(fill)
    await page.evaluate(() => db.close())
    await page.evaluate(damage, [database, 'db', { at: 0, bytes: 20 }])
    const before = await page.evaluate(filesOf, database)
    for (let round = 0; round < 2; ++round) {
      const { code, hint } = await page.evaluate(failureOf, [database])
      equal(code, 'corrupt')
      check(hint !== '', 'no hint')
    }
    equal((await page.evaluate(filesOf, database)).db, before.db, 'the size of the file')
  },

  'a page that is damaged is corrupt where it is read, and the rest is there': async ({
    page,
    database,
  }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(fill)
    await page.evaluate(() => db.close())
    const before = await page.evaluate(filesOf, database)
    const at = 4096 * Math.floor(before.db / 8192)
    await page.evaluate(damage, [database, 'db', { at, bytes: 4096 }])
    await page.evaluate(openDatabase, [database])
    equal(await page.evaluate(readAll), 'corrupt')
    check((await page.evaluate(integrity)) !== 'ok', 'the check finds nothing')
    equal(await page.evaluate(() => db.all('select a from other')), [{ a: 1 }])
    await page.evaluate(() => db.close())
    equal((await page.evaluate(filesOf, database)).db, before.db, 'the size of the file')
  },

  'a file that was cut is corrupt, and not filled up': async ({ page, database }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(fill)
    await page.evaluate(() => db.close())
    const { db: whole } = await page.evaluate(filesOf, database)
    for (const size of [whole - 4096, whole >> 1, 5000, 4096, 1000, 50]) {
      await page.evaluate(damage, [database, 'db', { size }])
      const failure = await page.evaluate(failureOf, [database])
      if (failure.code === 'none') {
        await page.reload()
        await page.evaluate(openDatabase, [database])
        equal(await page.evaluate(readAll), 'corrupt', `cut to ${size}: reading`)
        check((await page.evaluate(integrity)) !== 'ok', 'the check finds nothing')
        await page.evaluate(() => db.close())
      } else equal(failure.code, 'corrupt', `cut to ${size}: opening`)
      equal((await page.evaluate(filesOf, database)).db, size, 'the size of the file')
    }
  },

  'of a log that is damaged all is there up to the damage, and nothing half': async ({
    page,
    database,
  }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(async () => {
      await db.exec('create table t(i, half)')
      for (let i = 0; i < 40; ++i) {
        await db.transaction(async (tx) => {
          await tx.exec('insert into t values (?, 1)', [i])
          await tx.exec('insert into t values (?, 2)', [i])
        })
      }
    })
    await page.reload() // without closing: so the log is there
    const { 'db-wal': bytes } = await page.evaluate(filesOf, database)
    check(bytes > 40 * 4096, `a log of ${bytes} bytes`)
    await page.evaluate(damage, [database, 'db-wal', { at: bytes >> 1, bytes: 100 }])
    await page.evaluate(openDatabase, [database])
    const found = await page.evaluate(() =>
      db.first('select count(*) as n, sum(half) as halves, max(i) + 1 as last from t'),
    )
    equal([found.n, found.halves], [2 * found.last, 3 * found.last], 'what is there')
    check(found.last > 10 && found.last < 40, `${found.last} transactions`)
    equal(await page.evaluate(integrity), 'ok')
  },

  'files that somebody else has open are busy, and can be had when he lets go': async ({
    page,
    database,
  }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(() => db.exec('create table t(a); insert into t values (1)'))
    for (const file of ['db', 'db-wal']) {
      await page.evaluate(() => db.close())
      await page.evaluate(holdForeign, [database, file])
      const { code, hint } = await page.evaluate(failureOf, [database])
      equal(code, 'busy', file)
      check(hint !== '', 'no hint')
      await page.evaluate(() => window.foreign.terminate())
      await page.evaluate(openDatabase, [database])
      equal(await page.evaluate(() => db.all('select a from t')), [{ a: 1 }])
    }
  },
}
