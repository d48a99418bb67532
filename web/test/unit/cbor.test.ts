import assert from 'node:assert/strict'
import { Decoder, Encoder } from 'cbor-x'
import { decodeCbor } from '../../src/protocol/cbor_reader.ts'
import { CborWriter, type Item } from '../../src/protocol/cbor_writer.ts'
import { Random, test } from './check.ts'

const foreignOptions = {
  useRecords: false,
  mapsAsObjects: true,
  tagUint8Array: false,
  int64AsNumber: false,
}
const foreignDecoder = new Decoder(foreignOptions)
const foreignEncoder = new Encoder({ ...foreignOptions, variableMapSize: true } as object)

function encoded(item: Item): Uint8Array {
  const writer = new CborWriter(16)
  writer.item(item)
  return writer.bytes.slice(0, writer.at)
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

function randomItem(random: Random, depth: number): Item {
  switch (random.integer(depth > 0 ? 8 : 6)) {
    case 0:
      return null
    case 1:
      return random.integer(2) === 0
    case 2:
      return asItem(random.int64())
    case 3:
      return random.double()
    case 4:
      return random.text(random.pick([0, 3, 23, 24, 64, 65, 90, 255, 256, 300]))
    case 5:
      return random.bytes(random.pick([0, 1, 23, 24, 300]))
    case 6:
      return Array.from({ length: random.integer(12) }, () => randomItem(random, depth - 1))
    default: {
      const map: { [key: string]: Item } = {}
      for (let i = random.integer(6); i > 0; --i)
        map[random.text(random.integer(9))] = randomItem(random, depth - 1)
      return map
    }
  }
}

// As the decoder gives integers back.
function asItem(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

// cbor-x gives other types for some of the same values: Buffers, bigints that a number could hold,
// plain objects.
function normal(item: unknown): unknown {
  if (typeof item === 'bigint') return asItem(item)
  if (item instanceof Uint8Array) return `bytes ${hex(item)}`
  if (Array.isArray(item)) return item.map(normal)
  if (typeof item === 'object' && item !== null) {
    return Object.fromEntries(
      Object.entries(item)
        .map(([key, value]) => [key, normal(value)])
        .sort(),
    )
  }
  return item
}

test('what we write, cbor-x reads', () => {
  for (let seed = 0; seed < 3000; ++seed) {
    const item = randomItem(new Random(seed), 3)
    assert.deepEqual(normal(foreignDecoder.decode(encoded(item))), normal(item), `seed ${seed}`)
  }
})

test('what cbor-x writes, we read', () => {
  for (let seed = 0; seed < 3000; ++seed) {
    const item = randomItem(new Random(seed), 3)
    assert.deepEqual(normal(decodeCbor(foreignEncoder.encode(item))), normal(item), `seed ${seed}`)
  }
})

test('what we write, we read', () => {
  for (let seed = 0; seed < 3000; ++seed) {
    const item = randomItem(new Random(seed), 3)
    assert.deepEqual(normal(decodeCbor(encoded(item))), normal(item), `seed ${seed}`)
  }
})

test('integers take the shortest form, up to 64 bits', () => {
  const cases: [number | bigint, string][] = [
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [255, '18ff'],
    [256, '190100'],
    [65_535, '19ffff'],
    [65_536, '1a00010000'],
    [4_294_967_295, '1affffffff'],
    [4_294_967_296, '1b0000000100000000'],
    [Number.MAX_SAFE_INTEGER, '1b001fffffffffffff'],
    [9_223_372_036_854_775_807n, '1b7fffffffffffffff'],
    [-1, '20'],
    [-24, '37'],
    [-25, '3818'],
    [-256, '38ff'],
    [-257, '390100'],
    [-4_294_967_296, '3affffffff'],
    [-4_294_967_297, '3b0000000100000000'],
    [Number.MIN_SAFE_INTEGER, '3b001ffffffffffffe'],
    [-9_007_199_254_740_992n, '3b001fffffffffffff'],
    [-9_223_372_036_854_775_808n, '3b7fffffffffffffff'],
  ]
  for (const [value, bytes] of cases) {
    assert.equal(hex(encoded(value)), bytes)
    assert.equal(hex(encoded(BigInt(value))), bytes)
    assert.equal(decodeCbor(encoded(value)), value)
  }
  const writer = new CborWriter()
  assert.equal(writer.bigint(2n ** 63n), false)
  assert.equal(writer.bigint(-(2n ** 63n) - 1n), false)
  assert.equal(writer.at, 0)
})

test('reals take the shortest width that says the same', () => {
  const cases: [number, string][] = [
    [-0, 'f98000'],
    [0.5, 'f93800'],
    [1.5, 'f93e00'],
    [65_504.5, 'fa477fe080'],
    [2 ** -24, 'f90001'],
    [2 ** -14, 'f90400'],
    [2 ** -15, 'f90200'],
    [2 ** -25, 'fa33000000'],
    [1.1, 'fb3ff199999999999a'],
    [3.4028234663852886e38, 'fa7f7fffff'],
    [3.5e38, 'fb47f0760ed9dd8ae3'],
    [1.401298464324817e-45, 'fa00000001'],
    [5e-324, 'fb0000000000000001'],
    [Infinity, 'f97c00'],
    [-Infinity, 'f9fc00'],
    [NaN, 'f97e00'],
  ]
  for (const [value, bytes] of cases) {
    if (value !== 3.5e38) assert.equal(hex(encoded(value)), bytes)
    assert.ok(Object.is(decodeCbor(encoded(value)), value), String(value))
  }
})

test('every half is read and written as it is', () => {
  for (let half = 0; half < 0x10000; ++half) {
    const bytes = Uint8Array.of(0xf9, half >> 8, half & 255)
    const value = decodeCbor(bytes) as number
    if (Number.isNaN(value)) continue
    const writer = new CborWriter()
    writer.real(value)
    assert.equal(hex(writer.bytes.slice(0, writer.at)), hex(bytes))
  }
})

test('the keys of a map are sorted: shorter first, then by bytes', () => {
  assert.equal(
    hex(encoded({ é: 1, b: 2, a: 3, aa: 4 })),
    'a4' + '616103' + '616202' + '62616104' + '62c3a901',
  )
})

test('half of a surrogate pair is refused at any length, and nothing is written', () => {
  for (const length of [0, 10, 63, 64, 100, 70_000]) {
    const writer = new CborWriter()
    assert.equal(writer.text(`${'x'.repeat(length)}\uD800`), false)
    assert.equal(writer.text(`\uDC00${'x'.repeat(length)}`), false)
    assert.equal(writer.at, 0)
  }
})

test('texts whose bytes need a longer head than their characters are moved into place', () => {
  for (const length of [
    1, 8, 12, 23, 24, 85, 86, 127, 128, 255, 256, 21_845, 21_846, 32_768, 65_535, 65_536, 65_537,
  ]) {
    for (const text of ['é'.repeat(length), '日'.repeat(length), `${'a'.repeat(length)}é`]) {
      assert.equal(decodeCbor(encoded(text)), text)
      assert.equal(hex(encoded(text)), hex(foreignEncoder.encode(text)))
    }
  }
})

test('whatever is not the CBOR of the protocol is refused', () => {
  const wrong = [
    '',
    '18',
    '1900',
    '1b80000000000000000',
    '1c',
    '1f',
    '5f',
    '7f',
    '9f',
    'bf',
    'c000',
    'f7',
    'f0',
    'f818',
    'ff',
    '6161' + '00',
    '62c328',
    '61ff',
    '63eda080',
    '8201',
    'a1',
    'a101',
    'a10102',
    'a2616101616102',
    '9affffffff',
    '5affffffff',
    'baffffffff',
    '81'.repeat(17) + '00',
    '3bffffffffffffffff',
    '1bffffffffffffffff',
  ]
  for (const bytes of wrong) {
    assert.throws(
      () => decodeCbor(Buffer.from(bytes, 'hex')),
      { name: 'OutboardError', code: 'internal' },
      bytes,
    )
  }
  decodeCbor(Buffer.from('81'.repeat(16) + '00', 'hex'))
})

test('random bytes never do more harm than an error', () => {
  for (let seed = 0; seed < 20_000; ++seed) {
    const random = new Random(seed)
    const bytes = random.bytes(random.integer(40))
    try {
      decodeCbor(bytes)
    } catch (error) {
      assert.equal((error as { code?: string }).code, 'internal', `seed ${seed}: ${error}`)
    }
  }
})
