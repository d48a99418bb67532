// Whatever does not load, dies or fills up ends in a typed error, within its time.
import {
  check,
  equal,
  failureOf,
  openDatabase,
  publishedModule,
  publishedWorker,
  serve,
  serveWorker,
} from './support.mjs'

const wasm = publishedModule()

// For a worker that traps in a function of the module's, once a message with that text has come.
const trappingIn = (name, text) => `{
  let trapping = false
  const streaming = WebAssembly.instantiateStreaming
  WebAssembly.instantiateStreaming = async (...all) => {
    const { instance } = await streaming(...all)
    const call = (...all) => {
      if (trapping) throw new WebAssembly.RuntimeError('unreachable')
      return instance.exports.${name}(...all)
    }
    return { instance: { exports: { ...instance.exports, ${name}: call } } }
  }
  addEventListener('message', ({ data }) => {
    if (!(data instanceof ArrayBuffer)) return
    trapping ||= new TextDecoder('latin1').decode(data).includes('${text}')
  })
}`

export const tests = {
  'a worker script that does not load is unavailable, with its address': async ({
    page,
    server,
    database,
  }) => {
    serve(server, '/html.js', '<!doctype html><p>your app', 'text/html')
    serve(server, '/syntax.js', 'this is no JavaScript')
    serve(server, '/throws.js', 'throw new Error("no")')
    for (const workerUrl of [
      '/missing.js',
      '/html.js',
      '/syntax.js',
      '/throws.js',
      'http://localhost:1/worker.js',
      'https://other.example/worker.js',
    ]) {
      const failure = await page.evaluate(failureOf, [
        database,
        { workerUrl, openTimeoutMs: 10000 },
      ])
      equal(failure.code, 'unavailable', workerUrl)
      check(
        failure.message.includes(workerUrl) || failure.message.includes('worker cannot be started'),
        failure.message,
      )
      check(failure.hint !== '' && failure.ms < 5000, `${failure.hint} after ${failure.ms} ms`)
    }
  },

  'a module that does not load is unavailable, with its address': async ({
    page,
    server,
    database,
  }) => {
    const half = wasm.subarray(0, wasm.length / 2)
    serve(server, '/truncated.wasm', half, 'application/wasm')
    serve(server, '/truncated.bin', half, 'application/octet-stream')
    serve(server, '/html.wasm', '<!doctype html><p>your app', 'text/html')
    const other = Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])
    serve(server, '/other.wasm', other, 'application/wasm')
    serve(server, '/empty.wasm', '', 'application/wasm')
    server.routes.set('/cut-off.wasm', (response) => {
      response.setHeader('Content-Type', 'application/wasm')
      response.setHeader('Content-Length', wasm.length)
      response.write(half)
      response.destroy()
    })
    const paths = [
      '/missing.wasm',
      '/truncated.wasm',
      '/cut-off.wasm',
      '/truncated.bin',
      '/html.wasm',
      '/other.wasm',
      '/empty.wasm',
    ]
    for (const wasmUrl of paths) {
      const failure = await page.evaluate(failureOf, [database, { wasmUrl, openTimeoutMs: 10000 }])
      equal(failure.code, 'unavailable', wasmUrl)
      check(
        failure.message.includes(wasmUrl) && failure.ms < 5000,
        `${failure.message} after ${failure.ms} ms`,
      )
    }
    // The files were let go: nothing holds the database.
    await page.evaluate(openDatabase, [database])
  },

  'a module of the wrong type is loaded all the same': async ({ page, server, database }) => {
    serve(server, '/plain.wasm', wasm, 'application/octet-stream')
    await page.evaluate(openDatabase, [database, { wasmUrl: '/plain.wasm' }])
    equal(await page.evaluate(() => db.first('select 1 as a')), { a: 1 })
  },

  'a worker that never answers ends with the time limit': async ({ page, server, database }) => {
    serve(server, '/silent.js', 'onmessage = () => {}')
    server.routes.set('/hanging.wasm', () => {})
    for (const options of [{ workerUrl: '/silent.js' }, { wasmUrl: '/hanging.wasm' }]) {
      const failure = await page.evaluate(failureOf, [database, { ...options, openTimeoutMs: 500 }])
      equal(failure.code, 'unavailable')
      check(
        failure.ms > 400 && failure.ms < 3000 && failure.message.includes('500 ms'),
        `${failure.message} after ${failure.ms} ms`,
      )
    }
    await page.evaluate(openDatabase, [database])
  },

  'when the worker is killed, what can be asked again is, and the rest is told': async ({ page, database, note }) => {
    const result = await page.evaluate(async (name) => {
      // The worker as somebody else would have it: the debugger, or the system short of memory.
      let worker
      const Native = window.Worker
      window.Worker = class extends Native {
        constructor(...parameters) {
          super(...parameters)
          worker = this
        }
      }
      const { open } = await import('/outboard/index.js')
      const db = await open(name)
      await db.exec('create table t(a)')
      const endless =
        'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n'
      let streaming
      const streams = new Promise((resolve) => (streaming = resolve))
      const calls = [
        db.exec('insert into t values (1)'),
        db.transaction(async (tx) => {
          await tx.exec('insert into t values (2)')
          await new Promise((resolve) => setTimeout(resolve, 100_000))
        }),
        db.many(
          'insert into t values (?)',
          (function* () {
            for (;;) yield [1]
          })(),
        ),
        (async () => {
          for await (const _ of db.stream(endless)) streaming()
        })(),
      ]
      calls.splice(1, 1)[0].catch(() => {}) // its function never ends by itself
      await streams
      calls.push(db.first('select count(*) as n from t').then(() => {}))
      await new Promise((resolve) => setTimeout(resolve, 50))
      const start = performance.now()
      Native.prototype.terminate.call(worker)
      const codes = await Promise.all(
        calls.map((call) =>
          call.then(
            () => 'done',
            (error) => error.code,
          ),
        ),
      )
      const ms = performance.now() - start
      const later = await db.first('select 1 as a')
      const closed = await db.close().then(() => 'closed')
      const again = await open(name)
      const count = await again.first('select count(*) as n from t')
      return { codes, later, closed, ms, count }
    }, database)
    equal(result.codes.slice(1), ['worker_lost', 'worker_lost', 'done'])
    equal([result.later, result.closed], [{ a: 1 }, 'closed'])
    check(result.count.n <= 1, `${result.count.n} rows`)
    note(`told after ${Math.round(result.ms)} ms`)
  },

  'H8: a request that two engines died of is not sent to a third': async ({
    page,
    server,
    database,
  }) => {
        serveWorker(server, '/outboard/trapping.js', trappingIn('outboard_run', 'please trap'))
    const result = await page.evaluate(async (name) => {
      const { open } = await import('/outboard/index.js')
      const db = await open(name, { workerUrl: '/outboard/trapping.js' })
      await db.exec('create table t(a)')
      const error = await db.exec('select /* please trap */ 1').catch((error) => error)
      const again = await open(name)
      return {
        code: error.code,
        message: error.message,
        later: await db.first('select 1 as a'),
        rows: await again.all('select * from t'),
      }
    }, database)
    equal([result.code, result.later, result.rows], ['worker_lost', { a: 1 }, []])
    check(/2 engines/.test(result.message), result.message)
  },

  'H8: a write whose answer was lost with its engine is not done again, and is answered': async ({
    page,
    server,
    database,
  }) => {
    // The first engine dies after it has done what a message with that text asks, and before it has
    // said so; the next one is as it should be.
    const dying = (text) => {
      const preludes = [trappingIn('outboard_next', text)]
      server.routes.set('/outboard/dying.js', (response) => {
        response.setHeader('Content-Type', 'text/javascript')
        response.end(`${preludes.shift() ?? ''};${publishedWorker()}`)
      })
    }
    const openEmpty = async (name) => {
      const { open } = await import('/outboard/index.js')
      window.db = await open(name, { workerUrl: '/outboard/dying.js' })
      await db.exec('create table if not exists t(a); delete from t')
    }
    const readAll = async () => {
      const rows = await db.all('select a from t', [], { shape: 'array' })
      await db.close()
      return rows.flat()
    }
    for (const [text, action, result, rows] of [
      ['insert', `db.exec('insert into t values (1)').then((result) => result.changes)`, 1, [1]],
      [
        'insert',
        `db.many('insert into t values (?)', [[1], [2]]).then((result) => result.changes)`,
        2,
        [1, 2],
      ],
      [
        'commit',
        `db.transaction((tx) => tx.exec('insert into t values (1)').then(() => 'done'))`,
        'done',
        [1],
      ],
      [
        'returning',
        `db.all('insert into t values (1) returning a')`,
        ['worker_lost', 'applied'],
        [1],
      ],
      [
        'insert',
        `db.transaction((tx) => tx.exec('insert into t values (1)'))`,
        ['worker_lost', 'not_applied'],
        [],
      ],
      ['select 5', `db.all('select 5 as a')`, [{ a: 5 }], []],
    ]) {
      dying(text)
      await page.evaluate(openEmpty, database)
      const told = await page.evaluate(
        `(${action}).then((result) => result, ({ code, outcome }) => [code, outcome])`,
      )
      equal([told, await page.evaluate(readAll)], [result, rows], action)
    }
  },

  'a full disk fails the commit, keeps what was there, and heals': async ({
    page,
    context,
    server,
    database,
    note,
  }) => {
    await page.evaluate(openDatabase, [database])
    await page.evaluate(async () => {
      await db.exec('create table t(i integer primary key, x blob)')
      await db.exec('insert into t values (1, zeroblob(100000))')
    })
    const debug = await context.newCDPSession(page)
    const { usage } = await page.evaluate(() => navigator.storage.estimate())
    const quota = (bytes) =>
      debug.send('Storage.overrideQuotaForOrigin', {
        origin: server.address,
        ...(bytes === undefined ? {} : { quotaSize: bytes }),
      })
    await quota(usage + 300_000)
    try {
      const failed = await page.evaluate(async () => {
        const errors = []
        for (let i = 2; i < 30; ++i) {
          await db
            .exec('insert into t values (?, zeroblob(100000))', [i])
            .catch((error) => errors.push([i, error.code, error.message]))
        }
        const inTransaction = await db
          .transaction(async (tx) => {
            await tx.exec('insert into t values (1001, null)')
            await tx.exec('insert into t values (1002, zeroblob(3000000))')
          })
          .catch((error) => error.code)
        const many = await db
          .many(
            'insert into t values (?, zeroblob(50000))',
            Array.from({ length: 100 }, (_, i) => [2000 + i]),
          )
          .catch((error) => error.code)
        return {
          errors,
          inTransaction,
          many,
          rows: (await db.all('select i from t order by i', [], { shape: 'array' })).flat(),
        }
      })
      check(failed.errors.length > 0, 'nothing failed')
      for (const [, code, message] of failed.errors) {
        equal(code, 'unavailable')
        check(/quota|space|full/i.test(message), message)
      }
      equal([failed.inTransaction, failed.many], ['unavailable', 'unavailable'])
      const missing = failed.errors.map(([i]) => i)
      const expected = Array.from({ length: 29 }, (_, i) => i + 1).filter(
        (i) => !missing.includes(i),
      )
      equal(failed.rows, expected, 'what is there')
      note(`${failed.errors[0][2]}`)

      await quota()
      const healed = await page.evaluate(async () => {
        await db.exec('insert into t values (3000, zeroblob(500000))')
        await db.many(
          'insert into t values (?, zeroblob(50000))',
          Array.from({ length: 20 }, (_, i) => [4000 + i]),
        )
        const check = (await db.first('pragma integrity_check')).integrity_check
        return { check, count: (await db.first('select count(*) as n from t where i >= 3000')).n }
      })
      equal(healed, { check: 'ok', count: 21 })
    } finally {
      await quota()
    }
    await page.reload()
    await page.evaluate(openDatabase, [database])
    equal(await page.evaluate(() => db.first('select count(*) as n from t where i >= 3000')), {
      n: 21,
    })
  },

  'opening on a full disk is unavailable': async ({ page, context, server, database }) => {
    const debug = await context.newCDPSession(page)
    await debug.send('Storage.overrideQuotaForOrigin', { origin: server.address, quotaSize: 0 })
    try {
      const failure = await page.evaluate(failureOf, [database])
      equal(failure.code, 'unavailable')
      check(/quota|space|full/i.test(failure.message), failure.message)
    } finally {
      await debug.send('Storage.overrideQuotaForOrigin', { origin: server.address })
    }
    await page.evaluate(openDatabase, [database])
    await page.evaluate(() => db.exec('create table t(a)'))
  },
}
