// Reads rows for a component that does not go on without them.
import type { Params, Row, Sql } from '../index.js'
import { useDatabase } from './provider.js'
import { cacheOf } from './query_cache.js'
import { keyOf, questionOf } from './question.js'
import { type QueryOptions, type QueryState, useCached } from './use_query.js'

export interface SuspenseQueryState<T> extends QueryState<T> {
  readonly data: readonly T[]
}

export type SuspenseQueryOptions = Omit<QueryOptions, 'enabled'>

/**
 * The rows of a query. Until they are there the nearest Suspense shows its fallback; if there are
 * none because the query failed, the nearest error boundary gets the error.
 */
export function useSuspenseQuery<T = Row>(
  query: string,
  params?: Params,
  options?: SuspenseQueryOptions,
): SuspenseQueryState<T>
export function useSuspenseQuery<T = Row>(
  query: Sql,
  options?: SuspenseQueryOptions,
): SuspenseQueryState<T>
export function useSuspenseQuery<T>(
  query: string | Sql,
  second?: Params | SuspenseQueryOptions,
  third?: SuspenseQueryOptions,
): SuspenseQueryState<T> {
  const question = questionOf<SuspenseQueryOptions>(query, second, third)
  const cache = cacheOf(useDatabase())
  const state = useCached<T>(cache, question, true)
  // Suspense wants the promise, or the error, thrown.
  if (state.data === undefined) throw cache.require(keyOf(question), question)
  return state as SuspenseQueryState<T>
}
