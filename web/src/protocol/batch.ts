// Batches: rows as columns in one aligned block (docs/protocol.md).
import { ColumnReader, descriptorBytes, Form, headerBytes, type Integers } from './column.js'
import { malformed } from './errors.js'

/** Splits a tail into its batches. Throws `internal` if one is malformed. */
export function batchesOf(tail: Uint8Array<ArrayBuffer>): Batch[] {
  const batches: Batch[] = []
  for (let at = 0; at < tail.length;) {
    const batch = new Batch(tail.buffer, tail.byteOffset + at, tail.length - at)
    batches.push(batch)
    at += batch.bytes
  }
  return batches
}

/** One batch. Its columns are read from the first row to the last, a slice at a time. */
export class Batch {
  readonly bytes: number
  readonly rows: number
  readonly columns: number
  readonly #buffer: ArrayBuffer
  readonly #start: number

  constructor(buffer: ArrayBuffer, start: number, bytesLeft: number) {
    if (start % 8 !== 0 || bytesLeft < headerBytes) throw malformed('a batch is cut off')
    const view = new DataView(buffer, start)
    this.#buffer = buffer
    this.#start = start
    this.bytes = view.getUint32(0, true)
    this.rows = view.getUint32(4, true)
    this.columns = view.getUint32(8, true)
    const head = headerBytes + descriptorBytes * this.columns
    if (this.bytes % 8 !== 0 || this.bytes > bytesLeft || this.bytes < head) {
      throw malformed('the lengths of a batch are wrong')
    }
  }

  column(index: number, integers: Integers): ColumnReader {
    const descriptor = this.#descriptor(index)
    return new ColumnReader(this.#buffer, this.#start, this.bytes, descriptor, this.rows, integers)
  }

  /** Of a column of blobs: a copy of all of them, end to end. */
  blobs(index: number): Uint8Array<ArrayBuffer> {
    const view = new DataView(this.#buffer, this.#descriptor(index), descriptorBytes)
    const offset = view.getUint32(32, true)
    const bytes = view.getUint32(36, true)
    if (view.getUint8(0) !== Form.blob || offset + bytes > this.bytes)
      throw malformed('no column of blobs')
    return new Uint8Array(this.#buffer.slice(this.#start + offset, this.#start + offset + bytes))
  }

  #descriptor(index: number): number {
    if (index >= this.columns) throw malformed('a batch has fewer columns than its result')
    return this.#start + headerBytes + descriptorBytes * index
  }
}
