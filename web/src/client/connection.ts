// The conversation with an engine: numbers the requests, and hands each answer to whoever asked.
//
// The engine may be gone for a while, and then be another one: what was not sent waits, what can be
// asked again is, the rest ends. Every request ends: by its last frame, or with the connection.
import type { CborWriter } from '../protocol/cbor_writer.js'
import { codeOf, isOutcome, malformed, OutboardError, outcomes } from '../protocol/errors.js'
import {
  beginFrame,
  endFrame,
  frameBytesMax,
  type Frame,
  Kind,
  mapOf,
  MessageReader,
  protocolVersion,
  type RequestHead,
} from '../protocol/frame.js'
import { Channel, type Port } from './channel.js'
import { fateAtLoss, fateByOutcome, type Loss, transactionLost } from './loss.js'
import { pause, TimeSlice } from './pause.js'
import {
  cancelledBy,
  PendingRequest,
  type Place,
  type RequestOptions,
  type Sink,
} from './pending_request.js'

// Beyond these, requests outside of sessions wait here instead of in the engine's queue, which
// would refuse them. Requests of a session never wait: others may be waiting for that session's
// transaction to end.
const requestsInFlightMax = 4096
const bytesInFlightMax = 16 << 20

// What may write, and so is numbered (rule H8).
const writing: ReadonlySet<string> = new Set(['exec', 'many', 'batch', 'commit', 'import'])

// A larger request is not kept while it is under way, so it cannot be sent again. A `many` whose sets
// fit into one frame is smaller.
const keptBytesMax = 1 << 20

// Looking at the clock costs a good part of what a small frame costs: so only after so many bytes,
// and a frame counts as some.
const bytesPerLook = 32 << 10
const frameCost = 2 << 10

export class Connection {
  /** Called when it ends. */
  onLost: ((error: OutboardError) => void) | undefined
  /** Called when something is asked that has to be answered within a time. */
  onLimited: (() => void) | undefined
  /** How long the current task may go on decoding. */
  readonly slice = new TimeSlice()
  /** Who this is to engines, if one may come after another. */
  readonly client: Uint8Array | undefined
  readonly #channel = new Channel()
  readonly #pending = new Map<number, PendingRequest>()
  readonly #inbox: MessageReader[] = []
  readonly #gate: (() => void)[] = []
  #port: Port | undefined
  #greeting: PendingRequest[] = []
  #draining = false
  #bytesInFlight = 0
  #nextId = 1
  #nextSession = 1
  #lostSessions = 0
  #lost: OutboardError | undefined

  /** `client`: 16 random bytes. */
  constructor(client?: Uint8Array) {
    this.client = client
  }

  /** Whether an engine takes requests. */
  get isUp(): boolean {
    return this.#channel.port !== undefined
  }

  /** Whether somebody waits for an answer. */
  get isWaiting(): boolean {
    return this.#pending.size > this.#greeting.length
  }

  /** The requests whose time is not over, or was not answered to. */
  limited(): PendingRequest[] {
    return [...this.#pending.values()].filter(({ isLimited }) => isLimited)
  }

  /** An engine is there. `greet` sends the first requests; all others wait until `resume`. */
  attach(port: Port, greet: () => PendingRequest[]): void {
    this.#port = this.#channel.port = port
    this.#greeting = greet()
    this.#channel.flush()
    this.#channel.port = undefined
  }

  /** What was asked leaves now. */
  flush(): void {
    if (this.isUp) this.#channel.flush()
  }

  /** Numbers that an engine got, and of which it is not known what became of them. */
  unanswered(): number[] {
    const requests = [...this.#pending.values()]
    return requests.filter(({ isNumbered, left }) => isNumbered && left).map(({ id }) => id)
  }

  /**
   * The engine has been greeted, and told what became of those that were `unanswered`: sends what
   * waits, in order.
   */
  resume(unanswered: readonly number[], told: readonly unknown[]): void {
    const channel = this.#channel
    channel.port = this.#port
    this.#greeting = []
    for (const [i, id] of unanswered.entries()) {
      const request = this.#pending.get(id)
      const error = request && fateByOutcome(request, outcomes[told[i] as number] ?? 'unknown')
      if (error !== undefined) this.#finish(request!, error)
    }
    for (const request of this.#pending.values()) {
      const { frame } = request
      if (frame === undefined) continue
      this.#watch(request)
      const at = channel.writer.at
      channel.again(frame)
      request.moved({ post: channel.written(true), at, bytes: frame.length })
    }
  }

  /**
   * The engine is gone, and another may come. What came from it before this counts. `why`: as far as
   * that is known.
   */
  detach(loss: Loss, why?: string): void {
    if (this.#lost !== undefined) return
    this.#channel.port = this.#port = undefined
    this.#channel.flush()
    this.#drain(Infinity)
    this.#lostSessions = this.#nextSession - 1
    const greeting = new Set(this.#greeting.splice(0))
    for (const request of [...this.#pending.values()]) {
      const error = greeting.has(request) ? transactionLost() : fateAtLoss(request, loss, why)
      if (error !== undefined) this.#finish(request, error)
    }
  }

  /** No engine is to be had: ends what waits. Later requests may find one. */
  forsake(error: OutboardError): void {
    for (const request of [...this.#pending.values()])
      if (!this.#greeting.includes(request))
        this.#finish(request, copyOf(error, request.left ? 'unknown' : 'not_applied'))
  }

  /** Ends a request that waits for an engine. */
  takeBack(request: PendingRequest): void {
    if (this.#pending.has(request.id))
      this.#finish(request, new OutboardError('cancelled', 'the request was taken back'))
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
      const { signal, session } = options
      if (signal?.aborted) throw cancelledBy(signal)
      if (session !== undefined && session <= this.#lostSessions)
        throw transactionLost()
      const id = this.#nextId++
      const isNumbered = this.client !== undefined && writing.has(operation)
      const head = isNumbered ? { ...options, n: id } : options
      const place = this.frame(Kind.request, id, 2, head, (writer) => {
        writer.text(operation)
        write(writer)
      })
      const request = this.#await(new PendingRequest(this, id, place, sink, head))
      if (signal !== undefined && this.isUp) this.#watch(request)
      if (request.isLimited) this.onLimited?.()
      return request
    } finally {
      this.#admitNext() // whatever became of this one
    }
  }

  /** Says hello; the answer is a reply to the sink. */
  hello(sink: Sink): PendingRequest {
    const id = this.#nextId++
    const { client } = this
    const protocol = [protocolVersion, protocolVersion]
    const place = this.frame(Kind.hello, id, 1, undefined, (writer) =>
      writer.item({ ...(client === undefined ? {} : { client }), protocol }),
    )
    return this.#await(new PendingRequest(this, id, place, sink, {}))
  }

  /**
   * Appends a frame with `items` items of body. Nothing is sent if `write` throws. Returns where it
   * lies.
   */
  frame(
    kind: Kind,
    id: number,
    items: number,
    head: RequestHead | undefined,
    write?: (writer: CborWriter) => void,
  ): Place {
    const { writer } = this.#channel
    const at = writer.at
    try {
      beginFrame(writer, kind, id, 3 + items, head)
      write?.(writer)
      endFrame(writer, at)
      if (writer.at - at > frameBytesMax) throw tooLarge()
    } catch (error) {
      writer.at = at
      throw error
    }
    const bytes = writer.at - at
    const post = this.#channel.written(kind === Kind.request && bytes <= keptBytesMax)
    return { post, at, bytes }
  }

  /** Takes a message of the engine's. */
  receive(message: ArrayBuffer): void {
    this.#inbox.push(new MessageReader(message))
    if (!this.#draining) this.#drain(bytesPerLook)
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
    this.onLost?.(error)
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

  // The engine can see that it is taken back while it runs.
  #watch(request: PendingRequest): void {
    const { watch } = this.#port ?? {}
    const url = watch && request.url
    if (url !== undefined) watch?.(request.id, url)
  }

  #hasRoom(): boolean {
    return (
      this.#pending.size === 0 ||
      (this.#pending.size < requestsInFlightMax && this.#bytesInFlight < bytesInFlightMax)
    )
  }

  // Looks at the clock after so many bytes, and goes on later if its time is over.
  #drain(bytesAtOnce: number): void {
    this.slice.restart()
    this.#draining = true
    try {
      for (let bytes = 0; ;) {
        const message = this.#inbox[0]
        if (message === undefined) break
        if (bytes > bytesAtOnce) {
          if (this.slice.over) {
            void pause().then(() => this.#drain(bytesPerLook))
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
function copyOf(error: OutboardError, outcome = error.outcome): OutboardError {
  const { code, message, hint, cause } = error
  return new OutboardError(code, message, {
    hint,
    ...(outcome === undefined ? {} : { outcome }),
    ...(cause === undefined ? {} : { cause }),
  })
}
