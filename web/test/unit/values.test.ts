// Values and rows on their way there and back.
import assert from 'node:assert/strict'
import type { Value } from '../../src/index.ts'
import { Random } from './check.ts'
import { withDatabase } from './with_database.ts'

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
