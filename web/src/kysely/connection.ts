// A connection of Kysely's is a session (rule H4): its transaction is its own. Outside of one, each
// query is a transaction of its own, and those that only read wait for nobody.
import {
  type CompiledQuery,
  createQueryId,
  type DatabaseConnection,
  IdentifierNode,
  type QueryCompiler,
  type QueryResult,
  RawNode,
} from 'kysely'
import type { CallOptions, Database, Integers, Session } from '../index.js'
import { OpenTransaction } from './open_transaction.js'

export interface ConnectionOptions {
  integers: Integers
}

interface Abortable {
  readonly signal?: AbortSignal | undefined
}

export class OutboardConnection implements DatabaseConnection {
  readonly #database: Database
  readonly #options: ConnectionOptions
  #transaction: OpenTransaction | undefined
  #running: AbortController | undefined

  constructor(database: Database, options: ConnectionOptions) {
    this.#database = database
    this.#options = options
  }

  async begin(): Promise<void> {
    this.#transaction = await OpenTransaction.begin(this.#database)
  }

  /** Whether it succeeds or fails, the transaction has ended. */
  async commit(): Promise<void> {
    const transaction = this.#transaction
    this.#transaction = undefined
    await transaction?.commit()
  }

  /** Does nothing if there is no transaction: a COMMIT that failed has taken it back already. */
  async rollback(): Promise<void> {
    const transaction = this.#transaction
    this.#transaction = undefined
    await transaction?.rollback()
  }

  async savepoint(
    command: 'savepoint' | 'rollback to' | 'release',
    name: string,
    compile: QueryCompiler['compileQuery'],
  ): Promise<void> {
    const node = RawNode.create([`${command} `, ''], [IdentifierNode.create(name)])
    await this.#session.exec(compile(node, createQueryId()))
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    const running = new AbortController()
    this.#running = running
    try {
      const result = await this.#session.exec<R>(query, this.#callOptions(running))
      const { rows, changes, lastInsertRowid } = result
      if (query.query.kind === 'SelectQueryNode') return { rows }
      const numAffectedRows = BigInt(changes)
      return inserts(query) && changes > 0
        ? { rows, numAffectedRows, insertId: BigInt(lastInsertRowid) }
        : { rows, numAffectedRows }
    } finally {
      if (this.#running === running) this.#running = undefined
    }
  }

  /** Kysely asks for this where `inflightQueryAbortStrategy` is `cancel query`. */
  async cancelQuery(): Promise<void> {
    this.#running?.abort()
  }

  async *streamQuery<R>(
    query: CompiledQuery,
    chunkRows: number,
    options?: Abortable,
  ): AsyncIterableIterator<QueryResult<R>> {
    if (changesRows(query)) {
      yield await this.executeQuery<R>(query) // there before the first row is: nothing to stream
      return
    }
    const streaming = { ...this.#callOptions(options), chunkRows }
    for await (const rows of this.#session.stream<R>(query, streaming).chunks()) yield { rows }
  }

  get #session(): Session {
    return this.#transaction?.session ?? this.#database
  }

  #callOptions({ signal }: Abortable = {}): CallOptions {
    const { integers } = this.#options
    return signal === undefined ? { integers } : { integers, signal }
  }
}

function inserts({ query, sql }: CompiledQuery): boolean {
  return query.kind === 'InsertQueryNode' || /^\s*(insert|replace)\b/i.test(sql)
}

function changesRows({ query }: CompiledQuery): boolean {
  const { kind } = query
  return kind === 'InsertQueryNode' || kind === 'UpdateQueryNode' || kind === 'DeleteQueryNode'
}
