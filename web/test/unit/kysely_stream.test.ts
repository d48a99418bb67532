// Streams and cancelling through Kysely.
import assert from 'node:assert/strict'
import { CompiledQuery, type Kysely, sql } from 'kysely'
import { OutboardError } from '../../src/index.ts'
import { OutboardDialect } from '../../src/kysely/index.ts'
import { add, type Schema, titles, withKysely } from './with_kysely.ts'

const thousands = sql<{ i: number }>`
  with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i from n`

async function fill(k: Kysely<Schema>): Promise<void> {
  await sql`insert into note(title) select 't' || i from (${thousands})`.execute(k)
}

withKysely('a stream gives all rows, in and outside of a transaction', async (k) => {
  await fill(k)
  const count = async (on: Kysely<Schema>) => {
    let rows = 0
    for await (const row of on.selectFrom('note').select('title').orderBy('id').stream(70))
      assert.equal(row.title, `t${++rows}`)
    return rows
  }
  assert.equal(await count(k), 5000)
  assert.equal(await k.transaction().execute(count), 5000)
})

withKysely('a stream that is left half-way holds nothing', async (k) => {
  await fill(k)
  for (let i = 0; i < 20; ++i) {
    for await (const row of k.selectFrom('note').selectAll().stream(10)) if (row.id === 25) break
  }
  await k.transaction().execute(async (trx) => {
    for await (const row of trx.selectFrom('note').selectAll().stream(10)) if (row.id === 25) break
    await add(trx, 'after')
  })
  assert.equal((await titles(k)).length, 5001)
})

withKysely('a stream that fails half-way ends its transaction', async (k) => {
  await fill(k)
  const failing = k.transaction().execute(async (trx) => {
    await add(trx, 'before')
    const query = trx
      .selectFrom('note')
      .select(sql`case id when 4000 then abs(-9223372036854775807 - 1) else id end`.as('v'))
    for await (const row of query.stream(10)) void row
  })
  await assert.rejects(failing, OutboardError)
  assert.equal((await titles(k)).length, 5000)
})

withKysely('what a writing query returns is streamed as well', async (k) => {
  await fill(k)
  const ids: unknown[] = []
  const query = k.deleteFrom('note').where('id', '<=', 3).returning('id')
  for await (const { id } of query.stream()) ids.push(id)
  assert.deepEqual(ids, [1, 2, 3])
})

withKysely('a query and a stream are cancelled in the engine', async (k, database) => {
  const endless = CompiledQuery.raw(
    'with recursive n(i) as (select 1 union all select i + 1 from n) select i from n',
  )
  const driver = new OutboardDialect({ database }).createDriver()
  const connection = await driver.acquireConnection()
  const running = connection.executeQuery(endless)
  setTimeout(() => void connection.cancelQuery!(async () => {}), 20)
  await assert.rejects(running, { code: 'cancelled' })

  const controller = new AbortController()
  const { signal } = controller
  const stream = connection.streamQuery(endless, 10, { signal } as never)
  await stream.next()
  controller.abort()
  await assert.rejects(
    async () => {
      for await (const result of stream) void result
    },
    { code: 'cancelled' },
  )
  await add(k, 'a')
})
