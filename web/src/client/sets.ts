// The parameter sets of `many`, taken from any iterable as they are sent.
import { CborWriter } from '../protocol/cbor_writer.js'
import { badRequest } from '../protocol/errors.js'
import { writeSet, writeSql } from '../protocol/query.js'
import type { Source } from './upload.js'

const sliceMs = 4
const sliceBytes = 512 << 10
// Looking at the clock costs more than a small set.
const setsPerLook = 32

export class ParameterSets implements Source {
  done = false
  readonly #sets: Iterator<unknown>
  readonly #slice = new CborWriter()
  #count = 0

  constructor(sets: Iterable<unknown>) {
    this.#sets = iteratorOf(sets)
  }

  /** Writes the arguments of `many`, with as many sets as fit into a slice. */
  writeRequest(writer: CborWriter, sql: string): void {
    this.#takeSlice()
    writer.map(this.done ? 2 : 3)
    writer.text('sql')
    writeSql(writer, sql)
    this.#writeSlice(writer)
  }

  writeChunk(writer: CborWriter): void {
    this.#takeSlice()
    writer.map(this.done ? 1 : 2)
    this.#writeSlice(writer)
  }

  close(): void {
    this.done = true
    this.#sets.return?.()
  }

  #writeSlice(writer: CborWriter): void {
    if (!this.done) {
      writer.text('more')
      writer.boolean(true)
    }
    writer.text('sets')
    writer.blob(this.#slice.bytes.subarray(0, this.#slice.at))
    this.#slice.reset()
  }

  #takeSlice(): void {
    const slice = this.#slice
    const end = performance.now() + sliceMs
    for (;;) {
      const { value, done } = this.#sets.next()
      if (done) {
        this.done = true
        break
      }
      if (!Array.isArray(value)) throw notASet(this.#count)
      writeSet(slice, value, this.#count++)
      if (slice.at >= sliceBytes) break
      if (this.#count % setsPerLook === 0 && performance.now() >= end) break
    }
  }
}

function iteratorOf(sets: Iterable<unknown>): Iterator<unknown> {
  if (typeof sets === 'object' && sets !== null && Symbol.iterator in sets)
    return sets[Symbol.iterator]()
  throw badRequest(
    'the sets of parameters are not iterable',
    'pass an array or a generator of arrays',
  )
}

function notASet(set: number) {
  return badRequest(
    `set ${set} is no array`,
    'each set of parameters is an array, even of one value',
  )
}
