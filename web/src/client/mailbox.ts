// The frames of one request, kept until somebody asks for them: the engine works one chunk ahead,
// not more.
import type { ItemMap } from '../protocol/frame.js'
import type { PendingRequest, Sink } from './pending_request.js'

export class Mailbox implements Sink {
  readonly paced = true
  /** Set by whoever sends the request. */
  request: PendingRequest | undefined
  readonly #tails: Uint8Array<ArrayBuffer>[] = []
  #body: ItemMap | undefined
  #more = true
  #failure: { error: unknown } | undefined
  #wake: (() => void) | undefined

  reply(body: ItemMap, tail: Uint8Array<ArrayBuffer>, more: boolean): void {
    this.#body = body
    this.chunk(tail, more)
  }

  chunk(tail: Uint8Array<ArrayBuffer>, more: boolean): void {
    this.#tails.push(tail)
    this.#more = more
    this.#wake?.()
  }

  failed(error: unknown): void {
    this.#failure = { error }
    this.#wake?.()
  }

  /** The reply's body, when it is there. */
  async body(): Promise<ItemMap> {
    while (this.#body === undefined) await this.#news()
    return this.#body
  }

  /** The next tail, and nothing after the last one. Asks the engine for the one behind it. */
  async next(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    for (;;) {
      const tail = this.#tails.shift()
      if (tail !== undefined) {
        if (this.#more) this.request?.credit(1)
        return tail
      }
      if (!this.#more) return undefined
      await this.#news()
    }
  }

  async #news(): Promise<void> {
    if (this.#failure === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
    if (this.#failure !== undefined) throw this.#failure.error
  }
}
