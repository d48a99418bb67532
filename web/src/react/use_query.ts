// Reads rows for a component, and again when asked.
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import type { CallOptions, Params, Row, Sql } from '../index.js'
import { useDatabase } from './provider.js'
import { cacheOf, nothing, type QueryCache, waiting } from './query_cache.js'
import { keyOf, type Question, questionOf } from './question.js'

export interface QueryOptions extends Omit<CallOptions, 'signal'> {
  /** False: asks nothing for now. */
  enabled?: boolean
}

export interface QueryState<T> {
  /** The rows, once they are there. A row that did not change is the same object as before. */
  readonly data: readonly T[] | undefined
  /** What became of the last request, if it failed; `data` is then of an earlier one. */
  readonly error: unknown
  /** Whether a request is under way. */
  readonly loading: boolean
  /** Asks again, for all components with this query; resolves when the answer is there. */
  readonly refetch: () => Promise<void>
}

/**
 * The rows of a query. Components that ask the same share one request and its rows; when the last
 * of them is gone, what is under way is cancelled, and the rows are forgotten.
 */
export function useQuery<T = Row>(
  query: string,
  params?: Params,
  options?: QueryOptions,
): QueryState<T>
export function useQuery<T = Row>(query: Sql, options?: QueryOptions): QueryState<T>
export function useQuery<T>(
  query: string | Sql,
  second?: Params | QueryOptions,
  third?: QueryOptions,
): QueryState<T> {
  const question = questionOf<QueryOptions>(query, second, third)
  const enabled = question.options.enabled ?? true
  const cache = cacheOf(useDatabase())
  return useCached<T>(cache, question, enabled)
}

/** What the cache has on that question, kept up to date; asks it if `enabled`. */
export function useCached<T>(
  cache: QueryCache,
  question: Question,
  enabled: boolean,
): QueryState<T> {
  const key = keyOf(question)
  // `question` may be left out: another one has another key.
  const subscribe = useCallback(
    (changed: () => void) => (enabled ? cache.subscribe(key, question, changed) : () => {}),
    [cache, key, enabled],
  )
  const snapshot = useSyncExternalStore(
    subscribe,
    () => (enabled ? cache.snapshot(key) : nothing),
    () => (enabled ? waiting : nothing),
  )
  const refetch = useCallback(() => cache.refetch(key), [cache, key])
  return useMemo(() => ({ ...snapshot, refetch }) as QueryState<T>, [snapshot, refetch])
}
