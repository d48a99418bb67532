// The conversation with one engine: numbers the requests, and hands each answer to whoever asked.
//
// Every request ends: by its last frame, or with the connection.
import type { CborWriter } from '../protocol/cbor_writer.js'
import { codeOf, isOutcome, malformed, OutboardError } from '../protocol/errors.js'
import {
  beginFrame,
  endFrame,
  frameBytesMax,
  type Frame,
  Kind,
  mapOf,
  MessageReader,
  type RequestHead,
} from '../protocol/frame.js'
import { Channel, type Port } from './channel.js'
import { pause, TimeSlice } from './pause.js'
import { cancelledBy, PendingRequest, type RequestOptions, type Sink } from './pending_request.js'

// Beyond these, requests outside of sessions wait here instead of in the engine's queue, which
// would refuse them. Requests of a session never wait: others may be waiting for that session's
// transaction to end.
const requestsInFlightMax = 4096
const bytesInFlightMax = 16 << 20

// Looking at the clock costs a good part of what a small frame costs: so only after so many bytes,
// and a frame counts as some.
const bytesPerLook = 32 << 10
const frameCost = 2 << 10

export class Connection {
  /** How long the current task may go on decoding. */
  readonly slice = new TimeSlice()
  readonly #channel: Channel
  readonly #pending = new Map<number, PendingRequest>()
  readonly #inbox: MessageReader[] = []
  readonly #gate: (() => void)[] = []
  #draining = false
  #bytesInFlight = 0
  #nextId = 1
  #nextSession = 1
  #lost: OutboardError | undefined

  constructor(port: Port) {
    this.#channel = new Channel(port)
  }

  /** A number for a session that nobody else has. */
  newSession(): number {
    return this.#nextSession++
  }

  /** Resolves once a request outside of sessions may be sent; nothing to await if that is now. */
  admitted(): Promise<void> | undefined {
    if (this.#gate.length === 0 && this.#hasRoom()) return undefined
    return new Promise((resolve) => this.#gate.push(resolve))
  }

  /**
   * Sends a request. `write` appends its arguments, one map; if that throws, nothing is sent.
   * Throws `cancelled` if the signal is aborted already, and what ended the connection if it has
   * ended.
   */
  request(
    operation: string,
    options: RequestOptions,
    write: (writer: CborWriter) => void,
    sink: Sink,
  ): PendingRequest {
    try {
      if (this.#lost !== undefined) throw copyOf(this.#lost)
      const { signal } = options
      if (signal?.aborted) throw cancelledBy(signal)
      const id = this.#nextId++
      const bytes = this.frame(Kind.request, id, 2, options, (writer) => {
        writer.text(operation)
        write(writer)
      })
      return this.#await(new PendingRequest(this, id, bytes, sink, signal))
    } finally {
      this.#admitNext() // whatever became of this one
    }
  }

  /** Says hello; the answer is a reply to the sink. */
  hello(sink: Sink): void {
    const id = this.#nextId++
    this.frame(Kind.hello, id, 1, undefined, (writer) => writer.item({ protocol: [1, 1] }))
    this.#await(new PendingRequest(this, id, 0, sink, undefined))
  }

  /**
   * Appends a frame with `items` items of body. Nothing is sent if `write` throws. Returns its
   * size.
   */
  frame(
    kind: Kind,
    id: number,
    items: number,
    head: RequestHead | undefined,
    write?: (writer: CborWriter) => void,
  ): number {
    const { writer } = this.#channel
    const start = writer.at
    try {
      beginFrame(writer, kind, id, 3 + items, head)
      write?.(writer)
      endFrame(writer, start)
      if (writer.at - start > frameBytesMax) throw tooLarge()
    } catch (error) {
      writer.at = start
      throw error
    }
    const bytes = writer.at - start
    this.#channel.written()
    return bytes
  }

  /** Takes a message of the engine's. */
  receive(message: ArrayBuffer): void {
    this.#inbox.push(new MessageReader(message))
    if (!this.#draining) this.#drain()
  }

  /** Ends the connection: every request, pending or later, fails with that error. */
  lose(error: OutboardError): void {
    if (this.#lost !== undefined) return
    this.#lost = error
    this.#inbox.length = 0
    const pending = [...this.#pending.values()]
    this.#pending.clear()
    for (const request of pending) request.end(copyOf(error))
    for (const enter of this.#gate.splice(0)) enter()
  }

  /** What ended the connection, if it has ended. */
  get lost(): OutboardError | undefined {
    return this.#lost
  }

  #await(request: PendingRequest): PendingRequest {
    this.#pending.set(request.id, request)
    this.#bytesInFlight += request.bytes
    return request
  }

  #hasRoom(): boolean {
    return (
      this.#pending.size === 0 ||
      (this.#pending.size < requestsInFlightMax && this.#bytesInFlight < bytesInFlightMax)
    )
  }

  #drain(): void {
    this.slice.restart()
    this.#draining = true
    try {
      for (let bytes = 0; ;) {
        const message = this.#inbox[0]
        if (message === undefined) break
        if (bytes > bytesPerLook) {
          if (this.slice.over) {
            void pause().then(() => this.#drain())
            return
          }
          bytes = 0
        }
        const frame = message.next()
        if (frame === undefined) this.#inbox.shift()
        else this.#take(frame)
        bytes += frame === undefined ? 0 : frameCost + frame.tail.length
      }
    } catch (error) {
      this.lose(error as OutboardError)
    }
    this.#draining = false
  }

  #take(frame: Frame): void {
    if (frame.kind === Kind.event || frame.kind === Kind.ping) return
    const request = this.#pending.get(frame.id)
    if (frame.kind === Kind.error) {
      const error = errorOf(frame)
      if (frame.id === 0) return this.lose(error)
      if (request !== undefined) this.#finish(request, error)
    } else if (request !== undefined) {
      const more = request.take(frame)
      if (!more) this.#finish(request)
    }
  }

  #finish(request: PendingRequest, error?: OutboardError): void {
    this.#pending.delete(request.id)
    this.#bytesInFlight -= request.bytes
    request.end(error)
    this.#admitNext()
  }

  #admitNext(): void {
    if (this.#gate.length > 0 && this.#hasRoom()) this.#gate.shift()!()
  }
}

function tooLarge(): OutboardError {
  const hint = 'write large values in pieces, or fewer at once'
  return new OutboardError('too_large', 'a request may have up to 128 MiB', { hint })
}

function errorOf(frame: Frame): OutboardError {
  const body = mapOf(frame.body[0], 'an error', ['code', 'hint', 'message', 'outcome'])
  const { code, message, hint, outcome } = body
  if (typeof code !== 'string' || typeof message !== 'string')
    throw malformed('an error without a code')
  return new OutboardError(codeOf(code), message, {
    ...(typeof hint === 'string' ? { hint } : {}),
    ...(isOutcome(outcome) ? { outcome } : {}),
  })
}

// Each caller gets an error of its own, whose stack tells where it came from.
function copyOf(error: OutboardError): OutboardError {
  const { code, message, hint, outcome, cause } = error
  return new OutboardError(code, message, {
    hint,
    ...(outcome === undefined ? {} : { outcome }),
    ...(cause === undefined ? {} : { cause }),
  })
}
