// Where the database of a dialect comes from, and whose it is.
import type { Database } from '../index.js'

type Given = Database | Promise<Database> | (() => Database | Promise<Database>)

export class DatabaseSource {
  readonly #given: Given
  #opened: Promise<Database> | undefined

  constructor(given: Given) {
    this.#given = given
  }

  /** The database. A function that failed to open it is asked again by the next call. */
  get(): Promise<Database> {
    this.#opened ??= this.#open()
    return this.#opened
  }

  /** Closes the database if a function opened it; a later `get` opens it anew. */
  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    if (typeof this.#given === 'function' && opened !== undefined) await (await opened).close()
  }

  async #open(): Promise<Database> {
    try {
      return await (typeof this.#given === 'function' ? this.#given() : this.#given)
    } catch (error) {
      this.#opened = undefined
      throw error
    }
  }
}
