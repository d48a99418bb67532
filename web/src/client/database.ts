// A database that is open: its engine runs in a worker of this origin, or is served.
import { batchesOf } from '../protocol/batch.js'
import { badRequest, OutboardError } from '../protocol/errors.js'
import type { Storage } from '../protocol/host.js'
import type { Importable } from './bytes.js'
import type { Connection } from './connection.js'
import { Lane, noArguments } from './lane.js'
import { Mailbox } from './mailbox.js'
import { importInto } from './seed.js'
import { Session } from './session.js'
import { transact, type Transaction } from './transaction.js'

/**
 * `process`: a commit survives the end of the page and of the browser. `power`: and a power cut.
 */
export type Durability = 'process' | 'power'

export interface Info {
  /** The name it was opened by; of a served database, its path at the server. */
  name: string
  /** `file`: a server has it. */
  storage: Storage | 'file'
  /**
   * What commits survive. `flush`: once `flush()` has resolved, all that the durability `power`
   * does, and until then not even the page. `none`: never even that.
   */
  durability: Durability | 'flush' | 'none'
  /** Whether this call of open made the database. */
  created: boolean
  /** Whether the browser keeps it even when disk space runs low; a server's file is not its own. */
  persisted: boolean
  /** What a `signal` takes back: `running` statements too, or only what `waits` for its turn. */
  cancel: 'running' | 'waits'
  /** The version of Outboard's engine, and of SQLite. */
  build: string
  sqlite: string
}

const closeTimeoutMs = 5_000

/** What is to be closed with the database. */
export interface Place {
  stop(): Promise<unknown>
  flush(): Promise<void>
}

export class Database extends Session {
  readonly info: Info
  readonly #connection: Connection
  readonly #place: Place
  #closing: Promise<void> | undefined

  /** @internal */
  constructor(connection: Connection, place: Place, info: Info) {
    super(new Lane(connection))
    this.#connection = connection
    this.#place = place
    this.info = info
  }

  /**
   * Runs `fn` in a transaction: committed when it returns, rolled back when it throws. Other
   * writers wait meanwhile; readers do not. One that does nothing for 5 seconds is rolled back.
   */
  async transaction<T>(fn: (tx: Transaction) => Promise<T> | T): Promise<T> {
    if (this.lane.refusal !== undefined) throw this.lane.refusal()
    return transact(this.#connection, fn)
  }

  /** The database as a file, as of now; read it to the end or cancel it. */
  export(): ReadableStream<Uint8Array> {
    const mailbox = new Mailbox()
    const pull = async (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
      mailbox.request ??= this.lane.send('export', {}, noArguments, mailbox)
      const tail = await mailbox.next()
      if (tail === undefined) return controller.close()
      for (const batch of batchesOf(tail)) controller.enqueue(batch.blobs(0))
    }
    return new ReadableStream(
      { pull, cancel: () => mailbox.request?.cancel() },
      { highWaterMark: 0 },
    )
  }

  /** The database as a file, as of now, in one piece. */
  async exportBlob(): Promise<Blob> {
    const chunks: Uint8Array<ArrayBuffer>[] = []
    const reader = this.export().getReader()
    for (let { done, value } = await reader.read(); !done; { done, value } = await reader.read()) {
      chunks.push(value as Uint8Array<ArrayBuffer>)
    }
    return new Blob(chunks, { type: 'application/vnd.sqlite3' })
  }

  /**
   * Replaces everything by what is in that file, all or nothing. `corrupt` if it is no database.
   */
  async import(source: Importable): Promise<void> {
    await importInto(this.lane, source)
  }

  /**
   * Resolves when everything that was answered survives a power cut (in memory: at once). With
   * storage `autosave` it fails with `unavailable` if it could not be saved, which is tried again,
   * and with `worker_lost` if an engine went since the last call with what it had not saved.
   */
  async flush(): Promise<void> {
    if (this.lane.refusal !== undefined) throw this.lane.refusal()
    if (this.#connection.lost !== undefined) throw this.#connection.lost
    await this.#place.flush()
  }

  /**
   * Ends what is under way and leaves the engine; if it is this tab's, the files are closed, and
   * the next tab opens them. Later calls fail. May be called again. With storage `autosave` it fails
   * as `flush` does, closed all the same.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    let goodbye: Promise<unknown> = Promise.resolve()
    if (this.#connection.lost === undefined && this.#connection.isUp)
      goodbye = this.lane.start('close', { timeoutMs: closeTimeoutMs }, noArguments).answer
    const saved = this.#save()
    this.lane.refusal = () => badRequest('the database is closed', 'open it again')
    await Promise.race([
      goodbye.catch(() => {}), // lost meanwhile: then it is closed already
      new Promise((resolve) => setTimeout(resolve, closeTimeoutMs)),
    ])
    const unsaved = await saved
    const stopped = this.#place.stop()
    this.#connection.lose(new OutboardError('cancelled', 'the database was closed'))
    await stopped
    if (unsaved !== undefined) throw unsaved
  }

  // What kept it from being saved, where somebody has to see to that.
  async #save(): Promise<unknown> {
    if (this.info.storage !== 'autosave' || !this.#connection.isUp) return undefined
    return this.#place.flush().catch((error: unknown) => error)
  }
}
