// What Kysely may expect of the engine, and the lock of its migrations.
import { DialectAdapterBase, type Kysely } from 'kysely'
import type { DatabaseSource } from './database_source.js'
import { lockMigrations } from './migration_lock.js'

export class OutboardAdapter extends DialectAdapterBase {
  readonly #source: DatabaseSource
  readonly #locks = new WeakMap<Kysely<unknown>, () => void>()

  constructor(source: DatabaseSource) {
    super()
    this.#source = source
  }

  override get supportsCreateIfNotExists(): boolean {
    return true
  }

  /** All migrations of a run are one transaction: one that fails leaves nothing behind. */
  override get supportsTransactionalDdl(): boolean {
    return true
  }

  override get supportsReturning(): boolean {
    return true
  }

  /**
   * One run of migrations at a time, in all tabs. A run inside of a transaction of the caller's
   * needs no more than that transaction: nobody else writes meanwhile.
   */
  override async acquireMigrationLock(db: Kysely<unknown>): Promise<void> {
    if (db.isTransaction) return
    this.#locks.set(db, await lockMigrations(await this.#source.get()))
  }

  override async releaseMigrationLock(db: Kysely<unknown>): Promise<void> {
    this.#locks.get(db)?.()
    this.#locks.delete(db)
  }
}
