// Queries and transactions through Kysely. Runs with the newest Kysely and with the oldest one that
// is supported.
import assert from 'node:assert/strict'
import { CompiledQuery, Kysely, sql } from 'kysely'
import { type Database, OutboardError } from '../../src/index.ts'
import { OutboardDialect } from '../../src/kysely/index.ts'
import { test } from './check.ts'
import { openInside } from './inside.ts'
import { add, type Schema, titles, withKysely } from './with_kysely.ts'
import { pause, withDatabase } from './with_database.ts'

withKysely('an insert tells its id and its rows as bigints', async (k) => {
  const one = await k.insertInto('note').values({ title: 'a' }).executeTakeFirstOrThrow()
  assert.deepEqual([one.insertId, one.numInsertedOrUpdatedRows], [1n, 1n])
  const two = await k
    .insertInto('note')
    .values([{ title: 'b' }, { title: 'c' }])
    .executeTakeFirstOrThrow()
  assert.deepEqual([two.insertId, two.numInsertedOrUpdatedRows], [3n, 2n])
  const updated = await k.updateTable('note').set({ title: null }).where('id', '>', 1).execute()
  assert.equal(updated[0]!.numUpdatedRows, 2n)
  const deleted = await k.deleteFrom('note').executeTakeFirst()
  assert.equal(deleted.numDeletedRows, 3n)
})

withKysely('an insert that did nothing has no id', async (k) => {
  await add(k, 'a')
  const again = await k
    .insertInto('note')
    .values({ title: 'a' })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow()
  assert.deepEqual([again.insertId, again.numInsertedOrUpdatedRows], [undefined, 0n])
})

withKysely('RETURNING gives rows', async (k) => {
  const rows = await k
    .insertInto('note')
    .values([{ title: 'a' }, { title: 'b' }])
    .returning(['id', 'title'])
    .execute()
  assert.deepEqual(rows, [
    { id: 1, title: 'a' },
    { id: 2, title: 'b' },
  ])
  const gone = await k.deleteFrom('note').where('id', '=', 1).returningAll().execute()
  assert.deepEqual(gone, [{ id: 1, title: 'a' }])
})

withKysely('SQL by hand tells what it changed', async (k) => {
  const inserted = await sql`insert into note(title) values (${'a'})`.execute(k)
  assert.deepEqual([inserted.insertId, inserted.numAffectedRows], [1n, 1n])
  const updated = await sql`update note set title = 'b'`.execute(k)
  assert.deepEqual([updated.insertId, updated.numAffectedRows], [undefined, 1n])
})

withKysely('parameters of every kind come back as they went', async (k) => {
  await k.schema
    .createTable('value')
    .addColumn('v', sql`any`)
    .execute()
  const blob = new Uint8Array([0, 255])
  const values = [
    null,
    0,
    -1.5,
    2 ** 53 - 1,
    2n ** 53n,
    -(2n ** 63n),
    2n ** 63n - 1n,
    '',
    'é🙂',
    blob,
  ]
  for (const v of values) await k.insertInto('value').values({ v }).execute()
  for (const v of [true, false, blob.buffer]) await k.insertInto('value').values({ v }).execute()
  const rows = await k.selectFrom('value').select('v').execute()
  assert.deepEqual(
    rows.map((row) => row.v),
    [...values, 1, 0, blob],
  )
})

withKysely('64-bit integers are exact as ids and in conditions', async (k) => {
  const id = 2n ** 63n - 1n
  const inserted = await k.insertInto('note').values({ id, title: 'far' }).executeTakeFirst()
  assert.equal(inserted.insertId, id)
  const row = await k.selectFrom('note').selectAll().where('id', '=', id).executeTakeFirst()
  assert.deepEqual(row, { id, title: 'far' })
})

withDatabase('integers come back as the dialect was told', async (database) => {
  const query = sql<{ v: unknown }>`select 5 as v`
  for (const [integers, v] of [
    ['bigint', 5n],
    ['number', 5],
    ['auto', 5],
  ] as const) {
    const k = new Kysely<Schema>({ dialect: new OutboardDialect({ database, integers }) })
    assert.deepEqual((await query.execute(k)).rows, [{ v }])
    assert.deepEqual(await k.introspection.getTables(), [])
  }
})

withKysely('errors stay OutboardErrors, with code and hint', async (k) => {
  await add(k, 'a')
  await assert.rejects(add(k, 'a'), (error: unknown) => {
    assert.ok(error instanceof OutboardError)
    assert.equal(error.code, 'constraint')
    return true
  })
  await assert.rejects(add(k, new Date() as never), { code: 'bad_request', hint: /toISOString/ })
  await assert.rejects(sql`selec`.execute(k), { code: 'bad_request' })
})

withKysely('a transaction is kept when its function returns', async (k) => {
  const result = await k.transaction().execute(async (trx) => {
    await add(trx, 'a')
    return (await titles(trx)).length
  })
  assert.equal(result, 1)
  assert.deepEqual(await titles(k), ['a'])
})

withKysely('a transaction is taken back when its function throws', async (k) => {
  const reason = new Error('enough')
  const failing = k.transaction().execute(async (trx) => {
    await add(trx, 'a')
    throw reason
  })
  await assert.rejects(failing, (error) => error === reason)
  await assert.rejects(
    k.transaction().execute(async (trx) => {
      await add(trx, 'b')
      await add(trx, 'b')
    }),
    { code: 'constraint' },
  )
  assert.deepEqual(await titles(k), [])
})

withKysely('H4: two transactions at once do not land in each other', async (k) => {
  const order: string[] = []
  const run = (name: string, fails: boolean) =>
    k.transaction().execute(async (trx) => {
      order.push(`${name} begins with ${await titles(trx)}`)
      await add(trx, name)
      await pause(10)
      await add(trx, `${name}${name}`)
      order.push(`${name} ends`)
      if (fails) throw new Error('no')
    })
  const [first, second] = await Promise.allSettled([run('a', true), run('b', false)])
  assert.deepEqual([first.status, second.status], ['rejected', 'fulfilled'])
  assert.deepEqual(order, ['a begins with ', 'a ends', 'b begins with ', 'b ends'])
  assert.deepEqual(await titles(k), ['b', 'bb'])
})

withKysely('H5: outside of a transaction, readers do not wait, and writers do', async (k) => {
  const order: string[] = []
  let written!: Promise<unknown>
  await k.transaction().execute(async (trx) => {
    await add(trx, 'inside')
    written = add(k, 'outside').then(() => order.push('written'))
    assert.deepEqual(await titles(k), [])
    order.push('read')
  })
  await written
  assert.deepEqual(order, ['read', 'written'])
  assert.deepEqual(await titles(k), ['inside', 'outside'])
})

withKysely('a transaction that the engine ended is cancelled to its end', async (k) => {
  await add(k, 'a')
  const seen: unknown[] = []
  const lost = k.transaction().execute(async (trx) => {
    await sql`insert or rollback into note(title) values ('a')`.execute(trx).catch((error) => {
      seen.push(error.code)
    })
    await add(trx, 'b').catch((error) => seen.push(error.code))
  })
  await assert.rejects(lost, OutboardError)
  assert.deepEqual(seen, ['constraint', 'cancelled'])
  await k.transaction().execute((trx) => add(trx, 'c'))
  assert.deepEqual(await titles(k), ['a', 'c'])
})

withKysely('a controlled transaction has savepoints inside each other', async (k) => {
  const trx = await k.startTransaction().execute()
  await add(trx, 'a')
  const outer = await trx.savepoint('the "outer" one').execute()
  await add(outer, 'b')
  const inner = await outer.savepoint('inner').execute()
  await add(inner, 'c')
  await assert.rejects(add(inner, 'c'), { code: 'constraint' })
  const back = await inner.rollbackToSavepoint('inner').execute()
  await add(back, 'd')
  const released = await back.releaseSavepoint('inner').execute()
  assert.deepEqual(await titles(released), ['a', 'b', 'd'])
  const outermost = await released.rollbackToSavepoint('the "outer" one').execute()
  await add(outermost, 'e')
  await outermost.commit().execute()
  assert.deepEqual(await titles(k), ['a', 'e'])
})

withKysely('a controlled transaction is taken back on request, and ended with that', async (k) => {
  const trx = await k.startTransaction().execute()
  await add(trx, 'a')
  await trx.rollback().execute()
  await assert.rejects(async () => add(trx, 'b'), /already rolled back/)
  assert.deepEqual(await titles(k), [])
  await add(k, 'c') // the writer is free
})

withKysely('what leaves its connection open is taken back with the connection', async (k) => {
  await k.connection().execute(async (connection) => {
    const trx = await connection.startTransaction().execute()
    await add(trx, 'a')
  })
  await add(k, 'b')
  assert.deepEqual(await titles(k), ['b'])
})

withKysely('what cannot be had is refused with a hint', async (k) => {
  const readOnly = k.transaction().setAccessMode('read only')
  await assert.rejects(
    readOnly.execute(async () => {}),
    { code: 'bad_request', hint: /access mode/ },
  )
  await assert.rejects(
    k.connection().execute((connection) => sql`begin`.execute(connection)),
    { code: 'bad_request', hint: /transaction\(\)/ },
  )
  const strict = k.transaction().setIsolationLevel('serializable')
  await strict.execute((trx) => add(trx, 'a'))
})

withKysely('what Kysely compiles is a query of a database as it is', async (k, db) => {
  for (const title of ['a', 'b', 'c', 'd']) await add(k, title)
  const query = k.selectFrom('note').select('id').where('id', '<', 4).orderBy('id').compile()
  const expected = [{ id: 1 }, { id: 2 }, { id: 3 }]
  assert.deepEqual(await db.all(query), expected)
  assert.deepEqual((await db.exec(query, { timeoutMs: 5000 })).rows, expected)
  assert.deepEqual((await db.batch([query, CompiledQuery.raw('select 1')]))[0]!.rows, expected)
  const streamed: unknown[] = []
  for await (const row of db.stream(query, { chunkRows: 1 })) streamed.push(row)
  assert.deepEqual(streamed, expected)
})

test('the database is an open one, a promise, or a function that opens one', async () => {
  const opened = await openInside()
  for (const database of [opened, Promise.resolve(opened)]) {
    const k = new Kysely<Schema>({ dialect: new OutboardDialect({ database }) })
    await sql`select 1`.execute(k)
    await k.destroy()
    await opened.exec('select 1') // it was handed over: it stays open
  }
  await opened.close()

  const databases: Database[] = []
  const dialect = new OutboardDialect({
    database: async () => {
      if (databases.length === 0) {
        databases.push(undefined as never)
        throw new OutboardError('busy', 'not yet')
      }
      databases.push(await openInside())
      return databases.at(-1)!
    },
  })
  const k = new Kysely<Schema>({ dialect })
  assert.equal(databases.length, 0)
  await assert.rejects(sql`select 1`.execute(k), { code: 'busy' })
  await Promise.all([sql`select 1`.execute(k), sql`select 2`.execute(k)])
  assert.equal(databases.length, 2)
  await k.destroy()
  await assert.rejects(databases[1]!.exec('select 1'), { code: 'bad_request', message: /closed/ })
})
