// A request under way: what its caller can still say, and who gets what the engine answers.
import type { CborWriter } from '../protocol/cbor_writer.js'
import { OutboardError } from '../protocol/errors.js'
import { asMap, type Frame, type ItemMap, Kind, type RequestHead } from '../protocol/frame.js'
import type { Post } from './channel.js'
import type { Connection } from './connection.js'

/** Whoever waits for the answer to a request. */
export interface Sink {
  /** The reply. `more`: chunks follow. */
  reply(body: ItemMap, tail: Uint8Array<ArrayBuffer>, more: boolean): void
  chunk(tail: Uint8Array<ArrayBuffer>, more: boolean): void
  /** The end, instead of the last frame. */
  failed(error: unknown): void
  /** Forgets what has come of the answer, which begins anew. False: it cannot be forgotten. */
  restart?(): boolean
  /** Whether the answer comes at its reader's pace, and so may never end by itself. */
  readonly paced?: boolean
}

export interface RequestOptions extends RequestHead {
  signal?: AbortSignal
}

/** Where the frame of a request lies. */
export interface Place {
  post: Post
  at: number
  bytes: number
}

// Before the engine has given credit for more.
const chunksAtOnce = 8

/** A request under way. After its end, each of these does nothing. */
export class PendingRequest {
  readonly id: number
  readonly session: number | undefined
  /** Whether the next engine can tell what became of it. Its number is its id. */
  readonly isNumbered: boolean
  readonly bytes: number
  /** Engines that died while it was under way. */
  losses = 0
  /** What the last of them died of, if that is known. */
  lastLoss: string | undefined
  readonly #connection: Connection
  readonly #sink: Sink
  readonly #signal: AbortSignal | undefined
  readonly #onAbort = () => this.cancel()
  readonly #dueAt: number
  #url: string | undefined
  #place: Place
  #ended = false
  #onEnd: (() => void) | undefined
  #answered = false
  #chunked = false
  #chunksLeft = chunksAtOnce
  #onRoom: (() => void) | undefined

  constructor(
    connection: Connection,
    id: number,
    place: Place,
    sink: Sink,
    { n, session, signal, timeoutMs }: RequestOptions,
  ) {
    this.#connection = connection
    this.id = id
    this.session = session
    this.isNumbered = n !== undefined
    this.#place = place
    this.bytes = place.bytes
    this.#sink = sink
    this.#signal = signal
    const isLimited = timeoutMs !== undefined && !sink.paced // a stream's ends with its first piece
    this.#dueAt = isLimited ? performance.now() + timeoutMs : Infinity
    signal?.addEventListener('abort', this.#onAbort)
  }

  /** An address that is revoked when its caller takes it back, or at its end (rule H9). */
  get url(): string | undefined {
    if (this.#signal === undefined || this.#ended) return undefined
    return (this.#url ??= URL.createObjectURL(new Blob()))
  }

  /** Whether the engine answers within a time. */
  get isLimited(): boolean {
    return this.#dueAt < Infinity
  }

  /** Whether its time was over so long ago. */
  isOverdue(forMs = 0): boolean {
    return this.isLimited && performance.now() - this.#dueAt >= forMs
  }

  get ended(): boolean {
    return this.#ended
  }

  /** Whether an engine may have got it. */
  get left(): boolean {
    return this.#place.post.left
  }

  /** The answer is to begin anew. False: a part of it is here and cannot be forgotten. */
  restart(): boolean {
    if (this.#answered && !this.#sink.restart?.()) return false
    this.#answered = false
    return true
  }

  /** All that there is to send, if it was kept. */
  get frame(): Uint8Array<ArrayBuffer> | undefined {
    const { post, at, bytes } = this.#place
    if (post.message === undefined || this.#chunked) return undefined
    return new Uint8Array(post.message, at, bytes)
  }

  /** For the connection: it is sent once more, from there. */
  moved(place: Place): void {
    this.#place = place
    this.#onRoom?.()
  }

  /** Resolves at the end. An answer at its reader's pace is cancelled first. Call it once. */
  async finished(): Promise<void> {
    if (this.#ended) return
    if (this.#sink.paced) this.cancel()
    if (this.#ended) return
    await new Promise<void>((resolve) => (this.#onEnd = resolve))
  }

  /** Asks for that many chunks more. */
  credit(chunks: number): void {
    if (this.#ended) return
    this.#connection.frame(Kind.credit, this.id, 1, undefined, (writer) => writer.integer(chunks))
  }

  /**
   * Asks the engine to end it; the end comes as an error `cancelled`, unless it was about to end
   * anyway.
   */
  cancel(): void {
    if (this.#ended) return
    this.#revoke()
    if (this.#connection.isUp) this.#connection.frame(Kind.cancel, this.id, 0, undefined)
    else this.#connection.takeBack(this)
  }

  /** Resolves when the engine takes another chunk, or at the end. */
  async roomForChunk(): Promise<void> {
    while ((this.#chunksLeft === 0 || !this.#connection.isUp) && !this.#ended) {
      await new Promise<void>((resolve) => (this.#onRoom = resolve))
    }
  }

  /** Sends a chunk of parameters or data. If `write` throws, nothing is sent. */
  chunk(write: (writer: CborWriter) => void): void {
    if (this.#ended) return
    this.#connection.frame(Kind.chunk, this.id, 1, undefined, write)
    this.#chunked = true
    --this.#chunksLeft
  }

  /** For the connection: takes a frame, and tells whether more follow. */
  take(frame: Frame): boolean {
    if (frame.kind === Kind.credit) {
      this.#chunksLeft += typeof frame.body[0] === 'number' ? frame.body[0] : 0
      this.#onRoom?.()
      return true
    }
    const body = asMap(frame.body[0], 'an answer')
    const more = body['more'] === true
    this.#answered = true
    try {
      if (frame.kind === Kind.chunk) this.#sink.chunk(frame.tail, more)
      else this.#sink.reply(body, frame.tail, more)
    } catch (error) {
      this.#sink.failed(error)
      if (more) this.cancel()
    }
    return more
  }

  #revoke(): void {
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url)
  }

  /** For the connection: the end, with an error if it was one. */
  end(error?: OutboardError): void {
    this.#ended = true
    this.#revoke()
    this.#signal?.removeEventListener('abort', this.#onAbort)
    this.#onEnd?.()
    this.#onRoom?.()
    if (error === undefined) return
    const aborted = error.code === 'cancelled' && this.#signal?.aborted
    this.#sink.failed(aborted ? cancelledBy(this.#signal!) : error)
  }
}

export function cancelledBy(signal: AbortSignal): OutboardError {
  return new OutboardError('cancelled', 'the call was cancelled by its signal', {
    cause: signal.reason,
  })
}
