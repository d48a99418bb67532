// Which database the hooks below speak with.
import { createContext, createElement, type ReactElement, type ReactNode, useContext } from 'react'
import { type Database, OutboardError } from '../index.js'

const DatabaseContext = /* @__PURE__ */ createContext<Database | undefined>(undefined)

export interface OutboardProviderProps {
  /** An open database. Who opened it closes it. */
  database: Database
  children?: ReactNode
}

export function OutboardProvider({ database, children }: OutboardProviderProps): ReactElement {
  return createElement(DatabaseContext.Provider, { value: database }, children)
}

/** The database of the nearest OutboardProvider. */
export function useDatabase(): Database {
  const database = useContext(DatabaseContext)
  if (database !== undefined) return database
  throw new OutboardError('bad_request', 'there is no OutboardProvider above this component', {
    hint: 'put <OutboardProvider database={database}> around it',
  })
}
