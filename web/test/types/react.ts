// An application that uses React, against the types as they are published.
import { type Database, type Row, sql, type Transaction } from 'outboard'
import {
  OutboardProvider,
  type QueryState,
  useDatabase,
  useQuery,
  useSuspenseQuery,
  useTransaction,
} from 'outboard/react'
import { createElement, type ReactElement } from 'react'

interface Note {
  id: number
  title: string
}

export function Notes(): ReactElement {
  const database: Database = useDatabase()
  const notes: QueryState<Note> = useQuery<Note>('select * from note where id = ?', [1n], {
    enabled: database.info.created,
    integers: 'number',
  })
  const titles: readonly string[] | undefined = notes.data?.map((note) => note.title)
  const rows: readonly Row[] = useSuspenseQuery(sql`select ${titles?.length ?? 0}`).data
  useQuery({ sql: 'select ?', parameters: [1] }, { timeoutMs: 10 })
  const { run, running } = useTransaction()
  const add = (): Promise<number> =>
    run(async (tx: Transaction) => (await tx.exec('insert into note values (1)')).changes)
  // @ts-expect-error: cancelling is the hook's
  useQuery('select 1', [], { signal: AbortSignal.timeout(1) })
  // @ts-expect-error: a suspended component always asks
  useSuspenseQuery('select 1', [], { enabled: false })
  return createElement(OutboardProvider, { database }, rows.length, running, String(add.length))
}
