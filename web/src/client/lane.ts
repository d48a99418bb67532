// A session's way to the engine: what a Database and a Transaction send goes through one of these.
import type { CborWriter } from '../protocol/cbor_writer.js'
import type { OutboardError } from '../protocol/errors.js'
import type { ItemMap } from '../protocol/frame.js'
import type { Connection } from './connection.js'
import type { PendingRequest, RequestOptions, Sink } from './pending_request.js'

export type Operation =
  | 'open'
  | 'exec'
  | 'many'
  | 'batch'
  | 'stream'
  | 'begin'
  | 'commit'
  | 'rollback'
  | 'export'
  | 'import'
  | 'close'

// So many remembered requests before those that have ended are forgotten.
const sweepMin = 64

/** A reply that comes whole. */
export interface Answer {
  body: ItemMap
  tail: Uint8Array<ArrayBuffer>
}

export class Lane {
  readonly connection: Connection
  readonly session: number | undefined
  /** Why nothing can be sent now, if so. */
  refusal: (() => OutboardError) | undefined
  /** Settles with the transaction that was last opened inside this one. */
  inner: Promise<void> | undefined
  readonly #running = new Set<PendingRequest>()
  #sweepAt = sweepMin

  /** Without a session, each request is a transaction of its own. */
  constructor(connection: Connection, session?: number) {
    this.connection = connection
    this.session = session
  }

  /** Sends a request; await `ready` before. Throws what keeps it from being sent. */
  send(
    operation: Operation,
    options: RequestOptions,
    write: (writer: CborWriter) => void,
    sink: Sink,
  ): PendingRequest {
    if (this.refusal !== undefined) throw this.refusal()
    const { session } = this
    const request = this.connection.request(
      operation,
      session === undefined ? options : { ...options, session },
      write,
      sink,
    )
    this.#remember(request)
    return request
  }

  /** Resolves when all that was sent has ended. REQUIRES: a session. */
  async settled(): Promise<void> {
    for (const request of this.#running) await request.finished()
    this.#running.clear()
  }

  #remember(request: PendingRequest): void {
    if (this.session === undefined) return
    if (this.#running.size >= this.#sweepAt) {
      for (const other of this.#running) if (other.ended) this.#running.delete(other)
      this.#sweepAt = Math.max(sweepMin, this.#running.size * 2)
    }
    this.#running.add(request)
  }

  /** Something to await before sending, if many requests are under way. */
  ready(): Promise<void> | undefined {
    return this.session === undefined ? this.connection.admitted() : undefined
  }

  /** Sends a request whose reply comes whole. Throws what keeps it from being sent. */
  start(
    operation: Operation,
    options: RequestOptions,
    write: (writer: CborWriter) => void,
  ): { request: PendingRequest; answer: Promise<Answer> } {
    let sink!: Sink
    const answer = new Promise<Answer>((resolve, reject) => {
      sink = { reply: (body, tail) => resolve({ body, tail }), chunk: () => {}, failed: reject }
    })
    return { request: this.send(operation, options, write, sink), answer }
  }

  /** Sends a request and resolves with its reply. */
  async ask(
    operation: Operation,
    options: RequestOptions,
    write: (writer: CborWriter) => void,
  ): Promise<Answer> {
    const wait = this.ready()
    if (wait) await wait
    return this.start(operation, options, write).answer
  }
}

/** The arguments of an operation that has none. */
export function noArguments(writer: CborWriter): void {
  writer.map(0)
}

/** What a request's head and its signal are made of. */
export function requestOptions(options: {
  timeoutMs?: number
  signal?: AbortSignal
}): RequestOptions {
  const { timeoutMs, signal } = options
  return {
    // 0 on the wire would mean none.
    ...(timeoutMs === undefined || timeoutMs === Infinity
      ? {}
      : { timeoutMs: Math.max(1, Math.ceil(timeoutMs)) }),
    ...(signal === undefined ? {} : { signal }),
  }
}
