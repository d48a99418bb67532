// Runs one engine in this worker, as soon as the files are to be had: lets in what the page and its
// guests post, gives the engine its turns, posts what it says.
import {
  type Flushed,
  type FromWorker,
  type Storage,
  type ToWorker,
  transferOf,
} from '../protocol/host.js'
import type { SetUpOrder } from '../protocol/set_up.js'
import { seekerOf, tabsVersion } from '../protocol/tabs.js'
import { canAsk } from './cancels.js'
import { Engine, loadModule, type Module } from './engine.js'
import { Guests } from './guests.js'
import { type Release, takeLock } from './locks.js'
import { type Held, takePlace } from './place.js'
import { Missing, Problem, textOf } from './problem.js'
import { type Additions, runSetUp } from './set_up.js'
import { Signs } from './signs.js'

/** The worker's way to its page. */
export interface Page {
  postMessage(message: FromWorker): void
  postMessage(message: ArrayBuffer, transfer: ArrayBuffer[]): void
}

const lockWaitMs = 1_000
/** How long a transaction of somebody, or a result in pieces, may hold up the closing. */
const closingMs = 1_000
const goodbyeMs = 200

export class EngineHost {
  readonly #page: Page
  readonly #stop = new AbortController()
  readonly #tick = new MessageChannel()
  #held: Held | undefined
  #guests: Guests | undefined
  #engine: Engine | undefined
  #client = 0 // the page's
  #release: Release | undefined // of the lock that says that this lives
  #closing = false
  #ended = false
  #ticking = false
  #timer: ReturnType<typeof setTimeout> | undefined
  #timerDue = Infinity
  #isBusy = false // and the page knows it

  constructor(page: Page) {
    this.#page = page
    this.#tick.port1.onmessage = () => {
      this.#ticking = false
      this.#turn()
    }
  }

  /** Takes what the page posted. Frames only once it said `ready`. */
  receive(message: ArrayBuffer | ToWorker): void {
    if (this.#ended) return
    if (message instanceof ArrayBuffer) {
      this.#guard(() => {
        this.#engine?.send(this.#client, message)
        this.#turn()
      })
    } else if (message.type === 'open') {
      void this.#open(message)
    } else if (message.type === 'watch') {
      this.#engine?.watch?.(this.#client, message.id, message.url)
    } else if (message.type === 'seeded') {
      void this.#letOthersIn()
    } else if (message.type === 'ask') {
      this.#page.postMessage({ type: 'working' })
    } else if (message.type === 'flush') {
      void this.#flush(message.number).then((flushed) => this.#page.postMessage(flushed))
    } else if (!this.#closing) {
      this.#closing = true
      setTimeout(() => this.#guard(() => this.#finish()), closingMs)
      this.#turn()
    }
  }

  /** Ends at once, as a worker that is terminated. */
  terminate(): void {
    this.#end()
    // Guests that were told `closed` have to read that before they see the lock go.
    setTimeout(() => void this.#release?.(), goodbyeMs)
  }

  async #open(wanted: Extract<ToWorker, { type: 'open' }>): Promise<void> {
    const { name, storage, wasmUrl, setUp } = wanted
    // Bundlers know this form, and look for it word for word.
    const url = wasmUrl ?? new URL('./outboard.wasm', import.meta.url).href
    const lock = `outboard-worker:${crypto.randomUUID?.() ?? Math.random()}`
    try {
      if (wanted.version !== tabsVersion) throw otherVersion(url)
      const post = (message: FromWorker): void => this.#page.postMessage(message)
      const signs = new Signs(post, () => this.#guests?.any ?? false)
      const loading = loadModule(url, signs)
      loading.catch(() => this.#stop.abort()) // the files are of no use then
      // Before the files are asked for: whoever has them does not wait for an application's code.
      const additions = setUp && (await this.#setUp(setUp))
      const shared = storage !== 'memory' && navigator.locks !== undefined
      const elected = (): void => {
        if (shared) this.#guests = new Guests(name, seekerOf(wanted), lock, this.#guestEvents)
      }
      const asking = canAsk()
      const [module, held, release] = await settled(
        loading,
        takePlace(wanted, storage, this.#stop.signal, elected),
        takeLock(lock, AbortSignal.timeout(lockWaitMs)),
      )
      const watches = await asking
      this.#release = release
      if (this.#ended) {
        void release?.()
        return letGo(held)
      }
      this.#start(module, held, storage, watches, additions)
      const { isNew } = held
      this.#page.postMessage({
        type: 'ready',
        isNew,
        watches,
        ...(release === undefined ? {} : { lock }),
      })
      if (!isNew) this.#guests?.welcome(this.#engine!)
    } catch (error) {
      if (this.#ended) return
      this.#end()
      this.#page.postMessage({ type: 'failed', ...failureOf(error) })
    }
  }

  #start(
    module: Module,
    held: Held,
    storage: Storage,
    watches: boolean,
    additions: Additions | undefined,
  ): void {
    this.#held = held
    module.files = held.place.files
    const engine = new Engine(module, storage, { watches })
    this.#engine = engine
    this.#client = engine.connect()
    if (additions === undefined) return
    engine.add(additions.functions)
    additions.read = (body) => engine.read(body)
    additions.functions.calling = (name) =>
      this.#busy(`a statement that calls the function ${name}`)
  }

  async #setUp(order: SetUpOrder): Promise<Additions> {
    this.#busy('the set-up')
    try {
      return await runSetUp(order)
    } finally {
      this.#idle()
    }
  }

  // The page watches over the application's code, for nothing here can stop it.
  #busy(what: string): void {
    if (this.#isBusy) return
    this.#isBusy = true
    this.#page.postMessage({ type: 'busy', what })
  }

  #idle(): void {
    if (!this.#isBusy) return
    this.#isBusy = false
    if (!this.#ended) this.#page.postMessage({ type: 'idle' })
  }

  async #letOthersIn(): Promise<void> {
    try {
      await this.#held?.seeded()
      this.#page.postMessage({ type: 'seeded' })
      if (this.#engine !== undefined) this.#guests?.welcome(this.#engine)
    } catch (error) {
      this.#lose(error)
    }
  }

  async #flush(number: number): Promise<Flushed> {
    try {
      await this.#held?.place.flush()
      return { type: 'flushed', number }
    } catch (error) {
      return { type: 'flushed', number, problem: problemOf(error) }
    }
  }

  readonly #guestEvents = {
    work: (action: () => void): void =>
      this.#guard(() => {
        action()
        this.#turn()
      }),
    flush: (number: number): Promise<Flushed> => this.#flush(number),
    outdated: (): void => this.#page.postMessage({ type: 'outdated' }),
  }

  #turn(): void {
    this.#guard(() => {
      const engine = this.#engine
      if (engine === undefined) return
      const more = engine.run()
      this.#idle()
      this.#postToPage(engine)
      this.#guests?.post()
      this.#held?.place.turned()
      if (this.#closing && engine.isQuiet()) return this.#finish()
      if (more) return this.#tickSoon()
      this.#wakeIn(engine.wakeMs())
    })
  }

  #postToPage(engine: Engine): void {
    const message = engine.next(this.#client)
    if (message !== undefined) this.#page.postMessage(message, transferOf(message))
  }

  // Everything that was done has been answered when this returns.
  #finish(): void {
    this.#guests?.finish()
    this.#engine?.close()
    this.#engine = undefined
    this.#leave(() => {
      this.#guests?.close()
      this.#guests = undefined
      return { type: 'closed' }
    })
  }

  // What was committed is made sure of before anybody is told that it is the end.
  #leave(last: () => FromWorker): void {
    this.#ended = true
    clearTimeout(this.#timer)
    const place = this.#held?.place
    void (place?.leave() ?? Promise.resolve())
      .then(last, (error): FromWorker => ({ type: 'lost', message: textOf(error) }))
      .then((message) => {
        this.#end()
        this.#page.postMessage(message)
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
    if (this.#ended) return
    try {
      action()
    } catch (error) {
      this.#lose(error)
    }
  }

  #lose(error: unknown): void {
    if (this.#ended) return
    this.#engine = undefined
    this.#guests?.abandon()
    this.#leave(() => ({ type: 'lost', message: textOf(error) }))
  }

  #end(): void {
    this.#ended = true
    this.#engine = undefined
    this.#guests?.abandon()
    this.#stop.abort()
    clearTimeout(this.#timer)
    letGo(this.#held)
    this.#tick.port1.close()
  }
}

// As Promise.all, but waits for every one, and closes what was opened if another failed.
async function settled(
  module: Promise<Module>,
  held: Promise<Held>,
  lock: Promise<Release | undefined>,
): Promise<[Module, Held, Release | undefined]> {
  const [a, b, c] = await Promise.allSettled([module, held, lock])
  if (a.status === 'fulfilled' && b.status === 'fulfilled' && c.status === 'fulfilled') {
    return [a.value, b.value, c.value]
  }
  if (b.status === 'fulfilled') letGo(b.value)
  if (c.status === 'fulfilled') void c.value?.()
  throw [a, b, c].find((result) => result.status === 'rejected')!.reason
}

function otherVersion(url: string): Problem {
  return new Problem(
    'outdated',
    `the worker that was loaded is of another version than its page (its module: ${url})`,
    'reload this page; serve worker.js and outboard.wasm of one version with index.js',
  )
}

function letGo(held: Held | undefined): void {
  held?.place.close()
  void held?.release()
}

function problemOf(error: unknown): NonNullable<Flushed['problem']> {
  if (error instanceof Problem)
    return { code: error.code, message: error.message, hint: error.hint }
  return { code: 'internal', message: textOf(error), hint: 'please report this' }
}

function failureOf(error: unknown): Omit<Extract<FromWorker, { type: 'failed' }>, 'type'> {
  return { ...problemOf(error), missing: error instanceof Missing }
}
