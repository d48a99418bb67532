// The worker that an engine runs in, seen from the page: starts it, notices when it is gone, ends
// it.
import { badRequest, OutboardError } from '../protocol/errors.js'
import type { FromWorker, Storage, ToWorker } from '../protocol/host.js'
import type { Port } from './channel.js'

export interface HostOptions {
  name: string
  storage: Storage
  workerUrl?: string | URL
  wasmUrl?: string | URL
}

export interface HostEvents {
  message(message: ArrayBuffer): void
  /** The engine is gone; nothing more will come. Not called after `stop`. */
  lost(error: OutboardError): void
}

const closeTimeoutMs = 5_000

export class WorkerHost implements Port {
  /** Resolves when the engine takes frames. Rejects, typed, if it is known that it never will. */
  readonly started: Promise<void>
  readonly #worker: Worker
  readonly #url: string
  readonly #events: HostEvents
  readonly #watch = new AbortController()
  #ready!: () => void
  #failed!: (error: OutboardError) => void
  #closed: (() => void) | undefined
  #state: 'starting' | 'running' | 'ended' = 'starting'

  /** Starts the worker. Frames may be posted at once. */
  constructor(options: HostOptions, events: HostEvents) {
    this.#events = events
    this.#url = String(options.workerUrl ?? `worker.js beside ${import.meta.url}`)
    this.started = new Promise((resolve, reject) => {
      this.#ready = resolve
      this.#failed = reject
    })
    this.started.catch(() => {}) // whoever is interested awaits it
    const wasmUrl = addressOf(options.wasmUrl)
    this.#worker = startWorker(options.workerUrl)
    this.#worker.onmessage = (event: MessageEvent<ArrayBuffer | FromWorker>) =>
      this.#take(event.data)
    this.#worker.onmessageerror = () => this.#lose('a message of the worker could not be read')
    this.#worker.onerror = (event) => {
      event.preventDefault() // it is reported as an error of open, or of the calls under way
      this.#lose(event.message)
    }
    this.#tell({
      type: 'open',
      name: options.name,
      storage: options.storage,
      ...(wasmUrl === undefined ? {} : { wasmUrl }),
    })
  }

  postMessage(message: ArrayBuffer, transfer: ArrayBuffer[]): void {
    this.#worker.postMessage(message, transfer)
  }

  /** Lets the worker close its files, then ends it. */
  async stop(): Promise<void> {
    if (this.#state === 'running') {
      this.#state = 'ended'
      await new Promise<void>((resolve) => {
        this.#closed = resolve
        setTimeout(resolve, closeTimeoutMs)
        this.#tell({ type: 'close' })
      })
    }
    this.terminate()
  }

  /** Ends the worker at once. */
  terminate(): void {
    this.#state = 'ended'
    this.#watch.abort()
    this.#worker.terminate()
  }

  #tell(message: ToWorker): void {
    this.#worker.postMessage(message)
  }

  #take(data: ArrayBuffer | FromWorker): void {
    if (data instanceof ArrayBuffer) return this.#events.message(data)
    switch (data.type) {
      case 'ready':
        this.#state = 'running'
        if (data.lock !== undefined) void this.#watchLock(data.lock)
        return this.#ready()
      case 'failed':
        return this.#failed(new OutboardError(data.code, data.message, { hint: data.hint }))
      case 'lost':
        return this.#lose(data.message)
      case 'closed':
        return this.#closed?.()
    }
  }

  // A worker that is killed says nothing. But its locks are given to whoever waits for them.
  async #watchLock(lock: string): Promise<void> {
    try {
      await navigator.locks.request(lock, { signal: this.#watch.signal }, () => {})
      this.#lose('the worker was ended')
    } catch {
      // The watch was called off.
    }
  }

  #lose(why: string | undefined): void {
    if (this.#state === 'starting') return this.#failed(this.#notLoaded(why))
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

// The worker's own address may be anywhere, so a relative one is resolved here.
function addressOf(url: string | URL | undefined): string | undefined {
  if (url === undefined) return undefined
  try {
    return new URL(url, typeof document === 'undefined' ? location.href : document.baseURI).href
  } catch {
    throw badRequest(`wasmUrl is no address: ${url}`, 'give one, or a path beginning with /')
  }
}

function startWorker(url: string | URL | undefined): Worker {
  try {
    // Bundlers know this form, and look for it word for word.
    return url === undefined
      ? new Worker(new URL('./worker.js', import.meta.url), { type: 'module' })
      : new Worker(url, { type: 'module' })
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
