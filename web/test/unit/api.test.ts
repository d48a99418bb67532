import assert from 'node:assert/strict'
import { sql, type Transaction, type Value } from '../../src/index.ts'
import { Random, test } from './check.ts'
import { openInside, type Traffic } from './inside.ts'
import { withDatabase } from './with_database.ts'

const numbers = (count: number): string =>
  `with recursive n(i) as (select 1 union all select i + 1 from n where i < ${count})`

withDatabase('rows are written and read', async (db) => {
  await db.exec('create table note(id integer primary key, title text)')
  const result = await db.exec('insert into note(title) values (?), (?)', ['a', 'b'])
  assert.deepEqual(result, { rows: [], columns: [], changes: 2, lastInsertRowid: 2 })
  assert.deepEqual(await db.all('select * from note order by id'), [
    { id: 1, title: 'a' },
    { id: 2, title: 'b' },
  ])
  assert.deepEqual(await db.first('select title from note where id = ?', [2]), { title: 'b' })
  assert.equal(await db.first('select title from note where id = ?', [3]), undefined)
  assert.deepEqual(await db.exec('select 1 as one', [], { shape: 'array' }), {
    rows: [[1]],
    columns: ['one'],
    changes: 0,
    lastInsertRowid: (await db.exec('select 1')).lastInsertRowid,
  })
})

withDatabase('a query is a string, a template, or what Kysely compiles', async (db) => {
  const title = "x'; drop table note; --"
  assert.deepEqual(await db.all(sql`select ${title} as t, ${null} as n`), [{ t: title, n: null }])
  const condition = sql`a > ${1}`
  assert.deepEqual(
    await db.all(sql`select a from (select 1 as a union select 2) where ${condition} and a < ${9}`),
    [{ a: 2 }],
  )
  const compiled = {
    sql: 'select ? as a',
    parameters: ['k'],
    query: { kind: 'SelectQueryNode' },
    queryId: {},
  }
  assert.deepEqual(await db.all(compiled), [{ a: 'k' }])
  assert.deepEqual(await db.first(compiled, { shape: 'array' }), ['k'])
  assert.deepEqual(await db.all('select :a as a, $b as b', { a: 1, $b: 2 }), [{ a: 1, b: 2 }])
})

withDatabase('every value comes back as it went', async (db) => {
  const values: Value[] = [
    null,
    0,
    1,
    -1,
    2 ** 31,
    2 ** 53 - 1,
    -(2 ** 53) + 1,
    2n ** 53n,
    -(2n ** 63n),
    2n ** 63n - 1n,
    -0,
    0.1,
    1e300,
    5e-324,
    Infinity,
    -Infinity,
    '',
    'é日🙂',
    '\uFEFFbom',
    'nul\0inside',
    new Uint8Array(0),
    new Uint8Array([0, 255]),
  ]
  for (const value of values)
    assert.deepEqual((await db.first('select ? as v', [value]))!['v'], value)
  assert.deepEqual(
    await db.first('select ? as t, ? as f, ? as b', [true, false, new Uint8Array([7]).buffer]),
    {
      t: 1,
      f: 0,
      b: new Uint8Array([7]),
    },
  )
  assert.deepEqual(await db.first('select ? as v', [5n]), { v: 5 })
  assert.deepEqual(await db.first('select ? as v', [5], { integers: 'bigint' }), { v: 5n })
  assert.deepEqual(await db.first('select ? as v', [2n ** 60n], { integers: 'number' }), {
    v: 2 ** 60,
  })
  // A number without a fraction is an integer, and 2^53 is not one that a number holds for sure.
  assert.deepEqual(
    await db.first('select typeof(?) as a, typeof(?) as b, typeof(?) as c', [1, 1.5, 2 ** 53]),
    {
      a: 'integer',
      b: 'real',
      c: 'real',
    },
  )
})

withDatabase('random rows come back as they went', async (db) => {
  await db.exec('create table t(i integer primary key, a, b, c, d)')
  const random = new Random(7)
  const value = (): Value => {
    switch (random.integer(5)) {
      case 0:
        return null
      case 1:
        return random.int64()
      case 2:
        return random.double()
      case 3:
        return random.text(random.integer(100))
      default:
        return random.bytes(random.integer(100))
    }
  }
  const sets = Array.from({ length: 5000 }, (_, i) => [i, value(), value(), value(), value()])
  await db.many('insert into t values (?, ?, ?, ?, ?)', sets)
  const read = await db.all<Value[]>('select * from t order by i', [], {
    shape: 'array',
    integers: 'bigint',
  })
  // SQLite has no NaN, and a whole number that a bigint became is one.
  const stored = (v: Value): Value =>
    typeof v === 'number' && Number.isNaN(v)
      ? null
      : typeof v === 'number' && Number.isSafeInteger(v) && !Object.is(v, -0)
        ? BigInt(v)
        : v
  sets.forEach((set, i) => assert.deepEqual(read[i], set.map(stored), `row ${i}`))
})

withDatabase('what is no value is refused, and the error says which', async (db) => {
  const cases: [unknown, RegExp][] = [
    [undefined, /parameter 2 is undefined/],
    [new Date(), /parameter 2 is a Date/],
    [{}, /parameter 2 is an object/],
    [[1], /parameter 2 is an array/],
    [Symbol('x'), /parameter 2 is a symbol/],
    [() => 1, /parameter 2 is a function/],
    [2n ** 63n, /parameter 2 is a bigint beyond 64 bits/],
    ['\uD800', /parameter 2 .* surrogate/],
    [new Float64Array(1), /parameter 2 is a view/],
  ]
  for (const [value, message] of cases) {
    await assert.rejects(db.exec('select ?, ?', [1, value as Value]), {
      code: 'bad_request',
      message,
    })
  }
  await assert.rejects(db.exec('select :x', { x: undefined as unknown as Value }), {
    code: 'bad_request',
    message: /'x' is undefined/,
  })
  await assert.rejects(db.exec('select ?', 5 as unknown as []), { code: 'bad_request' })
  await assert.rejects(db.exec(5 as unknown as string), { code: 'bad_request' })
  await assert.rejects(db.exec('select \uD800'), { code: 'bad_request' })
  await assert.rejects(db.many('select ?', [[1], [undefined as unknown as Value]]), {
    message: /parameter 1 of set 1 is undefined/,
  })
  await assert.rejects(db.many('select ?', [[1], 5 as unknown as Value[]]), {
    message: /set 1 is no array/,
  })
  await assert.rejects(db.many('select ?', 5 as unknown as Value[][]), { message: /not iterable/ })
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
})

withDatabase('errors of the engine keep code, sentence and hint', async (db) => {
  await db.exec('create table t(a primary key)')
  await db.exec('insert into t values (1)')
  const error = await db.exec('insert into t values (1)').catch((e) => e)
  assert.equal(error.name, 'OutboardError')
  assert.equal(error.code, 'constraint')
  assert.match(error.message, /UNIQUE/)
  assert.match(String(error), /^constraint: /)
  await assert.rejects(db.exec('selec'), { code: 'bad_request' })
  await assert.rejects(db.exec('begin'), { code: 'bad_request' })
})

withDatabase('many runs one statement with many sets', async (db) => {
  await db.exec('create table t(i integer primary key, x text)')
  const inserted = await db.many(
    'insert into t(x) values (?)',
    Array.from({ length: 1000 }, (_, i) => [`x${i}`]),
  )
  assert.equal(inserted.changes, 1000)
  assert.equal(inserted.lastInsertRowid, 1000)
  assert.deepEqual(inserted.rows, [])

  const found = await db.many<{ x: string }>('select x from t where i between ? and ?', [
    [1, 2],
    [5000, 6000],
    [3, 3],
  ])
  assert.deepEqual(found.columns, ['x'])
  assert.deepEqual(found.rows, [{ x: 'x0' }, { x: 'x1' }, { x: 'x2' }])
  assert.deepEqual(found.of(0), [{ x: 'x0' }, { x: 'x1' }])
  assert.deepEqual(found.of(1), [])
  assert.deepEqual(found.of(2), [{ x: 'x2' }])

  const returned = await db.many('insert into t(x) values (?) returning i', [['a'], ['b']])
  assert.deepEqual(returned.of(1), [{ i: 1002 }])
  assert.deepEqual((await db.many('insert into t(x) values (?)', [])).changes, 0)
})

withDatabase('many is all or nothing, however many pieces it takes', async (db) => {
  await db.exec('create table t(i integer primary key, x text)')
  const filling = 'x'.repeat(1000)
  function* sets(last: unknown): Generator<Value[]> {
    for (let i = 1; i <= 20_000; ++i) yield [i, filling]
    yield [last as Value, 'last']
  }
  await assert.rejects(db.many('insert into t values (?, ?)', sets(7)), {
    code: 'constraint',
    message: /set 20000/,
  })
  await assert.rejects(db.many('insert into t values (?, ?)', sets(undefined)), {
    code: 'bad_request',
    message: /set 20000/,
  })
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 0 })
  const result = await db.many('insert into t values (?, ?)', sets(20_001))
  assert.equal(result.changes, 20_001)
  assert.deepEqual(await db.first('select count(*) as n, sum(length(x)) as bytes from t'), {
    n: 20_001,
    bytes: 20_000_004,
  })
})

withDatabase('many stops taking sets once it has failed', async (db) => {
  await db.exec('create table t(i integer primary key, x)')
  let taken = 0
  let closed = false
  function* sets(): Generator<Value[]> {
    try {
      for (;;) yield [1, 'x'.repeat(++taken % 1000)]
    } finally {
      closed = true
    }
  }
  await assert.rejects(db.many('insert into t values (?, ?)', sets()), { code: 'constraint' })
  assert.ok(closed)
})

withDatabase('a large result arrives in pieces and is whole', async (db) => {
  const rows = await db.all<{ i: number; t: string }>(
    `${numbers(100_000)} select i, 'row ' || i as t, i * 0.5 as r, null as n from n`,
  )
  assert.equal(rows.length, 100_000)
  rows.forEach((row, i) => assert.ok(row.i === i + 1 && row.t === `row ${i + 1}`))
  assert.deepEqual(rows[99_999], { i: 100_000, t: 'row 100000', r: 50_000, n: null })
  assert.deepEqual(await db.first(`${numbers(100_000)} select i from n`), { i: 1 })
  const many = await db.many<{ i: number }>(`${numbers(50_000)} select i, ? as x from n`, [
    ['a'.repeat(20)],
    ['b'],
  ])
  assert.equal(many.rows.length, 100_000)
  assert.equal(many.of(1)[0]!.i, 1)
})

withDatabase('a stream is read at the pace of its reader', async (db) => {
  const seen: number[] = []
  for await (const { i } of db.stream<{ i: number }>(`${numbers(5000)} select i from n`, [], {
    chunkRows: 100,
  }))
    seen.push(i)
  assert.deepEqual(
    seen,
    Array.from({ length: 5000 }, (_, i) => i + 1),
  )

  let chunks = 0
  for await (const chunk of db
    .stream(`${numbers(1000)} select i from n`, [], { chunkRows: 100 })
    .chunks()) {
    assert.equal(chunk.length, 100)
    ++chunks
  }
  assert.equal(chunks, 10)

  // Endless: leaving the loop is what ends it.
  for await (const { i } of db.stream<{ i: number }>(
    'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n',
  )) {
    if (i === 100_000) break
  }
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
  await assert.rejects(
    async () => {
      for await (const _ of db.stream('select nonsense')) assert.fail()
    },
    { code: 'bad_request' },
  )
  for await (const _ of db.stream('select 1 where 0')) assert.fail()
})

withDatabase('more streams may be left unread than an engine reads at once', async (db) => {
  for (let i = 0; i < 30; ++i) {
    for await (const _ of db.stream(`${numbers(1_000_000)} select i from n`, [], { chunkRows: 10 }))
      break
  }
})

withDatabase('batch answers each statement', async (db) => {
  const results = await db.batch([
    'create table t(a)',
    { sql: 'insert into t values (?), (?)', params: [1, 2] },
    sql`select a from t where a > ${1}`,
    { sql: 'select :x as x', params: { x: 'y' } },
  ])
  assert.deepEqual(
    results.map(({ rows, changes }) => [rows, changes]),
    [
      [[], 0],
      [[], 2],
      [[{ a: 2 }], 0],
      [[{ x: 'y' }], 0],
    ],
  )
  await assert.rejects(
    db.batch(['insert into t values (3)', 'insert into nonsense values (1)'], { atomic: true }),
    {
      code: 'bad_request',
      message: /statement 2/,
    },
  )
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 2 })
})

withDatabase('a transaction is committed when its function returns', async (db) => {
  await db.exec('create table t(a)')
  const value = await db.transaction(async (tx) => {
    await tx.exec('insert into t values (1)')
    assert.deepEqual(await db.first('select count(*) as n from t'), { n: 0 })
    assert.deepEqual(await tx.first('select count(*) as n from t'), { n: 1 })
    return 'value'
  })
  assert.equal(value, 'value')
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 1 })
})

withDatabase('a transaction is rolled back when its function throws', async (db) => {
  await db.exec('create table t(a)')
  const mine = new Error('mine')
  await assert.rejects(
    db.transaction(async (tx) => {
      await tx.exec('insert into t values (1)')
      throw mine
    }),
    (error) => error === mine,
  )
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 0 })
})

withDatabase('a transaction inside another is taken back alone', async (db) => {
  await db.exec('create table t(a)')
  await db.transaction(async (tx) => {
    await tx.exec('insert into t values (1)')
    await tx.transaction(async (inner) => {
      await inner.exec('insert into t values (2)')
      await inner.transaction((innermost) => innermost.exec('insert into t values (3)'))
    })
    await assert.rejects(
      tx.transaction(async (inner) => {
        await inner.exec('insert into t values (4)')
        throw new Error('no')
      }),
    )
    await tx.exec('insert into t values (5)')
  })
  assert.deepEqual(await db.all('select a from t order by a', [], { shape: 'array' }), [
    [1],
    [2],
    [3],
    [5],
  ])
})

withDatabase(
  'a transaction cannot be used after its end, nor while one inside it is open',
  async (db) => {
    await db.exec('create table t(a)')
    let kept!: Transaction
    await db.transaction(async (tx) => {
      kept = tx
      await tx.transaction(async (inner) => {
        await assert.rejects(tx.exec('select 1'), { code: 'bad_request', message: /one inside it/ })
        await assert.rejects(
          tx.transaction(() => {}),
          { code: 'bad_request' },
        )
        await inner.exec('insert into t values (1)')
      })
      await tx.exec('insert into t values (2)')
    })
    await assert.rejects(kept.exec('insert into t values (3)'), {
      code: 'bad_request',
      message: /after its end/,
    })
    await assert.rejects(
      kept.transaction(() => {}),
      { code: 'bad_request' },
    )
    await assert.rejects(
      async () => {
        for await (const _ of kept.stream('select 1')) assert.fail()
      },
      { code: 'bad_request' },
    )
    assert.deepEqual(await db.first('select count(*) as n from t'), { n: 2 })
  },
)

withDatabase('what was not awaited in a transaction is part of it', async (db) => {
  await db.exec('create table t(a, b)')
  function* sets(): Generator<Value[]> {
    for (let i = 0; i < 30_000; ++i) yield [i, 'x'.repeat(50)]
  }
  let unawaited: Promise<unknown>
  await db.transaction((tx) => {
    unawaited = tx.many('insert into t values (?, ?)', sets())
    void tx.transaction((inner) => inner.exec('insert into t values (-1, null)')).catch(() => {})
  })
  await unawaited!
  assert.equal((await db.first<{ n: number }>('select count(*) as n from t'))!.n, 30_001)
})

withDatabase('a stream that is left open in a transaction ends with it', async (db) => {
  await db.transaction(async (tx) => {
    const stream = tx.stream(`${numbers(1_000_000)} select i from n`)[Symbol.asyncIterator]()
    await stream.next()
  })
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
})

withDatabase('writers wait for an open transaction, and readers do not', async (db) => {
  await db.exec('create table t(a)')
  const order: string[] = []
  let written!: Promise<unknown>
  await db.transaction(async (tx) => {
    written = db.exec('insert into t values (1)').then(() => order.push('outside'))
    await tx.exec('insert into t values (2)')
    await db.first('select count(*) from t')
    await new Promise((resolve) => setTimeout(resolve, 20))
    order.push('inside')
  })
  await written
  assert.deepEqual(order, ['inside', 'outside'])
})

withDatabase('a deadline ends a call', async (db) => {
  const endless =
    'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n'
  await assert.rejects(db.all(endless, [], { timeoutMs: 50 }), { code: 'timeout' })
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
})

withDatabase('a signal ends a call', async (db) => {
  const reason = new Error('not needed any more')
  const aborted = AbortSignal.abort(reason)
  await assert.rejects(db.all('select 1', [], { signal: aborted }), {
    code: 'cancelled',
    cause: reason,
  })

  const controller = new AbortController()
  const reading = db.all(`${numbers(5_000_000)} select i from n`, [], { signal: controller.signal })
  setTimeout(() => controller.abort(reason), 20)
  await assert.rejects(reading, { code: 'cancelled', cause: reason })
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
})

withDatabase('more calls at once than an engine queues', async (db) => {
  await db.exec('create table t(a integer primary key)')
  const calls = Array.from({ length: 15_000 }, (_, i) => db.exec('insert into t values (?)', [i]))
  await Promise.all(calls)
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 15_000 })
})

withDatabase('a call that fails before it is sent does not hold up those behind it', async (db) => {
  const blob = new Uint8Array(16 << 20)
  const calls = [
    db.first('select length(?) as n', [blob]),
    db.first('select ? as n', [undefined as unknown as Value]).catch(({ code }) => ({ n: code })),
    db
      .first('select 2 as n', [], { signal: AbortSignal.timeout(0) })
      .catch(({ code }) => ({ n: code })),
    db.first('select 3 as n'),
  ]
  const found = (await Promise.all(calls)).map((row) => (row as { n: unknown }).n)
  assert.deepEqual([found[0], found[1], found[3]], [blob.length, 'bad_request', 3])
})

withDatabase('a request beyond 128 MiB is too large, and the next one goes through', async (db) => {
  const blob = new Uint8Array(128 << 20)
  await assert.rejects(db.exec('select length(?)', [blob]), { code: 'too_large' })
  assert.deepEqual(await db.first('select 1 as a'), { a: 1 })
})

withDatabase('more bytes at once than an engine queues', async (db) => {
  const blob = new Uint8Array(4 << 20)
  const lengths = await Promise.all(
    Array.from({ length: 30 }, () => db.first('select length(?) as n', [blob])),
  )
  assert.ok(lengths.every((row) => row!['n'] === blob.length))
})

withDatabase('a database is exported and imported', async (db) => {
  await db.exec('create table t(a, b)')
  await db.many(
    'insert into t values (?, ?)',
    Array.from({ length: 5000 }, (_, i) => [i, 'x'.repeat(i % 1000)]),
  )
  const blob = await db.exportBlob()
  assert.equal(new TextDecoder().decode((await blob.arrayBuffer()).slice(0, 15)), 'SQLite format 3')

  const bytes = new Uint8Array(await blob.arrayBuffer())
  for (const source of [blob, bytes, bytes.buffer, blob.stream() as ReadableStream<Uint8Array>]) {
    const other = await openInside()
    await other.exec('create table gone(a)')
    await other.import(source)
    assert.deepEqual(
      await other.first('select count(*) as n, sum(length(b)) as l from t'),
      await db.first('select count(*) as n, sum(length(b)) as l from t'),
    )
    await assert.rejects(other.exec('select * from gone'), { code: 'bad_request' })
    await other.exec('insert into t values (1, 2)')
    await other.close()
  }
})

withDatabase('junk is not imported, and what was there stays', async (db) => {
  await db.exec('create table t(a)')
  await db.exec('insert into t values (1)')
  for (const junk of [
    new Uint8Array(0),
    new Uint8Array(3_000_000).fill(7),
    new TextEncoder().encode('SQLite format 3\0 and no more'),
  ]) {
    await assert.rejects(db.import(junk), { code: 'corrupt' })
  }
  await assert.rejects(db.import('text' as unknown as Uint8Array), { code: 'bad_request' })
  const failing = new ReadableStream<Uint8Array>({
    start: (controller) => controller.enqueue(new Uint8Array(10)),
    pull: (controller) => controller.error(new Error('the network is gone')),
  })
  await assert.rejects(db.import(failing), { message: 'the network is gone' })
  assert.deepEqual(await db.all('select * from t'), [{ a: 1 }])
})

withDatabase('an export that is cancelled leaves nothing behind', async (db) => {
  await db.exec('create table t(a)')
  await db.many(
    'insert into t values (?)',
    Array.from({ length: 5000 }, () => ['x'.repeat(1000)]),
  )
  for (let i = 0; i < 20; ++i) {
    const reader = db.export().getReader()
    await reader.read()
    await reader.cancel()
  }
  await db.exec('insert into t values (1)')
})

test('after close every call fails, and what was under way is told', async () => {
  const db = await openInside()
  await db.exec('create table t(a)')
  let insideError: unknown
  const transaction = db.transaction(async (tx) => {
    await tx.exec('insert into t values (1)')
    await new Promise((resolve) => setTimeout(resolve, 30))
    await tx.exec('insert into t values (2)').catch((error) => {
      insideError = error
      throw error
    })
  })
  transaction.catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 5))
  const waiting = db.exec('insert into t values (3)')
  waiting.catch(() => {})
  const closing = db.close()
  assert.equal(db.close(), closing)
  await closing
  await assert.rejects(waiting, { code: 'cancelled' })
  await assert.rejects(transaction, { code: 'cancelled' })
  assert.equal((insideError as { code: string }).code, 'cancelled')
  await assert.rejects(db.exec('select 1'), { code: 'bad_request', message: /closed/ })
  await assert.rejects(
    db.transaction(() => {}),
    { code: 'bad_request' },
  )
})

test('H7: what is asked in one turn leaves as one post, and so do the answers', async () => {
  const traffic: Traffic = { toWorker: [], toPage: [] }
  const db = await openInside(traffic)
  await db.exec('create table t(a)')
  traffic.toWorker.length = traffic.toPage.length = 0
  await Promise.all([1, 2, 3].map((i) => db.exec('insert into t values (?)', [i])))
  assert.deepEqual([traffic.toWorker.length, traffic.toPage.length], [1, 1])
  await db.close()
})

test('L7: a stream that nobody reads on stands still', async () => {
  const traffic: Traffic = { toWorker: [], toPage: [] }
  const db = await openInside(traffic)
  const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n'
  const stream = db.stream(endless, [], { chunkRows: 10 }).chunks()
  traffic.toPage.length = 0
  await stream.next()
  await new Promise((resolve) => setTimeout(resolve, 50))
  assert.equal(traffic.toPage.length, 2) // the one that was read, and one ahead
  await stream.return()
  await db.close()
})

test('L7: sets are taken no further ahead than the engine gives credit for', async () => {
  const db = await openInside()
  await db.exec('create table t(a)')
  let taken = 0
  function* sets(): Generator<Value[]> {
    for (; taken < 400; ++taken) yield [new Uint8Array(100_000)]
  }
  let written!: Promise<unknown>
  await db.transaction(async (tx) => {
    written = db.many('insert into t values (?)', sets())
    await new Promise((resolve) => setTimeout(resolve, 300))
    await tx.exec('select 1')
    assert.ok(taken < 80, `${taken} sets of 100 KB were taken while another transaction was open`)
  })
  await written
  assert.deepEqual(await db.first('select count(*) as n from t'), { n: 400 })
  await db.close()
})
