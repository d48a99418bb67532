// A set-up as an application orders it, and the watch over its code, which nothing in the worker
// could stop.
import { badRequest, OutboardError } from '../protocol/errors.js'
import type { SetUpOrder } from '../protocol/set_up.js'
import { addressOf } from './address.js'

export interface SetUpOptions {
  /** The address of an ES module whose default export is a `SetUpModule`. */
  module?: string | URL
  /** Its text, instead of `module`: self-contained, for it has no address to import from. */
  source?: string
  /** What the set-up is told: whatever can be cloned to a worker. */
  config?: unknown
  /**
   * A whole number, 1 by default. Tabs share one engine, which has one set-up: that of the greater
   * version. Raise it with each change of the module.
   */
  version?: number
  /**
   * How long the set-up may take, and a statement that calls its functions give no sign of life.
   * Then the worker is ended, and started anew. 10,000 by default.
   */
  watchdogMs?: number
}

/** A set-up, and how long it may be silent. */
export interface WatchedSetUp {
  order: SetUpOrder
  watchdogMs: number
}

/** Throws `bad_request` where the options make no sense. */
export function orderOf(options: SetUpOptions): WatchedSetUp {
  const { module, source, config, version = 1, watchdogMs = 10_000 } = options
  if ((module === undefined) === (source === undefined))
    throw badRequest('a set-up has a `module` or a `source`', 'give one of the two')
  if (!Number.isSafeInteger(version) || version < 1)
    throw badRequest('the version of a set-up is a whole number, from 1', '')
  if (!(watchdogMs > 0)) throw badRequest('setUp.watchdogMs is a time, longer than 0', '')
  const what = source === undefined ? { url: addressOf('setUp.module', module!) } : { source }
  return { order: { ...what, config: cloned(config), version }, watchdogMs }
}

function cloned(config: unknown): unknown {
  try {
    return structuredClone(config)
  } catch (cause) {
    const why = (cause as Error).message
    throw badRequest(
      `setUp.config cannot be sent to a worker: ${why}`,
      'leave functions and the like out: the module has its own',
    )
  }
}

// A page that was busy itself finds a sign of life among its messages: it looks at them first.
const graceMs = 500

/** Waits for signs of life while code of the application runs. */
export class Watchdog {
  readonly #limitMs: number
  readonly #late: (error: OutboardError) => void
  #what = ''
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor({ watchdogMs }: WatchedSetUp, late: (error: OutboardError) => void) {
    this.#limitMs = watchdogMs
    this.#late = late
  }

  /** Some of it runs now: `what`. */
  watch(what: string): void {
    this.#what = what
    this.#wait()
  }

  /** There was a sign of life. */
  sign(): void {
    if (this.isWatching) this.#wait()
  }

  /** None of it runs. */
  rest(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  get isWatching(): boolean {
    return this.#timer !== undefined
  }

  #wait(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => {
      this.#timer = setTimeout(() => this.#late(this.#error()), graceMs)
    }, this.#limitMs)
  }

  #error(): OutboardError {
    const silence = `${this.#what} gave no sign of life for ${this.#limitMs} ms`
    return new OutboardError('timeout', silence, {
      hint: 'see what it waits for or loops in, or set setUp.watchdogMs higher',
    })
  }
}
