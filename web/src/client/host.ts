// The worker that this tab's engine runs in, or waits to, seen from the page: starts it, notices
// when it is gone, ends it.
import { OutboardError } from '../protocol/errors.js'
import type { Flush, Flushed, FromWorker, Storage, ToWorker } from '../protocol/host.js'
import { addressOf } from './address.js'
import { tabsVersion } from '../protocol/tabs.js'
import type { Port } from './channel.js'
import { type WatchedSetUp, Watchdog } from './set_up.js'
import type { StartThread, Thread, ThreadEvents } from './thread.js'

export interface HostOptions {
  name: string
  storage: Storage
  hasSeed: boolean
  setUp?: WatchedSetUp
  /** Of the application's schema. */
  schemaVersion?: number
  /** Instead of a worker. */
  startThread?: StartThread
  workerUrl?: string | URL
  wasmUrl?: string | URL
}

/** `again`: this page has had the database open, so it is there. */
export type Purpose = 'first' | 'again'

/** What the storage needs is not there: another one may do. */
export class StorageMissing extends OutboardError {}

/** Says that a new database has got its seed; resolves when nothing can take that back. */
export type Seeding = () => Promise<void>

export interface HostEvents {
  /** The engine takes frames: this tab is the owner. A new database waits for its seed. */
  ready(seeding: Seeding | undefined): void
  message(message: ArrayBuffer): void
  /** It is known that the engine never will take frames. */
  failed(error: OutboardError): void
  /** The engine is gone; nothing more will come. */
  lost(error: OutboardError): void
  flushed(message: Flushed): void
  /** Another tab has a newer version, and waits for the files. */
  outdated(): void
}

/** A worker that is asked so many times, as often as this, and gives no sign of life is wedged. */
const asksMax = 3
const askEveryMs = 200
/** A disk may take so long. */
const diskMs = 10_000

export class WorkerHost implements Port {
  watch: Port['watch']
  readonly #thread: Thread
  readonly #url: string
  readonly #events: HostEvents
  readonly #watch = new AbortController()
  #closed: (() => void) | undefined
  #seeded: (() => void) | undefined
  readonly #watchdog: Watchdog | undefined
  #state: 'starting' | 'running' | 'ended' = 'starting'
  #asks = 0 // since the last sign of life
  #asking: ReturnType<typeof setTimeout> | undefined
  #patientUntil = 0

  /** Starts the worker. After `terminate` there are no more events. */
  constructor(options: HostOptions, purpose: Purpose, events: HostEvents) {
    this.#events = events
    this.#url = String(options.workerUrl ?? `worker.js beside ${import.meta.url}`)
    const wasmUrl = options.wasmUrl && addressOf('wasmUrl', options.wasmUrl)
    this.#watchdog = options.setUp && new Watchdog(options.setUp, (why) => this.#stuck(why))
    const start = options.startThread ?? ((all) => startWorker(options.workerUrl, all))
    this.#thread = start({
      message: (data) => this.#take(data as ArrayBuffer | FromWorker),
      failed: (why) => this.#lose(why),
    })
    this.#tell({
      type: 'open',
      name: options.name,
      storage: options.storage,
      mustExist: purpose === 'again',
      hasSeed: options.hasSeed,
      ...(options.setUp === undefined ? {} : { setUp: options.setUp.order }),
      version: tabsVersion,
      ...(options.schemaVersion === undefined ? {} : { schemaVersion: options.schemaVersion }),
      ...(wasmUrl === undefined ? {} : { wasmUrl }),
    })
  }

  postMessage(message: ArrayBuffer, transfer: ArrayBuffer[]): void {
    this.#thread.postMessage(message, transfer)
  }

  flush(message: Flush): void {
    this.#tell(message)
  }

  /**
   * Lets the worker end what is under way and close its files, then ends it. Resolves with true if
   * it got so far in that time.
   */
  async stop(limitMs: number): Promise<boolean> {
    let closed = false
    if (this.#state === 'running') {
      await new Promise<void>((resolve) => {
        this.#closed = () => {
          closed = true
          resolve()
        }
        this.#watch.signal.addEventListener('abort', () => resolve())
        if (limitMs !== Infinity) setTimeout(resolve, limitMs)
        this.#tell({ type: 'close' })
      })
    }
    this.terminate()
    return closed
  }

  /** Somebody waits for it. If it gives no sign of life, however often it is asked, it is lost. */
  ask(): void {
    // Code of the application has its own time.
    if (this.#watchdog?.isWatching) return
    if (this.#state === 'running' && this.#asking === undefined) this.#askOn()
  }

  /** Ends the worker at once. */
  terminate(): void {
    this.#state = 'ended'
    this.#heard()
    this.#watchdog?.rest()
    this.#watch.abort()
    this.#thread.terminate()
  }

  // Counted by this page's own turns: while it stands still itself it hears nothing either.
  #askOn(): void {
    if (performance.now() >= this.#patientUntil && ++this.#asks > asksMax)
      return this.#lose('it was in something that nothing can interrupt')
    this.#tell({ type: 'ask' })
    this.#asking = setTimeout(() => this.#askOn(), askEveryMs)
  }

  #heard(): void {
    clearTimeout(this.#asking)
    this.#asking = undefined
    this.#asks = 0
    this.#patientUntil = 0
  }

  #letOthersIn(): Promise<void> {
    return new Promise((resolve) => {
      this.#seeded = resolve
      this.#tell({ type: 'seeded' })
    })
  }

  #tell(message: ToWorker): void {
    this.#thread.postMessage(message, [])
  }

  #take(data: ArrayBuffer | FromWorker): void {
    if (this.#state === 'ended') return
    this.#heard()
    if (data instanceof ArrayBuffer) return this.#events.message(data)
    switch (data.type) {
      case 'busy':
        return this.#watchdog?.watch(data.what)
      case 'idle':
        return this.#watchdog?.rest()
      case 'ready':
        this.#state = 'running'
        if (data.lock !== undefined) void this.#watchLock(data.lock)
        if (data.watches) this.watch = (id, url) => this.#tell({ type: 'watch', id, url })
        return this.#events.ready(data.isNew ? () => this.#letOthersIn() : undefined)
      case 'seeded':
        return this.#seeded?.()
      case 'failed': {
        const { code, message, hint, missing } = data
        return this.#fail(new (missing ? StorageMissing : OutboardError)(code, message, { hint }))
      }
      case 'lost':
        return this.#lose(data.message)
      case 'flushed':
        return this.#events.flushed(data)
      case 'outdated':
        return this.#events.outdated()
      case 'closed':
        return this.#closed?.()
      case 'working':
        return this.#watchdog?.sign()
      case 'waiting':
        this.#patientUntil = performance.now() + diskMs
        return this.#watchdog?.sign()
    }
  }

  // A worker that is killed says nothing. But its locks are given to whoever waits for them.
  async #watchLock(lock: string): Promise<void> {
    try {
      const { signal } = this.#watch
      await navigator.locks.request(lock, { signal, mode: 'shared' }, () => {})
      this.#lose('the worker was ended')
    } catch {
      // The watch was called off.
    }
  }

  #fail(error: OutboardError): void {
    this.terminate()
    this.#events.failed(error)
  }

  // The application's code does not end, and the worker hears nothing.
  #stuck(error: OutboardError): void {
    if (this.#state === 'starting') return this.#fail(error)
    if (this.#state === 'running') this.#lose(error.message)
  }

  #lose(why: string | undefined): void {
    if (this.#state === 'starting') return this.#fail(this.#notLoaded(why))
    if (this.#state === 'ended') return
    this.terminate()
    this.#events.lost(
      new OutboardError('worker_lost', `the engine is gone: ${why ?? 'its worker failed'}`, {
        hint: 'open the database again; what was acknowledged is there, what was not may be',
      }),
    )
  }

  #notLoaded(why: string | undefined): OutboardError {
    return new OutboardError(
      'unavailable',
      `the worker did not start (${this.#url})${why ? `: ${why}` : ''}`,
      {
        hint:
          'serve worker.js as JavaScript beside index.js, or say where it is with `workerUrl`; ' +
          "Vite's dev server needs optimizeDeps: { exclude: ['outboard'] }",
      },
    )
  }
}

function startWorker(url: string | URL | undefined, events: ThreadEvents): Thread {
  try {
    // Bundlers know this form, and look for it word for word.
    const worker =
      url === undefined
        ? new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
        : new Worker(url, { type: 'module' })
    worker.onmessage = ({ data }) => events.message(data)
    worker.onmessageerror = () => events.failed('a message of the worker could not be read')
    worker.onerror = (event) => {
      event.preventDefault() // it is reported as an error of open, or of the calls under way
      events.failed(event.message)
    }
    return worker
  } catch (cause) {
    throw new OutboardError(
      'unavailable',
      `a worker cannot be started here: ${(cause as Error).message}`,
      {
        hint:
          "check the page's Content-Security-Policy (worker-src), and that workerUrl is of the " +
          "page's own origin",
        cause,
      },
    )
  }
}
