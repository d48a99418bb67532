import assert from 'node:assert/strict'
import { Batch, batchesOf } from '../../src/protocol/batch.ts'
import type { Integers } from '../../src/protocol/column.ts'
import { RowReader, type Shape } from '../../src/protocol/rows.ts'
import type { Value } from '../../src/protocol/value.ts'
import { batch, type Cell, RawText, Real } from './batch_builder.ts'
import { Random, test } from './check.ts'

function decode(
  block: Uint8Array<ArrayBuffer>,
  names: string[],
  shape: Shape = 'array',
  integers: Integers = 'auto',
): unknown[] {
  const rows: unknown[] = []
  for (const each of batchesOf(block)) {
    const reader = new RowReader(each, names, { shape, integers })
    while (!reader.done) reader.take(rows)
  }
  return rows
}

function column(cells: Cell[], integers: Integers = 'auto'): Value[] {
  const rows = decode(
    batch(
      1,
      cells.map((cell) => [cell]),
    ),
    ['x'],
    'array',
    integers,
  )
  return rows.map((row) => (row as Value[])[0]!)
}

test('a column of each form comes back as it was', () => {
  for (const cells of [
    [null, null],
    [1, -2, 2 ** 40],
    [0.5, -0, Infinity, 5e-324],
    ['a', '', 'b\0c'],
    ['é', '', '日本🙂', '\uFEFFbom'],
    [new Uint8Array([1]), new Uint8Array(0), new Uint8Array([2, 3])],
    [null, 1, 'text', 0.5, new Uint8Array([9]), '日', null, '', -1],
  ] as Value[][]) {
    assert.deepEqual(column(cells), cells)
  }
})

test('integers are numbers while those are exact, and bigints beyond', () => {
  const values = [
    2n ** 53n - 1n,
    2n ** 53n,
    -(2n ** 53n) + 1n,
    -(2n ** 53n),
    -(2n ** 53n) - 1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 31n,
    -(2n ** 31n) - 1n,
    2n ** 32n - 1n,
    -1n,
    0n,
  ]
  const exact = (value: bigint): Value =>
    Number.isSafeInteger(Number(value)) ? Number(value) : value
  for (const cells of [values, [...values, null]]) {
    assert.deepEqual(
      column(cells),
      cells.map((cell) => (cell && exact(cell)) || (cell === 0n ? 0 : cell)),
    )
    assert.deepEqual(column(cells, 'bigint'), cells)
    assert.deepEqual(
      column(cells, 'number'),
      cells.map((cell) => (cell === null ? null : Number(cell))),
    )
  }
})

test('texts that are no UTF-8 are decoded cell by cell', () => {
  const bytes = (...values: number[]): RawText => new RawText(new Uint8Array(values))
  // Both halves of é: the heap is well-formed as a whole, its cells are not.
  assert.deepEqual(column([bytes(0xc3), bytes(0xa9), 'é', bytes(255, 97)]), [
    '\uFFFD',
    '\uFFFD',
    'é',
    '\uFFFDa',
  ])
})

test('of columns with the same name the last one counts', () => {
  assert.deepEqual(decode(batch(3, [[1, 2, 3]]), ['a', 'b', 'a'], 'object'), [{ a: 3, b: 2 }])
})

test('a column may have any name', () => {
  const [row] = decode(batch(3, [[1, 2, 3]]), ['__proto__', 'constructor', '1'], 'object') as [
    object,
  ]
  assert.deepEqual(Object.entries(row), [
    ['1', 3],
    ['__proto__', 1],
    ['constructor', 2],
  ])
  assert.equal(Object.getPrototypeOf(row), Object.prototype)
})

test('many columns and many rows come back, a slice at a time', () => {
  const random = new Random(1)
  for (const columns of [1, 12, 13, 40]) {
    const rows = Array.from({ length: 3000 }, () =>
      Array.from({ length: columns }, (_, c) =>
        c % 3 === 0 ? random.integer(1e9) : random.text(c % 20),
      ),
    )
    const names = rows[0]!.map((_, c) => `column${c}`)
    const block = batch(columns, rows)
    assert.deepEqual(decode(block, names), rows)
    const objects = rows.map((row) => Object.fromEntries(row.map((cell, c) => [names[c], cell])))
    assert.deepEqual(decode(block, names, 'object'), objects)
  }
})

test('random batches come back as they were', () => {
  for (let seed = 0; seed < 500; ++seed) {
    const random = new Random(seed)
    const columns = 1 + random.integer(4)
    const kinds = Array.from({ length: columns }, () => random.integer(6))
    const cell = (kind: number): Cell => {
      switch (kind) {
        case 0:
          return null
        case 1:
          return random.int64()
        case 2:
          return new Real(random.double())
        case 3:
          return random.text(random.integer(20))
        case 4:
          return random.bytes(random.integer(20))
        default:
          return cell(random.integer(5))
      }
    }
    const rows = Array.from({ length: random.integer(20) }, () => kinds.map(cell))
    const names = kinds.map((_, i) => `c${i}`)
    const plain = (value: Cell): unknown => (value instanceof Real ? value.value : value)
    assert.deepEqual(
      decode(batch(columns, rows), names, 'array', 'bigint'),
      rows.map((row) => row.map(plain)),
      `seed ${seed}`,
    )
  }
})

test('blobs are copies: they do not keep their batch in memory', () => {
  const [blob] = column([new Uint8Array([1, 2])]) as [Uint8Array]
  assert.equal(blob.buffer.byteLength, 2)
})

test('several batches lie end to end', () => {
  const one = batch(1, [[1]])
  const two = batch(1, [['two'], ['three']])
  const both = new Uint8Array(one.length + two.length)
  both.set(one)
  both.set(two, one.length)
  assert.deepEqual(decode(both, ['x']), [[1], ['two'], ['three']])
})

test('a damaged batch is an error or other values, never a crash', () => {
  const rows: Cell[][] = [
    [1, 'é', 'a', new Uint8Array([1, 2]), null],
    [2, 'b', 1, new Uint8Array([3]), 0.5],
    [3, '日', null, new Uint8Array(0), 'x'],
  ]
  const block = batch(5, rows)
  const names = ['a', 'b', 'c', 'd', 'e']
  const attempt = (damaged: Uint8Array<ArrayBuffer>): void => {
    try {
      decode(damaged, names)
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'internal', String(error))
    }
  }
  for (let at = 0; at < block.length; ++at) {
    for (const value of [0, 1, 4, 7, 8, 127, 255]) {
      const damaged = block.slice()
      damaged[at] = value
      attempt(damaged)
    }
    attempt(block.slice(0, at))
  }
})

test('ends that overlap or go beyond the heap are refused', () => {
  const block = batch(1, [['aa'], ['bb'], ['cc']])
  const view = new DataView(block.buffer)
  const ends = view.getUint32(16 + 12, true)
  for (const [row, end] of [
    [0, 5],
    [1, 100],
    [1, 1],
    [2, 5],
    [2, 7],
  ] as const) {
    const damaged = block.slice()
    new DataView(damaged.buffer).setUint32(ends + row * 4, end, true)
    assert.throws(() => decode(damaged, ['x']), { code: 'internal' }, `row ${row} end ${end}`)
  }
})

test('a batch must have the columns that its result names', () => {
  const block = batch(2, [[1, 2]])
  assert.throws(
    () =>
      new RowReader(new Batch(block.buffer, 0, block.length), ['a'], {
        shape: 'array',
        integers: 'auto',
      }),
    {
      code: 'internal',
    },
  )
})
