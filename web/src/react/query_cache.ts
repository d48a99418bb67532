// The questions that components ask at present, and what is known about each. One per database.
//
// An entry is made by the first subscriber, or by a suspended component, and goes with the last
// one. Nothing is asked while React renders, but for a suspended component: it has no other time.
import type { CallOptions, Database } from '../index.js'
import type { Question } from './question.js'
import { keepRows } from './rows.js'

export interface Snapshot {
  readonly data: readonly unknown[] | undefined
  readonly error: unknown
  readonly loading: boolean
}

export const waiting: Snapshot = { data: undefined, error: undefined, loading: true }
export const nothing: Snapshot = { data: undefined, error: undefined, loading: false }

// How long an answer waits for the component that suspended for it, and an error for others that
// the same rendering has yet to come to.
const unclaimedMs = 5_000
const thrownErrorMs = 100

const caches = /* @__PURE__ */ new WeakMap<Database, QueryCache>()

export function cacheOf(database: Database): QueryCache {
  let cache = caches.get(database)
  if (cache === undefined) caches.set(database, (cache = new QueryCache(database)))
  return cache
}

export class QueryCache {
  readonly #database: Database
  readonly #entries = new Map<string, Entry>()

  constructor(database: Database) {
    this.#database = database
  }

  /** The same object as long as nothing changed. */
  snapshot(key: string): Snapshot {
    return this.#entries.get(key)?.snapshot ?? waiting
  }

  /** Calls `changed` on every change until the result is called; asks if nobody has yet. */
  subscribe(key: string, question: Question, changed: () => void): () => void {
    const entry = this.#entryOf(key, question)
    const listener = (): void => changed() // the same function may subscribe twice
    entry.listeners.add(listener)
    return () => {
      entry.listeners.delete(listener)
      // Whoever comes back at once, as in strict mode, finds it as it was.
      queueMicrotask(() => this.#forgetUnused(key, entry))
    }
  }

  /** Asks anew: what is under way may have read before the caller wrote. */
  async refetch(key: string): Promise<void> {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    entry.ask(this.#database)
    await entry.settled
  }

  /** What a component without rows has to throw: a promise, or why there are none. */
  require(key: string, question: Question): unknown {
    const entry = this.#entryOf(key, question)
    const { error, loading } = entry.snapshot
    const failed = !loading && error !== undefined
    if (failed) setTimeout(() => this.#forgetUnused(key, entry), thrownErrorMs)
    else void entry.settled.then(() => this.#forgetLater(key, entry))
    return failed ? error : entry.settled
  }

  #entryOf(key: string, question: Question): Entry {
    let entry = this.#entries.get(key)
    if (entry === undefined) {
      this.#entries.set(key, (entry = new Entry(question)))
      entry.ask(this.#database)
    }
    return entry
  }

  #forgetLater(key: string, entry: Entry): void {
    setTimeout(() => this.#forgetUnused(key, entry), unclaimedMs)
  }

  #forgetUnused(key: string, entry: Entry): void {
    if (entry.listeners.size > 0 || this.#entries.get(key) !== entry) return
    this.#entries.delete(key)
    entry.cancel()
  }
}

class Entry {
  snapshot = waiting
  /** Resolves when the request that is under way has ended, however it ends. */
  settled: Promise<void> = Promise.resolve()
  readonly listeners = new Set<() => void>()
  readonly #question: Question
  #request: AbortController | undefined

  constructor(question: Question) {
    this.#question = question
  }

  /** Cancels what is under way, and asks anew. */
  ask(database: Database): void {
    this.cancel()
    const request = new AbortController()
    this.#request = request
    if (!this.snapshot.loading) this.#become({ ...this.snapshot, loading: true })
    this.settled = this.#rows(database, request.signal).then(
      (rows) => this.#take(request, rows),
      (error: unknown) => this.#fail(request, error),
    )
  }

  cancel(): void {
    this.#request?.abort()
    this.#request = undefined
  }

  async #rows(database: Database, signal: AbortSignal): Promise<readonly unknown[]> {
    const { query, params, options } = this.#question
    const { timeoutMs, integers, shape } = options
    const call: CallOptions = { signal }
    if (timeoutMs !== undefined) call.timeoutMs = timeoutMs
    if (integers !== undefined) call.integers = integers
    if (shape !== undefined) call.shape = shape
    return typeof query === 'string'
      ? database.all(query, params ?? [], call)
      : database.all(query, call)
  }

  #take(request: AbortController, rows: readonly unknown[]): void {
    if (request !== this.#request) return
    const { data } = this.snapshot
    const kept = data === undefined ? rows : keepRows(data, rows)
    this.#become({ data: kept, error: undefined, loading: false })
  }

  #fail(request: AbortController, error: unknown): void {
    if (request !== this.#request) return
    this.#become({ data: this.snapshot.data, error, loading: false })
  }

  #become(snapshot: Snapshot): void {
    this.snapshot = snapshot
    for (const listener of [...this.listeners]) listener()
  }
}
