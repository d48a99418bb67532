// The way to the engine: frames that are written in one microtask leave as one post (rule H7). The
// engine may be gone for a while: then nothing leaves.
import { CborWriter } from '../protocol/cbor_writer.js'
import { transferOf } from '../protocol/host.js'

const postBytesMax = 1 << 20

export interface Port {
  /** Posts it. Only what is in `transfer` may be taken away from the caller. */
  postMessage(message: ArrayBuffer, transfer: ArrayBuffer[]): void
  /** That request is taken back once `url` leads nowhere. Nothing: the engine cannot see that. */
  watch?: ((id: number, url: string) => void) | undefined
}

/** Frames that leave together. */
export interface Post {
  /** All of them; kept if somebody asked for it, and then only for as long as he does. */
  message: ArrayBuffer | undefined
  left: boolean
}

export class Channel {
  /** Frames are appended here; then call `written`. */
  readonly writer = new CborWriter()
  /** Where frames go; nothing while there is no engine. */
  port: Port | undefined
  #post: Post = { message: undefined, left: false }
  #keep = false
  #scheduled = false

  /**
   * What has been appended leaves at the end of this microtask, or now if it is much. Without a
   * port it is kept instead. Returns the post that it is part of, if it is to be kept.
   */
  written(keep: boolean): Post {
    const post = this.#post
    this.#keep ||= keep
    if (this.port === undefined || this.writer.at >= postBytesMax) this.flush()
    else if (!this.#scheduled) {
      this.#scheduled = true
      // A promise stays inside the JavaScript engine, which queueMicrotask does not.
      void Promise.resolve().then(() => {
        this.#scheduled = false
        this.flush()
      })
    }
    return post
  }

  /** Appends a frame that was kept, to leave as any other. */
  again(frame: Uint8Array): void {
    const { writer } = this
    writer.reserve(frame.length)
    writer.bytes.set(frame, writer.at)
    writer.at += frame.length
  }

  /** What has been appended leaves now; without a port it is kept. */
  flush(): void {
    const { writer, port } = this
    if (writer.at === 0) return
    const message = writer.bytes.buffer.slice(0, writer.at)
    writer.reset()
    const post = this.#post
    const keep = this.#keep || port === undefined
    this.#post = { message: undefined, left: false }
    this.#keep = false
    if (keep) post.message = message
    if (port === undefined) return
    post.left = true
    port.postMessage(message, keep ? [] : transferOf(message))
  }
}
