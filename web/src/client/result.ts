// Gathers the answer to a statement: decodes each batch as it arrives, in slices of a few
// milliseconds, and keeps a few chunks on their way meanwhile.
import { type Batch, batchesOf } from '../protocol/batch.js'
import type { Integers } from '../protocol/column.js'
import { malformed } from '../protocol/errors.js'
import { asMap, type ItemMap, mapOf } from '../protocol/frame.js'
import { type RowOptions, RowReader, type Shape } from '../protocol/rows.js'
import type { Row } from '../protocol/value.js'
import type { Connection } from './connection.js'
import type { Answer } from './lane.js'
import { pause, TimeSlice } from './pause.js'
import type { PendingRequest, Sink } from './pending_request.js'

export interface CallOptions {
  /**
   * From the arrival at the engine to the end of the answer; then the call fails with `timeout`.
   */
  timeoutMs?: number
  /** Cancels the call. A write that was finished by then stays, and its result comes as usual. */
  signal?: AbortSignal
  /** How integers come back: `auto` (default), `number` or `bigint`. */
  integers?: Integers
  /** How rows come back: as objects by column name (default), or as arrays. */
  shape?: Shape
}

export function rowOptions({ integers = 'auto', shape = 'object' }: CallOptions): RowOptions {
  return { integers, shape }
}

export interface Result<T> {
  rows: T[]
  /** The names of the columns; none for a statement that has no rows to return. */
  columns: string[]
  /** Rows inserted, updated and deleted, without those of triggers. */
  changes: number
  lastInsertRowid: number | bigint
}

// Enough to keep the engine busy while a batch of 1 MiB is decoded.
const chunksAhead = 4

/** What a reply with rows may say. */
export const replyKeys = ['more', 'changes', 'columns', 'last_insert_rowid']

type Summary = Omit<Result<never>, 'rows'>

// Reads `{ changes, ? columns, last_insert_rowid, ? more }`.
function readSummary(body: ItemMap, integers: Integers): Summary {
  mapOf(body, 'a reply', replyKeys)
  const { changes, columns = [], last_insert_rowid: rowid } = body
  if (typeof changes !== 'number' || !Array.isArray(columns))
    throw malformed('a reply without its counts')
  if (typeof rowid !== 'number' && typeof rowid !== 'bigint')
    throw malformed('a reply without its rowid')
  const lastInsertRowid =
    integers === 'bigint' ? BigInt(rowid) : integers === 'number' ? Number(rowid) : rowid
  return { columns: columns as string[], changes, lastInsertRowid }
}

/** Reads the answer to a batch of statements. */
export async function readResults(
  { body, tail }: Answer,
  options: RowOptions,
): Promise<Result<Row>[]> {
  const { results } = mapOf(body, 'a reply', ['results'])
  if (!Array.isArray(results)) throw malformed('a batch without results')
  const batches = batchesOf(tail)
  const slice = new TimeSlice()
  const all: Result<Row>[] = []
  for (const item of results) {
    const result = asMap(item, 'a result')
    const summary = readSummary(result, options.integers)
    const rows: Row[] = []
    if ('columns' in result) {
      const batch = batches.shift()
      if (batch === undefined) throw malformed('a result without its batch')
      const reader = new RowReader(batch, summary.columns, options)
      while (!reader.done) {
        reader.take(rows)
        await slice.rest()
      }
    }
    all.push({ rows, ...summary })
  }
  return all
}

export interface CollectorOptions extends RowOptions {
  /** Takes no more than so many rows, and cancels the rest. */
  rowsMax?: number
  /** Called with the set of each row, in order, where rows start with the number of theirs. */
  onSet?: (set: number) => unknown
}

/** The sink of exec and many. */
export class Collector<T> implements Sink {
  readonly result: Promise<Result<T>>
  request: PendingRequest | undefined
  readonly #connection: Connection
  readonly #options: CollectorOptions
  readonly #rows: T[] = []
  readonly #waiting: Batch[][] = [] // per frame
  #summary: Summary | undefined
  #readers: RowReader[] = [] // of the frame that is being decoded
  #complete = false
  #ended = false
  #pumping = false
  #resolve!: (result: Result<T>) => void
  #reject!: (error: unknown) => void

  constructor(connection: Connection, options: CollectorOptions) {
    this.#connection = connection
    this.#options = options
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
  }

  reply(body: ItemMap, tail: Uint8Array<ArrayBuffer>, more: boolean): void {
    this.#summary = readSummary(body, this.#options.integers)
    this.#take(tail, more)
    // This frame's own credit comes when it is decoded.
    if (more && !this.#ended) this.request?.credit(chunksAhead - 1)
  }

  chunk(tail: Uint8Array<ArrayBuffer>, more: boolean): void {
    if (!this.#ended) this.#take(tail, more)
  }

  failed(error: unknown): void {
    this.#ended = true
    this.#reject(error)
  }

  restart(): boolean {
    if (this.#ended || this.#options.onSet !== undefined) return false
    this.#rows.length = this.#waiting.length = this.#readers.length = 0
    this.#summary = undefined
    this.#complete = false
    return true
  }

  #take(tail: Uint8Array<ArrayBuffer>, more: boolean): void {
    this.#waiting.push(batchesOf(tail))
    this.#complete = !more
    if (!this.#pumping) this.#pump()
  }

  // Decodes what is there. A small result is done before this returns.
  #pump(): void {
    this.#pumping = false
    for (let steps = 0; !this.#ended; ++steps) {
      const reader = this.#readers[0]
      if (reader === undefined && this.#waiting.length === 0) {
        if (this.#complete) this.#finish()
        return
      }
      if (steps > 1 && this.#connection.slice.over) {
        this.#pumping = true
        void pause().then(() => this.#resume())
        return
      }
      if (reader !== undefined) this.#decode(reader)
      else this.#begin(this.#waiting.shift()!)
    }
  }

  #resume(): void {
    this.#connection.slice.restart()
    try {
      this.#pump()
    } catch (error) {
      this.request?.cancel()
      this.failed(error)
    }
  }

  #begin(batches: Batch[]): void {
    const { columns } = this.#summary!
    for (const batch of batches) {
      this.#readers.push(new RowReader(batch, columns, this.#options, this.#options.onSet))
    }
    if (batches.length === 0) this.#frameDone()
  }

  #decode(reader: RowReader): void {
    const { rowsMax } = this.#options
    reader.take(this.#rows, rowsMax)
    if (this.#rows.length === rowsMax) return this.#finish()
    if (!reader.done) return
    this.#readers.shift()
    if (this.#readers.length === 0) this.#frameDone()
  }

  #frameDone(): void {
    if (!this.#complete) this.request?.credit(1)
  }

  #finish(): void {
    this.#ended = true
    this.#resolve({ rows: this.#rows, ...this.#summary! })
    if (!this.#complete) this.request?.cancel()
  }
}
