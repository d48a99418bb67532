// One column of a batch, decoded into JavaScript values from the first row to the last.
//
// A whole text heap is decoded by one call and cut into cells, which is several times faster than
// cell by cell. Cells may therefore share memory with the other texts of their batch (at most 1
// MiB, mostly).
import { shortAscii } from './ascii.js'
import { malformed } from './errors.js'
import type { Value } from './value.js'

/**
 * How integers come back. `auto`: a number if that is exact, else a bigint. `number`: always a
 * number, the nearest one. `bigint`: always a bigint.
 */
export type Integers = 'auto' | 'number' | 'bigint'

export const Form = { null: 0, integer: 1, real: 2, text: 3, blob: 4, mixed: 5 } as const
export const headerBytes = 16
export const descriptorBytes = 40

const flagAscii = 1
const flagWellFormed = 2

/** Reads one column, in order. */
export class ColumnReader {
  readonly #buffer: ArrayBuffer
  readonly #start: number
  readonly #bytes: number
  readonly #rows: number
  readonly #integers: Integers
  readonly #form: number
  readonly #tags: Uint8Array | undefined
  readonly #words: Int32Array | undefined
  readonly #reals: Float64Array | undefined
  readonly #texts: TextCutter | undefined
  readonly #blobs: BlobCutter | undefined
  #row = 0

  constructor(
    buffer: ArrayBuffer,
    start: number,
    bytes: number,
    descriptor: number,
    rows: number,
    integers: Integers,
  ) {
    this.#buffer = buffer
    this.#start = start
    this.#bytes = bytes
    this.#rows = rows
    this.#integers = integers
    const view = new DataView(buffer, descriptor, descriptorBytes)
    const form = view.getUint8(0)
    this.#form = form
    if (form > Form.mixed) throw malformed('a column of unknown form')
    const mixed = form === Form.mixed
    const numbers = view.getUint32(8, true)
    const textEnds = view.getUint32(12, true)
    const blobEnds = view.getUint32(28, true)
    if (mixed)
      this.#tags = new Uint8Array(buffer, this.#section(view.getUint32(4, true), rows), rows)
    if (form === Form.integer || form === Form.real || (mixed && numbers !== 0)) {
      const at = this.#section(numbers, rows * 8)
      this.#words = new Int32Array(buffer, at, rows * 2)
      this.#reals = new Float64Array(buffer, at, rows)
    }
    if (form === Form.text || (mixed && textEnds !== 0)) {
      const flags = view.getUint8(1)
      this.#texts = new TextCutter(
        this.#heap(view.getUint32(20, true), view.getUint32(24, true)),
        this.#ends(textEnds),
        flags & flagAscii
          ? 'ascii'
          : flags & flagWellFormed
            ? this.#ends(view.getUint32(16, true))
            : 'bytes',
      )
    }
    if (form === Form.blob || (mixed && blobEnds !== 0)) {
      const heap = this.#heap(view.getUint32(32, true), view.getUint32(36, true))
      this.#blobs = new BlobCutter(heap, this.#ends(blobEnds))
    }
  }

  // The place of a section in the buffer. Throws unless all of it lies within the batch.
  #section(offset: number, bytes: number): number {
    if (
      offset % 8 !== 0 ||
      offset < headerBytes ||
      offset > this.#bytes ||
      bytes > this.#bytes - offset
    ) {
      throw malformed('a section of a batch lies outside of it')
    }
    return this.#start + offset
  }

  #heap(offset: number, bytes: number): Uint8Array {
    return bytes === 0 ? empty : new Uint8Array(this.#buffer, this.#section(offset, bytes), bytes)
  }

  #ends(offset: number): Uint32Array {
    return new Uint32Array(this.#buffer, this.#section(offset, this.#rows * 4), this.#rows)
  }

  /** The next `count` cells. */
  take(count: number): Value[] {
    const from = this.#row
    const to = from + count
    if (to > this.#rows) throw malformed('a column ends before its batch')
    this.#row = to
    const cells = new Array<Value>(count)
    switch (this.#form) {
      case Form.null:
        cells.fill(null)
        break
      case Form.integer:
        this.#takeIntegers(cells, from, to)
        break
      case Form.real: {
        const reals = this.#reals!
        for (let row = from; row < to; ++row) cells[row - from] = reals[row]!
        break
      }
      case Form.text: {
        const texts = this.#texts!
        for (let row = from; row < to; ++row) cells[row - from] = texts.next(row)
        break
      }
      case Form.blob: {
        const blobs = this.#blobs!
        for (let row = from; row < to; ++row) cells[row - from] = blobs.next(row)
        break
      }
      case Form.mixed:
        this.#takeMixed(cells, from, to)
        break
    }
    return cells
  }

  #takeIntegers(cells: Value[], from: number, to: number): void {
    const words = this.#words!
    const integers = this.#integers
    for (let row = from; row < to; ++row) {
      const low = words[row * 2]!
      const high = words[row * 2 + 1]!
      cells[row - from] =
        high === low >> 31 && integers !== 'bigint' ? low : wideInteger(low, high, integers)
    }
  }

  #takeMixed(cells: Value[], from: number, to: number): void {
    const tags = this.#tags!
    for (let row = from; row < to; ++row) {
      let cell: Value
      switch (tags[row]) {
        case 0:
          cell = null
          break
        case 1:
          if (!this.#words) throw malformed('a column without its numbers')
          cell = wideInteger(this.#words[row * 2]!, this.#words[row * 2 + 1]!, this.#integers)
          break
        case 2:
          if (!this.#reals) throw malformed('a column without its numbers')
          cell = this.#reals[row]!
          break
        case 3:
          if (!this.#texts) throw malformed('a column without its texts')
          cell = this.#texts.next(row)
          break
        case 4:
          if (!this.#blobs) throw malformed('a column without its blobs')
          cell = this.#blobs.next(row)
          break
        default:
          throw malformed('a cell of unknown kind')
      }
      cells[row - from] = cell
    }
  }
}

const empty = /* @__PURE__ */ new Uint8Array(0)

/** The integer of those two halves. */
function wideInteger(low: number, high: number, integers: Integers): number | bigint {
  if (integers !== 'bigint') {
    // -2^53 (high = -2^21, low = 0) is a double, but not a safe one.
    const safe = high >= -0x200000 && high < 0x200000 && !(high === -0x200000 && low === 0)
    if (safe) return high * 0x1_0000_0000 + (low >>> 0)
    if (integers === 'number') return Number((BigInt(high) << 32n) | BigInt(low >>> 0))
  }
  return (BigInt(high) << 32n) | BigInt(low >>> 0)
}

let decoder: TextDecoder | undefined

function decodeText(bytes: Uint8Array): string {
  const short = shortAscii(bytes, 0, bytes.length)
  if (short !== undefined) return short
  decoder ??= new TextDecoder('utf-8', { ignoreBOM: true }) // a BOM is a character like any other
  return decoder.decode(bytes)
}

/**
 * Cuts texts out of their heap, in order of rows. `ends16` is 'ascii' (the ends in bytes are those
 * in UTF-16), the ends in UTF-16, or 'bytes': not well-formed, so decoded cell by cell with U+FFFD
 * for what is wrong.
 */
class TextCutter {
  readonly #heap: Uint8Array
  readonly #text: string | undefined
  readonly #ends: Uint32Array
  readonly #length: number
  #end = 0

  constructor(heap: Uint8Array, ends: Uint32Array, ends16: Uint32Array | 'ascii' | 'bytes') {
    this.#heap = heap
    this.#text = ends16 === 'bytes' ? undefined : decodeText(heap)
    this.#ends = typeof ends16 === 'string' ? ends : ends16
    const last = this.#ends.length === 0 ? 0 : this.#ends[this.#ends.length - 1]
    this.#length = (this.#text ?? heap).length
    if (last !== this.#length) throw malformed('a text heap ends elsewhere')
  }

  next(row: number): string {
    const start = row === 0 ? 0 : this.#ends[row - 1]!
    const end = this.#ends[row]!
    if (end < start || start < this.#end || end > this.#length) throw malformed('texts overlap')
    this.#end = end
    return this.#text === undefined
      ? decodeText(this.#heap.subarray(start, end))
      : this.#text.substring(start, end)
  }
}

/** Cuts blobs out of their heap, each a copy of its own. */
class BlobCutter {
  readonly #heap: Uint8Array
  readonly #ends: Uint32Array
  #end = 0

  constructor(heap: Uint8Array, ends: Uint32Array) {
    this.#heap = heap
    this.#ends = ends
    if ((ends.length === 0 ? 0 : ends[ends.length - 1]) !== heap.length) {
      throw malformed('a blob heap ends elsewhere')
    }
  }

  next(row: number): Uint8Array {
    const start = row === 0 ? 0 : this.#ends[row - 1]!
    const end = this.#ends[row]!
    if (end < start || start < this.#end || end > this.#heap.length)
      throw malformed('blobs overlap')
    this.#end = end
    return this.#heap.slice(start, end)
  }
}
