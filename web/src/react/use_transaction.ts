// Writes on behalf of a component.
import { useCallback, useMemo, useState } from 'react'
import type { Transaction } from '../index.js'
import { useDatabase } from './provider.js'

export interface TransactionState {
  /**
   * Runs `fn` in a transaction, as `database.transaction` does; rejects with what went wrong. Goes
   * on when the component is gone.
   */
  readonly run: <T>(fn: (tx: Transaction) => Promise<T> | T) => Promise<T>
  /** Whether one that this component started is under way. */
  readonly running: boolean
  /** Why the last one failed; undefined again when another one starts. */
  readonly error: unknown
}

/** Transactions of this component's, and how they go. */
export function useTransaction(): TransactionState {
  const database = useDatabase()
  const [state, setState] = useState<{ open: number; error: unknown }>({
    open: 0,
    error: undefined,
  })

  const run = useCallback(
    async <T>(fn: (tx: Transaction) => Promise<T> | T): Promise<T> => {
      // React leaves out what comes after the end of the component.
      const note = (change: number, error: unknown): void =>
        setState(({ open }) => ({ open: open + change, error }))
      note(1, undefined)
      try {
        const result = await database.transaction(fn)
        note(-1, undefined)
        return result
      } catch (error) {
        note(-1, error)
        throw error
      }
    },
    [database],
  )
  const { open, error } = state
  return useMemo(() => ({ run, running: open > 0, error }), [run, open, error])
}
