// What the hooks hold, in strict mode, on a real page with a real engine.
import { createElement as h, memo, startTransition, useState } from 'react'
import { sql } from 'outboard'
import { useDatabase, useQuery, useSuspenseQuery, useTransaction } from 'outboard/react'
import { Boundary, equal, Stage, tick, waitingFor } from './stage.js'

const titles = 'select id, title from note order by id'
const endless = 'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n'

const shown = ({ data, error, loading }) =>
  `${data ? data.map((row) => row.title).join() : '-'}${error ? ` ${error.code}` : ''}${loading ? '…' : ''};`

export const cases = {
  'rows, loading and errors reach the component': async (stage) => {
    const seen = []
    function List({ query }) {
      const state = useQuery(query)
      seen.push(shown(state))
      return shown(state)
    }
    stage.show(h(List, { query: titles }))
    await stage.until('Sea,Shore,Sand;')
    equal([...new Set(seen)], ['-…;', 'Sea,Shore,Sand;'])
    stage.show(h(List, { query: 'select nonsense' }))
    await stage.until('- bad_request;')
    stage.show(h(List, { query: sql`select ${'x'} as title` }))
    await stage.until('x;')
  },

  'equal queries share one request, and others do not': async (stage) => {
    const List = ({ params }) => shown(useQuery('select typeof(?) as title', params))
    const all = [[2], [2], [2n], ['2']].map((params, key) => h(List, { key, params }))
    stage.show(all)
    await stage.until('integer;integer;integer;text;')
    equal(stage.asked.length, 3)
    stage.show([...all, h(List, { key: 9, params: [2] })])
    await stage.until('integer;integer;integer;text;integer;')
    equal(stage.asked.length, 3)
  },

  'refetch is for all that show the query, and keeps rows that did not change': async (stage) => {
    let refetch
    const drawn = []
    const Row = memo(({ row }) => {
      drawn.push(row.title)
      return row.title
    })
    function List() {
      const state = useQuery(titles)
      refetch = state.refetch
      return (state.data ?? []).map((row) => h(Row, { key: row.id, row }))
    }
    stage.show([h(List, { key: 1 }), h(List, { key: 2 })])
    await stage.until('SeaShoreSandSeaShoreSand')
    drawn.length = 0
    await stage.database.exec("update note set title = 'Storm' where id = 2")
    await stage.database.exec("insert into note values (0, 'Foam')")
    await refetch()
    await stage.until('FoamSeaStormSandFoamSeaStormSand')
    equal([...new Set(drawn)].sort(), ['Foam', 'Storm'])
    drawn.length = 0
    await refetch()
    await tick(20)
    equal(drawn, [])
    equal(stage.asked.length, 3)
  },

  'a refetch that fails keeps the rows and tells why': async (stage) => {
    let refetch
    function List() {
      const state = useQuery(titles)
      refetch = state.refetch
      return shown(state)
    }
    stage.show(h(List))
    await stage.until('Sea,Shore,Sand;')
    await stage.database.exec('alter table note rename to gone')
    await refetch()
    await stage.until('Sea,Shore,Sand bad_request;')
    await stage.database.exec('alter table gone rename to note')
    await refetch()
    await stage.until('Sea,Shore,Sand;')
  },

  'a request that nobody waits for any more is cancelled': async (stage) => {
    const List = ({ query }) => shown(useQuery(query))
    stage.show([h(List, { key: 1, query: endless }), h(List, { key: 2, query: endless })])
    await tick(20)
    stage.show([h(List, { key: 1, query: endless })])
    await tick(20)
    equal(
      stage.signals.map((signal) => signal.aborted),
      [false],
    )
    stage.show([h(List, { key: 1, query: titles })])
    await stage.until('Sea,Shore,Sand;')
    equal(
      stage.signals.map((signal) => signal.aborted),
      [true, false],
    )
    stage.show(null)
    await tick(20)
    stage.show(h(List, { query: titles }))
    await stage.until('Sea,Shore,Sand;')
    equal(stage.asked.length, 3, 'what nobody shows is forgotten, and asked anew:')
  },

  'what is not enabled asks nothing': async (stage) => {
    const List = ({ enabled }) => shown(useQuery(titles, [], { enabled }))
    stage.show(h(List, { enabled: false }))
    await stage.until('-;')
    equal(stage.asked, [])
    stage.show(h(List, { enabled: true }))
    await stage.until('Sea,Shore,Sand;')
  },

  'a suspended component appears with its rows, after one request': async (stage) => {
    const seen = new Set()
    function List({ name = '' }) {
      const { data } = useSuspenseQuery(titles)
      seen.add(data.length)
      return `${name}${data.map((row) => row.title).join()};`
    }
    const both = [h(List, { key: 1 }), h(List, { key: 2, name: 'b' })]
    stage.show(waitingFor(both))
    await stage.until('fallback')
    await stage.until('Sea,Shore,Sand;bSea,Shore,Sand;')
    equal([...seen], [3])
    equal(stage.asked.length, 1)
  },

  'in a transition the old rows stay until the new ones are there': async (stage) => {
    let setId
    function List({ id }) {
      return useSuspenseQuery('select title from note where id = ?', [id]).data[0].title
    }
    function App() {
      const [id, set] = useState(1)
      setId = set
      return waitingFor(h(List, { id }))
    }
    stage.show(h(App))
    await stage.until('Sea')
    const texts = new Set()
    const observer = new MutationObserver(() => texts.add(stage.text))
    observer.observe(stage.place, { childList: true, characterData: true, subtree: true })
    startTransition(() => setId(3))
    await stage.until('Sand')
    await tick(5)
    observer.disconnect()
    equal([...texts], ['Sand'])
  },

  'an error of a suspended component reaches its boundary, which may try again': async (stage) => {
    const List = () => useSuspenseQuery('select title from later').data[0].title
    const attempt = (number) => stage.show(h(Boundary, { attempt: number }, waitingFor(h(List))))
    attempt(1)
    await stage.until('caught bad_request')
    await stage.database.exec("create table later(title); insert into later values ('now')")
    await tick(300)
    attempt(2)
    await stage.until('now')
    stage.complaints.length = 0 // React names each error that a boundary caught
  },

  'a transaction writes, and tells how it goes': async (stage) => {
    let run
    function Writer() {
      const state = useTransaction()
      run = state.run
      return `${state.running ? 'running' : 'idle'} ${state.error?.code ?? ''};`
    }
    stage.show(h(Writer))
    await stage.until('idle ;')
    let finish
    const result = run(async (tx) => {
      await tx.exec("insert into note values (7, 'Tide')")
      await new Promise((resolve) => (finish = resolve))
      return 7
    })
    await stage.until('running ;')
    while (!finish) await tick()
    finish()
    equal(await result, 7)
    await stage.until('idle ;')
    const failing = run((tx) => tx.exec("insert into note values (7, 'again')"))
    equal(await failing.catch(({ code }) => code), 'constraint')
    await stage.until('idle constraint;')
    equal(await stage.database.first('select count(*) as n from note'), { n: 4 })
  },

  'a transaction goes on without its component, in silence': async (stage) => {
    let run
    const Writer = () => ((run = useTransaction().run), 'writer')
    stage.show(h(Writer))
    await stage.until('writer')
    const result = run(async (tx) => {
      await tick(30)
      return tx.exec("insert into note values (7, 'Tide')")
    })
    stage.show(null)
    await result
    equal(await stage.database.first('select title from note where id = 7'), { title: 'Tide' })
  },

  'the hooks say so where there is no provider': async (stage) => {
    const Lost = () => useDatabase().info.name
    stage.root.render(h(Boundary, null, h(Lost)))
    await stage.until('caught bad_request')
    stage.complaints.length = 0
  },
}

/** Runs one; throws what is wrong. React must have had nothing to complain about. */
export async function run(name, database) {
  const stage = await Stage.open(database)
  try {
    await cases[name](stage)
  } finally {
    await stage.close()
  }
  equal(stage.complaints, [], 'React complains:')
}
