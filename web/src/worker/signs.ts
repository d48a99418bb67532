// Signs of life: a worker in the middle of a statement hears nothing, but it can speak. One that
// does not even do that is in something that nobody can interrupt, and its page ends it (rule H16).
import type { FromWorker } from '../protocol/host.js'

// Often enough for a page that asks every 200 ms, and too seldom to cost anything.
const everyMs = 150

export class Signs {
  readonly #post: (message: FromWorker) => void
  readonly #isWatched: () => boolean
  #givenAt = 0

  /** `isWatched`: somebody may become impatient soon. */
  constructor(post: (message: FromWorker) => void, isWatched: () => boolean) {
    this.#post = post
    this.#isWatched = isWatched
  }

  /** It works, and gets on with it. Called every few microseconds of work. */
  working(): void {
    const now = performance.now()
    if (now - this.#givenAt < everyMs) return
    this.#givenAt = now
    this.#post({ type: 'working' })
  }

  /** It is about to wait for the disk. */
  waiting(): void {
    if (this.#isWatched()) this.#post({ type: 'waiting' })
  }
}
