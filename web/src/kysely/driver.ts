// Hands out connections. There is no pool: the engine has the queues, and a connection costs
// nothing.
import type { DatabaseConnection, Driver, QueryCompiler, TransactionSettings } from 'kysely'
import { OutboardError } from '../index.js'
import { type ConnectionOptions, OutboardConnection } from './connection.js'
import type { DatabaseSource } from './database_source.js'

// Kysely hands back the connections that `acquireConnection` made.
const ours = (connection: DatabaseConnection): OutboardConnection =>
  connection as OutboardConnection

export class OutboardDriver implements Driver {
  readonly #source: DatabaseSource
  readonly #options: ConnectionOptions

  constructor(source: DatabaseSource, options: ConnectionOptions) {
    this.#source = source
    this.#options = options
  }

  async init(): Promise<void> {
    await this.#source.get()
  }

  async acquireConnection(): Promise<DatabaseConnection> {
    return new OutboardConnection(await this.#source.get(), this.#options)
  }

  /** Every transaction is serializable, which is at least what any isolation level asks for. */
  async beginTransaction(
    connection: DatabaseConnection,
    { accessMode }: TransactionSettings,
  ): Promise<void> {
    if (accessMode === 'read only') {
      throw new OutboardError('bad_request', 'there are no read-only transactions', {
        hint: 'leave the access mode out; reading outside of a transaction never waits',
      })
    }
    await ours(connection).begin()
  }

  commitTransaction(connection: DatabaseConnection): Promise<void> {
    return ours(connection).commit()
  }

  rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    return ours(connection).rollback()
  }

  savepoint(
    connection: DatabaseConnection,
    name: string,
    compile: QueryCompiler['compileQuery'],
  ): Promise<void> {
    return ours(connection).savepoint('savepoint', name, compile)
  }

  rollbackToSavepoint(
    connection: DatabaseConnection,
    name: string,
    compile: QueryCompiler['compileQuery'],
  ): Promise<void> {
    return ours(connection).savepoint('rollback to', name, compile)
  }

  releaseSavepoint(
    connection: DatabaseConnection,
    name: string,
    compile: QueryCompiler['compileQuery'],
  ): Promise<void> {
    return ours(connection).savepoint('release', name, compile)
  }

  /** A transaction that is still open then is rolled back. */
  releaseConnection(connection: DatabaseConnection): Promise<void> {
    return ours(connection).rollback()
  }

  destroy(): Promise<void> {
    return this.#source.close()
  }
}
