// The way to the worker: frames that are written in one microtask leave as one post (rule H7).
import { CborWriter } from '../protocol/cbor_writer.js'
import { transferOf } from '../protocol/host.js'

const postBytesMax = 1 << 20

export interface Port {
  postMessage(message: ArrayBuffer, transfer: ArrayBuffer[]): void
}

export class Channel {
  /** Frames are appended here; then call `written`. */
  readonly writer = new CborWriter()
  readonly #port: Port
  #scheduled = false

  constructor(port: Port) {
    this.#port = port
  }

  /** What has been appended leaves at the end of this microtask, or now if it is much. */
  written(): void {
    if (this.writer.at >= postBytesMax) this.#post()
    else if (!this.#scheduled) {
      this.#scheduled = true
      // A promise stays inside the JavaScript engine, which queueMicrotask does not.
      void Promise.resolve().then(() => {
        this.#scheduled = false
        this.#post()
      })
    }
  }

  #post(): void {
    const { writer } = this
    if (writer.at === 0) return
    const message = writer.bytes.buffer.slice(0, writer.at)
    writer.reset()
    this.#port.postMessage(message, transferOf(message))
  }
}
