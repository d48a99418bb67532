// What Kysely is given: new Kysely<Schema>({ dialect: new OutboardDialect({ database }) }).
import {
  type DatabaseIntrospector,
  type Dialect,
  type DialectAdapter,
  type Driver,
  type Kysely,
  type QueryCompiler,
  SqliteQueryCompiler,
} from 'kysely'
import type { Database, Integers } from '../index.js'
import { OutboardAdapter } from './adapter.js'
import { DatabaseSource } from './database_source.js'
import { OutboardDriver } from './driver.js'
import { OutboardIntrospector } from './introspector.js'

export interface OutboardDialectOptions {
  /**
   * An open database, a promise of one, or a function that opens one. The function is called with
   * the first query, and `destroy()` closes what it opened; what was handed over stays open.
   */
  database: Database | Promise<Database> | (() => Database | Promise<Database>)
  /** How integers come back: `auto` (default), `number` or `bigint`. */
  integers?: Integers
}

export class OutboardDialect implements Dialect {
  readonly #source: DatabaseSource
  readonly #integers: Integers

  constructor({ database, integers = 'auto' }: OutboardDialectOptions) {
    this.#source = new DatabaseSource(database)
    this.#integers = integers
  }

  createDriver(): Driver {
    return new OutboardDriver(this.#source, { integers: this.#integers })
  }

  createQueryCompiler(): QueryCompiler {
    return new SqliteQueryCompiler()
  }

  createAdapter(): DialectAdapter {
    return new OutboardAdapter(this.#source)
  }

  createIntrospector(db: Kysely<unknown>): DatabaseIntrospector {
    return new OutboardIntrospector(db)
  }
}
