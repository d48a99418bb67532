// What is asked to be made sure of, until it is: by the engine of now, or by the one that comes.
import { OutboardError } from '../protocol/errors.js'
import type { Flush, Flushed } from '../protocol/host.js'
import type { Loss } from './loss.js'

interface Waiting {
  resolve: () => void
  reject: (error: OutboardError) => void
}

export class Flushes {
  readonly #loses: boolean
  readonly #waiting = new Map<number, Waiting>()
  #last = 0
  #tell: ((message: Flush) => void) | undefined
  #lost = false

  /** `memory`: what the engine has not saved is gone with it. `files`: it is not. */
  constructor(keptIn: 'memory' | 'files') {
    this.#loses = keptIn === 'memory'
  }

  /** Resolves when all that was answered is made sure of. */
  ask(): Promise<void> {
    if (this.#lost) {
      this.#lost = false
      return Promise.reject(unsaved())
    }
    const number = ++this.#last
    const done = new Promise<void>((resolve, reject) =>
      this.#waiting.set(number, { resolve, reject }),
    )
    this.#tell?.({ type: 'flush', number })
    return done
  }

  /** There is an engine, which is told by that. */
  attach(tell: (message: Flush) => void): void {
    this.#tell = tell
    for (const number of this.#waiting.keys()) tell({ type: 'flush', number })
  }

  answered({ number, problem }: Flushed): void {
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    if (problem === undefined) waiting?.resolve()
    else waiting?.reject(new OutboardError(problem.code, problem.message, { hint: problem.hint }))
  }

  /** The engine is gone. */
  detach(loss: Loss): void {
    this.#tell = undefined
    if (loss === 'clean' || !this.#loses) return
    this.#lost = this.#waiting.size === 0
    this.end(unsaved())
  }

  /** There will be no other. */
  end(error: OutboardError): void {
    for (const { reject } of this.#waiting.values()) reject(error)
    this.#waiting.clear()
  }
}

function unsaved(): OutboardError {
  return new OutboardError('worker_lost', 'an engine is gone with what it had not saved', {
    hint: 'the database is as it was last saved: see what is there',
    outcome: 'unknown',
  })
}
