// React over Outboard: hooks that read, and one that writes.
export { OutboardProvider, type OutboardProviderProps, useDatabase } from './provider.js'
export { type QueryOptions, type QueryState, useQuery } from './use_query.js'
export {
  type SuspenseQueryOptions,
  type SuspenseQueryState,
  useSuspenseQuery,
} from './use_suspense_query.js'
export { type TransactionState, useTransaction } from './use_transaction.js'
