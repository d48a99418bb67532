// What can be asked of a database, and of a transaction in it. Calls are sent in the order they are
// made.
import type { CborWriter } from '../protocol/cbor_writer.js'
import type { Params, Row } from '../protocol/value.js'
import { Lane, requestOptions } from './lane.js'
import { type Query, type Sql, type Statement, statementOf, writeStatement } from '../protocol/query.js'
import {
  type CallOptions,
  Collector,
  type CollectorOptions,
  readResults,
  type Result,
  rowOptions,
} from './result.js'
import { ParameterSets } from './sets.js'
import { RowStream } from './stream.js'
import { upload } from './upload.js'

export interface StreamOptions extends CallOptions {
  /** How many rows the engine sends at once; by default as many as fit into 1 MiB. */
  chunkRows?: number
}

export interface BatchOptions extends CallOptions {
  /** All or nothing. Otherwise each statement is a transaction of its own. */
  atomic?: boolean
}

export interface ManyResult<T> extends Result<T> {
  /** The rows of the set with that number, from 0. `rows` has those of all sets, in order. */
  of(set: number): T[]
}

export abstract class Session {
  /** @internal */
  protected readonly lane: Lane

  /** @internal */
  protected constructor(lane: Lane) {
    this.lane = lane
  }

  /** The rows of a statement, all at once. */
  all<T = Row>(query: string, params?: Params, options?: CallOptions): Promise<T[]>
  all<T = Row>(query: Sql, options?: CallOptions): Promise<T[]>
  async all<T>(query: Query, second?: Params | CallOptions, third?: CallOptions): Promise<T[]> {
    return (await this.#exec<T>(callOf(query, second, third))).rows
  }

  /** The first row, if there is one. */
  first<T = Row>(query: string, params?: Params, options?: CallOptions): Promise<T | undefined>
  first<T = Row>(query: Sql, options?: CallOptions): Promise<T | undefined>
  async first<T>(
    query: Query,
    second?: Params | CallOptions,
    third?: CallOptions,
  ): Promise<T | undefined> {
    return (await this.#exec<T>(callOf(query, second, third), { rowsMax: 1 })).rows[0]
  }

  /**
   * Runs a statement, or a script of several without parameters. The rows are those of the last
   * that has any.
   */
  exec<T = Row>(query: string, params?: Params, options?: CallOptions): Promise<Result<T>>
  exec<T = Row>(query: Sql, options?: CallOptions): Promise<Result<T>>
  async exec<T>(
    query: Query,
    second?: Params | CallOptions,
    third?: CallOptions,
  ): Promise<Result<T>> {
    return this.#exec<T>(callOf(query, second, third))
  }

  /**
   * Runs one statement with many sets of parameters, all or nothing. The sets are taken as they are
   * sent, a few milliseconds at a time, so they may be very many and may come from a generator.
   */
  async many<T = Row>(
    query: string,
    sets: Iterable<Params>,
    options: CallOptions = {},
  ): Promise<ManyResult<T>> {
    const setOfRow: number[] = []
    const collector = new Collector<T>(this.lane.connection, {
      ...rowOptions(options),
      onSet: (set) => setOfRow.push(set),
    })
    const source = new ParameterSets(sets)
    const wait = this.lane.ready()
    if (wait) await wait
    const write = (writer: CborWriter): void => source.writeRequest(writer, query)
    collector.request = this.lane.send('many', requestOptions(options), write, collector)
    const result = await upload(collector.request, source, collector.result)
    return { ...result, of: (set) => rowsOfSet(result.rows, setOfRow, set) }
  }

  /** Runs statements in order, in one round trip. */
  async batch(
    queries: readonly (Query | { sql: string; params?: Params })[],
    options: BatchOptions = {},
  ): Promise<Result<Row>[]> {
    const { atomic } = options
    const statements = queries.map(statementOfBatch)
    const answer = await this.lane.ask('batch', requestOptions(options), (writer) => {
      writer.map(atomic === undefined ? 1 : 2)
      if (atomic !== undefined) {
        writer.text('atomic')
        writer.boolean(atomic)
      }
      writer.text('statements')
      writer.array(statements.length)
      for (const statement of statements) writeStatement(writer, statement)
    })
    return readResults(answer, rowOptions(options))
  }

  /** The rows of a reading statement, at the reader's pace. */
  stream<T = Row>(query: string, params?: Params, options?: StreamOptions): RowStream<T>
  stream<T = Row>(query: Sql, options?: StreamOptions): RowStream<T>
  stream<T>(query: Query, second?: Params | StreamOptions, third?: StreamOptions): RowStream<T> {
    const { statement, options } = callOf<StreamOptions>(query, second, third)
    const { chunkRows } = options
    return new RowStream<T>(async (mailbox) => {
      const wait = this.lane.ready()
      if (wait) await wait
      const write = (writer: CborWriter): void => {
        writeStatement(writer, statement, chunkRows === undefined ? 0 : 1)
        if (chunkRows === undefined) return
        writer.text('chunk_rows')
        writer.integer(Math.max(1, Math.trunc(chunkRows)))
      }
      mailbox.request = this.lane.send('stream', requestOptions(options), write, mailbox)
    }, rowOptions(options))
  }

  async #exec<T>(
    { statement, options }: Call,
    more: Partial<CollectorOptions> = {},
  ): Promise<Result<T>> {
    const wait = this.lane.ready()
    if (wait) await wait
    const collector = new Collector<T>(this.lane.connection, { ...rowOptions(options), ...more })
    const write = (writer: CborWriter): void => writeStatement(writer, statement)
    collector.request = this.lane.send('exec', requestOptions(options), write, collector)
    return collector.result
  }
}

interface Call<Options = CallOptions> {
  statement: Statement
  options: Options
}

// A string is followed by parameters and options; an object brings its parameters, and options
// follow.
function callOf<Options extends CallOptions>(
  query: Query,
  second: Params | Options | undefined,
  third: Options | undefined,
): Call<Options> {
  if (typeof query === 'string' || third !== undefined || Array.isArray(second)) {
    return {
      statement: statementOf(query, second as Params | undefined),
      options: third ?? ({} as Options),
    }
  }
  return {
    statement: statementOf(query),
    options: (second as Options | undefined) ?? ({} as Options),
  }
}

function statementOfBatch(query: Query | { sql: string; params?: Params }): Statement {
  if (typeof query === 'object' && query !== null && !('parameters' in query)) {
    return statementOf(query.sql, query.params)
  }
  return statementOf(query)
}

function rowsOfSet<T>(rows: T[], setOfRow: readonly number[], set: number): T[] {
  const start = lowerBound(setOfRow, set)
  return rows.slice(start, lowerBound(setOfRow, set + 1))
}

function lowerBound(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}
