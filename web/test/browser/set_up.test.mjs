// An application's own code beside the engine.
import { readFileSync } from 'node:fs'
import { bundle } from './bundle.mjs'
import {
  check,
  equal,
  failureOf,
  openDatabase,
  publishedWorker,
  serve,
} from './support.mjs'

// The same worker, whose policy lets a set-up come as source.
function allowSource(server) {
  server.routes.set('/outboard/worker_with_blobs.js', (response) => {
    response.setHeader('Content-Type', 'text/javascript')
    response.setHeader(
      'Content-Security-Policy',
      "script-src 'self' 'wasm-unsafe-eval' blob:; connect-src 'self' blob:",
    )
    response.end(publishedWorker())
  })
  return '/outboard/worker_with_blobs.js'
}

const failureIn = (sql) =>
  db.all(sql).then(
    (rows) => ({ code: 'none', message: JSON.stringify(rows) }),
    ({ code, message, hint }) => ({ code, message, hint }),
  )

const cell = (sql) => db.all(sql, [], { shape: 'array' }).then((rows) => rows[0][0])

const doubling = `export default (setUp) => {
  setUp.function('doubled', { deterministic: true, inSchema: true }, (x) => x * 2)
}`

export const tests = {
  'a module adds functions that reads, writes and the schema call': async ({
    page,
    server,
    database,
  }) => {
    serve(server, '/set_up.js', doubling)
    await page.evaluate(openDatabase, [database, { setUp: { module: '/set_up.js' } }])
    await page.evaluate(async () => {
      await db.exec(`create table t(a integer check (doubled(a) < 100), b as (doubled(a)));
        create index i on t(doubled(a) + 1)`)
      await db.many('insert into t(a) values (doubled(?))', [[1], [2]])
      await db.transaction((tx) => tx.exec('insert into t(a) select doubled(a) from t where a = 4'))
    })
    equal(await page.evaluate(cell, 'select group_concat(b) from t'), '4,8,16')
    equal((await page.evaluate(failureIn, 'insert into t(a) values (50)')).code, 'constraint')
    equal(await page.evaluate(cell, 'pragma integrity_check'), 'ok')
    await page.evaluate(() => db.close())
    // Without the set-up the file is there, and what needs it says so.
    await page.evaluate(openDatabase, [database])
    const failure = await page.evaluate(failureIn, 'insert into t(a) values (1)')
    equal(failure.code, 'bad_request')
    check(/doubled/.test(failure.message) && /set-up/.test(failure.hint), failure.message)
  },

  'a source becomes a module whose address is revoked, and waits for what it awaits': async ({
    page,
    server,
    database,
  }) => {
    const source = `const word = await Promise.resolve('sea')
      export default async ({ config, function: add }) => {
        await new Promise((resolve) => setTimeout(resolve, 50))
        add('word', () => config.prefix + word)
        add('gone', () => {
          const request = new XMLHttpRequest()
          request.open('GET', import.meta.url, false)
          try { request.send(); return 'there' } catch { return 'gone' }
        })
      }`
    const setUp = { source, config: { prefix: 'the ' } }
    await page.evaluate(openDatabase, [database, { setUp, workerUrl: allowSource(server) }])
    equal(await page.evaluate(cell, 'select word()'), 'the sea')
    equal(await page.evaluate(cell, 'select gone()'), 'gone')
  },

  'values go in and come out as they are': async ({ page, server, database }) => {
    serve(
      server,
      '/set_up.js',
      `const kind = (x) => x === null ? 'null' : x instanceof Uint8Array ? 'blob' : typeof x
      export default ({ function: add }) => {
        add('same', (x) => x)
        add('kinds', { arguments: 'any' }, (...all) => all.map(kind).join())
        add('big', { integers: 'bigint' }, (x) => kind(x))
        add('yes', () => true)
        add('buffer', () => new Uint8Array([1, 2]).buffer)
      }`,
    )
    await page.evaluate(openDatabase, [database, { setUp: { module: '/set_up.js' } }])
    const wrong = await page.evaluate(async () => {
      const values = [null, 0, -1, 1.5, 2 ** 53 - 1, 2n ** 62n, -(2n ** 63n), 1e300, Infinity, '',
        'x', 'ä€😀', 'a\0b', 'y'.repeat(100_000), new Uint8Array(), new Uint8Array([0, 255]),
        new Uint8Array(100_000).fill(7)]
      const wrong = []
      for (const value of values) {
        const { a, b } = await db.first('select same(?) as a, typeof(same(?)) = typeof(?) as b',
          [value, value, value])
        if (String(a) !== String(value) || typeof a !== typeof value || b !== 1)
          wrong.push(String(value).slice(0, 50))
      }
      return wrong
    })
    equal(wrong, [])
    equal(await page.evaluate(cell, "select kinds(null, 1, 1.5, 'x', x'00', 9007199254740993)"),
      'null,number,number,string,blob,bigint')
    equal(await page.evaluate(cell, "select kinds()"), '')
    equal(await page.evaluate(cell, 'select big(1)'), 'bigint')
    equal(await page.evaluate(cell, 'select yes() || hex(buffer())'), '10102')
  },

  'what a function throws fails its statement alone': async ({ page, server, database }) => {
    serve(
      server,
      '/set_up.js',
      `export default ({ function: add }) => {
        add('throws', () => { throw new RangeError('too far') })
        add('says', () => {
          throw Object.assign(new Error('out of stock'), { code: 'constraint', hint: 'wait' })
        })
        add('lies', () => { throw Object.assign(new Error('gone'), { code: 'worker_lost' }) })
        add('later', async () => 1)
        add('gives_none', () => {})
        add('object', () => ({}))
        add('strange', () => { throw null })
      }`,
    )
    await page.evaluate(openDatabase, [database, { setUp: { module: '/set_up.js' } }])
    await page.evaluate(() => db.exec('create table t(a)'))
    const thrown = await page.evaluate(failureIn, 'insert into t values (1), (throws())')
    equal(
      [thrown.code, thrown.message],
      ['bad_request', 'the function throws failed: it threw RangeError: too far'],
    )
    const said = await page.evaluate(failureIn, 'select says()')
    const message = 'the function says failed: out of stock'
    equal(said, { code: 'constraint', message, hint: 'wait' })
    for (const [name, text] of [
      ['lies', /gone/],
      ['later', /promise/],
      ['gives_none', /undefined/],
      ['object', /an object/],
      ['strange', /null/],
    ]) {
      const failure = await page.evaluate(failureIn, `select ${name}()`)
      equal(failure.code, 'bad_request', name)
      check(text.test(failure.message), failure.message)
    }
    equal(await page.evaluate(cell, 'select count(*) from t'), 0)
  },

  'a function reads what its statement sees, and does nothing else': async ({
    page,
    server,
    database,
  }) => {
    serve(
      server,
      '/set_up.js',
      `export default (setUp) => {
        setUp.function('count_of', (least) =>
          setUp.read('select count(*) as n from t where a >= ?', [least])[0].n)
        setUp.function('run', (sql) => JSON.stringify(setUp.read(sql, [], { shape: 'array' })))
        setUp.function('pure', { deterministic: true }, () => setUp.read('select 1').length)
        setUp.function('down', (n) =>
          n <= 1 ? 1 : setUp.read('select down(?) as n', [n - 1])[0].n + 1)
        try {
          setUp.read('select 1')
        } catch (error) {
          setUp.function('early', () => error.message)
        }
      }`,
    )
    await page.evaluate(openDatabase, [database, { setUp: { module: '/set_up.js' } }])
    const counts = await page.evaluate(async () => {
      await db.exec('create table t(a); insert into t values (1), (2), (3)')
      const count = (session) => session.first('select count_of(2) as n').then(({ n }) => n)
      const before = await count(db)
      return db.transaction(async (tx) => {
        await tx.exec('insert into t values (4)')
        return [before, await count(tx), await count(db)]
      })
    })
    equal(counts, [2, 3, 2])
    const rows = await page.evaluate(cell, "select run('select a, null from t where a < 3')")
    equal(rows, '[[1,null],[2,null]]')
    for (const sql of ['insert into t values (1)', 'commit', 'select 1; select 2', 'nonsense']) {
      const failure = await page.evaluate(failureIn, `select run('${sql}')`)
      equal(failure.code, 'bad_request', sql)
    }
    check(/deterministic/.test((await page.evaluate(failureIn, 'select pure()')).message))
    equal(await page.evaluate(cell, 'select down(8)'), 8)
    equal((await page.evaluate(failureIn, 'select down(9)')).code, 'too_large')
    check(/only a function/.test(await page.evaluate(cell, 'select early()')))
  },

  'an aggregate gives one value for each group': async ({ page, server, database }) => {
    serve(
      server,
      '/set_up.js',
      `export default (setUp) => {
        setUp.aggregate('median', {
          start: () => [],
          step: (all, value) => {
            if (value === null) throw new Error('no null')
            all.push(value)
          },
          finish: (all) => all.sort((a, b) => a - b)[all.length >> 1] ?? null,
        })
      }`,
    )
    await page.evaluate(openDatabase, [database, { setUp: { module: '/set_up.js' } }])
    await page.evaluate(() => db.exec(
      'create table t(g, a); insert into t values (1, 5), (2, 9), (1, 1), (1, 3), (2, null)'))
    equal(await page.evaluate(cell, 'select median(a) from t where g = 1'), 3)
    equal(await page.evaluate(cell, 'select median(a) from t where g = 3'), null)
    const failure = await page.evaluate(failureIn, 'select median(a) from t group by g')
    equal(failure.message, 'the function median failed: it threw Error: no null')
  },

  'whatever keeps a set-up from running is told by open': async ({ page, server, database }) => {
    const workerUrl = allowSource(server)
    const source = (body) => ({ source: `export default ${body}` })
    const noNet = `async () => {
      throw Object.assign(new Error('no net'), { code: 'unavailable' })
    }`
    const hang = { ...source('() => { for (;;); }'), watchdogMs: 200 }
    const never = { ...source('() => new Promise(() => {})'), watchdogMs: 200 }
    const cases = [
      [{ module: '/missing.js' }, 'not_found', /404/],
      [{ module: 'http://localhost:1/x.js' }, 'denied', /localhost:1/],
      [{ source: 'this is no JavaScript' }, 'bad_request', /SyntaxError/],
      [{ source: 'throw new Error("at once")' }, 'bad_request', /at once/],
      [{ source: 'export const x = 1' }, 'bad_request', /default export/],
      [source('() => { throw new Error("no idea") }'), 'bad_request', /set-up failed: .*no idea/],
      [source(noNet), 'unavailable', /no net/],
      [source('(s) => s.function("upper", (x) => x)'), 'bad_request', /is a function upper/],
      [source('(s) => s.function("a b", (x) => x)'), 'bad_request', /cannot name/],
      [source('(s) => s.function("f")'), 'bad_request', /nothing to call/],
      [never, 'timeout', /the set-up.*200 ms/],
      [hang, 'timeout', /the set-up/],
      [{ source: 'for (;;);', watchdogMs: 200 }, 'timeout', /the set-up/],
      [{}, 'bad_request', /module/],
      [{ source: '', version: 0 }, 'bad_request', /version/],
      [{ source: '', watchdogMs: 0 }, 'bad_request', /watchdogMs/],
    ]
    for (const [setUp, code, message] of cases) {
      const failure = await page.evaluate(failureOf, [database, { setUp, workerUrl }])
      const what = JSON.stringify(setUp)
      equal(failure.code, code, what)
      check(message.test(failure.message), `${what}: ${failure.message}`)
    }
    // Nothing holds the database.
    await page.evaluate(openDatabase, [database, { setUp: { source: doubling }, workerUrl }])
    equal(await page.evaluate(cell, 'select doubled(4)'), 8)
  },

  'what a policy forbids is told as that': async ({ page, database }) => {
    const failure = await page.evaluate(failureOf, [database, { setUp: { source: doubling } }])
    equal(failure.code, 'denied', failure.message)
    check(/Content-Security-Policy/.test(failure.message), failure.message)
    check(/blob:/.test(failure.hint), failure.hint)
  },

  'a function that never ends is ended with its worker, and is not called a third time': async ({
    page,
    server,
    database,
  }) => {
    serve(
      server,
      '/set_up.js',
      `export default ({ function: add }) => {
        add('hang', () => { for (;;); })
        add('quick', () => 1)
      }`,
    )
    const setUp = { module: '/set_up.js', watchdogMs: 300 }
    await page.evaluate(openDatabase, [database, { setUp }])
    await page.evaluate(() => db.exec('create table t(a); insert into t values (1)'))
    const failure = await page.evaluate(failureIn, 'select hang()')
    equal(failure.code, 'worker_lost')
    check(/2 engines.*the function hang/.test(failure.message), failure.message)
    equal(await page.evaluate(cell, 'select quick() + a from t'), 2)
    // A long statement that calls functions is not one that hangs.
    const slow = `with recursive i(n) as (select 1 union all select n + 1 from i where n < 3000000)
      select count(*) + quick() from i, (select quick() as q) where q = 1`
    equal(await page.evaluate(cell, slow), 3_000_001)
  },

  'tabs share the set-up of the owner, and the newer one goes first': async ({
    page,
    newPage,
    server,
    database,
  }) => {
    for (const version of [1, 2])
      serve(
        server,
        `/v${version}.js`,
        `export default (s) => s.function('version', () => ${version})`,
      )
    const order = (version) => [database, { setUp: { module: `/v${version}.js`, version } }]
    await page.evaluate(openDatabase, order(1))
    const [plain, newer, older] = [await newPage(), await newPage(), await newPage()]
    await plain.evaluate(openDatabase, [database])
    equal(await plain.evaluate(cell, 'select version()'), 1, 'of a tab without a set-up')
    await newer.evaluate(openDatabase, order(2))
    equal(await newer.evaluate(cell, 'select version()'), 2, 'of the newer one')
    equal(await plain.evaluate(cell, 'select version()'), 2, 'of a tab without a set-up')
    equal((await older.evaluate(failureOf, order(1))).code, 'outdated')
  },

  'the guide prints what it says': async ({ page, server, database }) => {
    const guide = readFileSync(new URL('../../../docs/guide-set-up.md', import.meta.url), 'utf8')
    const blocks = (language) =>
      [...guide.matchAll(new RegExp('```' + language + '\n([^]*?)```', 'g'))].map((m) => m[1])
    const [program, module] = blocks('ts')
    serve(server, '/set_up.js', blocks('js')[0])
    serve(server, '/program.js', await bundle({ contents: program, loader: 'ts' }))
    serve(server, '/total.js', await bundle({ contents: module, loader: 'ts' }))
    const printed = []
    page.on('console', (message) => {
      if (message.type() === 'log') printed.push(`${message.text()}\n`)
    })
    await page.evaluate(() => import('/program.js'))
    equal(printed.join(''), blocks('text')[0])
    const setUp = { module: '/total.js', config: { currency: 'EUR' } }
    await page.evaluate(openDatabase, [database, { setUp }])
    const sum = 'select sum_of(a) from (select 1 as a union select 4)'
    equal(await page.evaluate(cell, sum), '5 EUR')
  },

  'it runs on the page too, and after a reload': async ({ page, server, database }) => {
    serve(server, '/set_up.js', doubling)
    const openOnPage = async ([name]) => {
      const [{ open }, { onMainThread: host }] = await Promise.all([
        import('/outboard/index.js'),
        import('/outboard/main.js'),
      ])
      window.db = await open(name, {
        host,
        storage: 'autosave',
        setUp: { module: '/set_up.js' },
      })
    }
    await page.evaluate(openOnPage, [database])
    await page.evaluate(() =>
      db.exec('create table t(a, b as (doubled(a))); insert into t values (3)'),
    )
    await page.evaluate(() => db.flush())
    await page.reload()
    await page.evaluate(openOnPage, [database])
    equal(await page.evaluate(cell, 'select b from t'), 6)
  },
}
