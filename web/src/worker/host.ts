// Runs one engine in this worker: lets in what the page posts, gives the engine its turns, posts
// what it says.
import { type FromWorker, type ToWorker, transferOf } from '../protocol/host.js'
import { Engine, loadModule, type Module } from './engine.js'
import { takeLock } from './locks.js'
import { OpfsFiles } from './opfs.js'
import { Problem, textOf } from './problem.js'

/** The worker's way to its page. */
export interface Page {
  postMessage(message: FromWorker): void
  postMessage(message: ArrayBuffer, transfer: ArrayBuffer[]): void
}

const lockWaitMs = 1_000

export class EngineHost {
  readonly #page: Page
  readonly #early: ArrayBuffer[] = []
  readonly #tick = new MessageChannel()
  #files: OpfsFiles | undefined
  #engine: Engine | undefined
  #ended = false
  #ticking = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerDue = Infinity

  constructor(page: Page) {
    this.#page = page
    this.#tick.port1.onmessage = () => {
      this.#ticking = false
      this.#turn()
    }
  }

  /** Takes what the page posted. */
  receive(message: ArrayBuffer | ToWorker): void {
    if (this.#ended) return
    if (message instanceof ArrayBuffer) {
      if (this.#engine === undefined) this.#early.push(message)
      else this.#guard(() => this.#take(message))
    } else if (message.type === 'open') {
      void this.#open(message)
    } else {
      this.#guard(() => this.#engine?.close())
      this.#end()
      this.#page.postMessage({ type: 'closed' })
    }
  }

  async #open({ name, storage, wasmUrl }: Extract<ToWorker, { type: 'open' }>): Promise<void> {
    // Bundlers know this form, and look for it word for word.
    const url = wasmUrl ?? new URL('./outboard.wasm', import.meta.url).href
    const lock = `outboard-worker:${crypto.randomUUID?.() ?? Math.random()}`
    try {
      const [module, files, release] = await settled(
        loadModule(url),
        storage === 'opfs' ? OpfsFiles.open(name) : Promise.resolve(undefined),
        takeLock(lock, lockWaitMs),
      )
      this.#start(module, files, storage)
      this.#page.postMessage({ type: 'ready', ...(release === undefined ? {} : { lock }) })
      for (const message of this.#early.splice(0)) this.#guard(() => this.#take(message))
    } catch (error) {
      this.#end()
      this.#page.postMessage({ type: 'failed', ...failureOf(error) })
    }
  }

  #start(module: Module, files: OpfsFiles | undefined, storage: 'opfs' | 'memory'): void {
    this.#files = files
    module.files = files
    this.#engine = new Engine(module, storage)
  }

  #take(message: ArrayBuffer): void {
    this.#engine?.send(message)
    this.#turn()
  }

  #turn(): void {
    this.#guard(() => {
      const engine = this.#engine
      if (engine === undefined) return
      const more = engine.run()
      const message = engine.next()
      if (message !== undefined) this.#page.postMessage(message, transferOf(message))
      if (more) return this.#tickSoon()
      this.#wakeIn(engine.wakeMs())
    })
  }

  // Behind the messages that are waiting already, so that they are let in.
  #tickSoon(): void {
    if (this.#ticking) return
    this.#ticking = true
    this.#tick.port2.postMessage(null)
  }

  // A timer that is due earlier stays: it costs less to run once in vain than to set it anew at
  // every turn.
  #wakeIn(ms: number): void {
    if (ms < 0) return
    const due = performance.now() + ms
    if (due >= this.#timerDue) return
    clearTimeout(this.#timer)
    this.#timerDue = due
    this.#timer = setTimeout(() => {
      this.#timerDue = Infinity
      this.#turn()
    }, Math.ceil(ms))
  }

  // After a trap the instance cannot be trusted with another call.
  #guard(action: () => void): void {
    try {
      action()
    } catch (error) {
      if (this.#ended) return
      this.#end()
      this.#page.postMessage({ type: 'lost', message: textOf(error) })
    }
  }

  #end(): void {
    this.#ended = true
    this.#engine = undefined
    clearTimeout(this.#timer)
    this.#files?.close()
    this.#tick.port1.close()
  }
}

// As Promise.all, but waits for every one, and closes what was opened if another failed.
async function settled<Release>(
  module: Promise<Module>,
  files: Promise<OpfsFiles | undefined>,
  lock: Promise<Release>,
): Promise<[Module, OpfsFiles | undefined, Release]> {
  const [a, b, c] = await Promise.allSettled([module, files, lock])
  if (a.status === 'fulfilled' && b.status === 'fulfilled' && c.status === 'fulfilled') {
    return [a.value, b.value, c.value]
  }
  if (b.status === 'fulfilled') b.value?.close()
  throw [a, b, c].find((result) => result.status === 'rejected')!.reason
}

function failureOf(error: unknown): Omit<Extract<FromWorker, { type: 'failed' }>, 'type'> {
  if (error instanceof Problem)
    return { code: error.code, message: error.message, hint: error.hint }
  return { code: 'internal', message: textOf(error), hint: 'please report this' }
}
