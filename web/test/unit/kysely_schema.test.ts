// Kysely's migrations and introspection on the real engine.
import assert from 'node:assert/strict'
import * as kysely from 'kysely'
import { type Migration, Migrator, type MigratorProps } from 'kysely/migration'
import type { Database } from '../../src/index.ts'
import { OutboardDialect } from '../../src/kysely/index.ts'
import { pause, withDatabase } from './with_database.ts'

const { Kysely, sql } = kysely

type Untyped = kysely.Kysely<Record<string, Record<string, unknown>>>
type Migrations = Record<string, Migration>

function kyselyOn(database: Database): Untyped {
  return new Kysely({ dialect: new OutboardDialect({ database }) })
}

function migrator(db: Untyped, migrations: Migrations, more: Partial<MigratorProps> = {}) {
  return new Migrator({ db, provider: { getMigrations: async () => migrations }, ...more })
}

const names = async (db: Untyped): Promise<string[]> =>
  (await db.introspection.getTables()).map((table) => table.name)

function twoTables(log: string[] = []): Migrations {
  const table = (name: string): Migration => ({
    up: async (db) => {
      log.push(name)
      await db.schema.createTable(name).addColumn('id', 'integer').execute()
      await pause(5)
    },
    down: (db) => db.schema.dropTable(name).execute(),
  })
  return { '1_note': table('note'), '2_tag': table('tag') }
}

withDatabase('migrations run forth and back', async (database) => {
  const db = kyselyOn(database)
  const run = migrator(db, twoTables())
  const { error, results } = await run.migrateToLatest()
  assert.equal(error, undefined)
  assert.deepEqual(
    results!.map(({ migrationName, status }) => `${migrationName} ${status}`),
    ['1_note Success', '2_tag Success'],
  )
  assert.deepEqual(await names(db), ['note', 'tag'])
  assert.deepEqual((await run.migrateToLatest()).results, [])
  // Kysely 0.29 goes back by means of this, which Node 18 lacks.
  if (!('toReversed' in Array.prototype)) return
  assert.equal((await run.migrateDown()).error, undefined)
  assert.deepEqual(await names(db), ['note'])
})

withDatabase('a migration that fails leaves nothing behind', async (database) => {
  const db = kyselyOn(database)
  const failing: Migration = {
    up: async (on) => {
      await on.schema.createTable('third').addColumn('id', 'integer').execute()
      await sql`insert into nowhere values (1)`.execute(on)
    },
  }
  const { error, results } = await migrator(db, {
    ...twoTables(),
    '3_bad': failing,
  }).migrateToLatest()
  assert.equal((error as { code: string }).code, 'bad_request')
  assert.deepEqual(
    results!.map((result) => result.status),
    ['Success', 'Success', 'Error'],
  )
  assert.deepEqual(await names(db), [])
  const again = await migrator(db, twoTables()).migrateToLatest()
  assert.deepEqual([again.error, again.results!.length], [undefined, 2])
})

for (const disableTransactions of [false, true]) {
  const title = disableTransactions ? 'without transactions' : 'each a transaction'
  withDatabase(`of two runs at once, ${title}, one does the work`, async (database) => {
    const log: string[] = []
    const runs = [1, 2, 3].map(() =>
      migrator(kyselyOn(database), twoTables(log), { disableTransactions }).migrateToLatest(),
    )
    const done = await Promise.all(runs)
    for (const { error } of done) assert.equal(error, undefined)
    assert.deepEqual(done.map(({ results }) => results!.length).sort(), [0, 0, 2])
    assert.deepEqual(log, ['note', 'tag'])
  })
}

// Kysely 0.28 refuses that itself.
const canMigrateInside = Object.keys(kysely).includes('AbortedTransactionError')
if (canMigrateInside)
  withDatabase('migrations run inside of a transaction of the caller', async (database) => {
    const db = kyselyOn(database)
    const undone = db.transaction().execute(async (trx) => {
      const { error } = await migrator(trx as Untyped, twoTables()).migrateToLatest()
      assert.equal(error, undefined)
      assert.deepEqual(await names(trx), ['note', 'tag'])
      throw new Error('not this time')
    })
    await assert.rejects(undone, /not this time/)
    assert.deepEqual(await names(db), [])
  })

withDatabase('tables are described as SQLite sees them', async (database) => {
  await database.exec(`
    create table plain(id integer primary key, title text not null default 'x', body);
    create table counted(n integer primary key autoincrement);
    create table pair(a integer, b integer, primary key (a, b));
    create table bare(k integer primary key) without rowid;
    create table made(a real, b generated always as (a * 2), c as (a + 1) stored);
    insert into counted values (1);
    create view seen as select id, title from plain;
    analyze;`)
  const columnsOf = async (name: string) => {
    const tables = await kyselyOn(database).introspection.getTables()
    return tables.find((table) => table.name === name)!.columns
  }
  const flags = async (name: string) =>
    (await columnsOf(name)).map(
      (c) =>
        `${c.name}${c.isNullable ? '?' : ''}${c.isAutoIncrementing ? '++' : ''}${c.hasDefaultValue ? '=' : ''}`,
    )
  const db = kyselyOn(database)
  assert.deepEqual(await names(db), ['bare', 'counted', 'made', 'pair', 'plain', 'seen'])
  assert.deepEqual(await flags('plain'), ['id++', 'title=', 'body?'])
  assert.deepEqual(await flags('counted'), ['n++'])
  assert.deepEqual(await flags('pair'), ['a?', 'b?'])
  assert.deepEqual(await flags('bare'), ['k'])
  assert.deepEqual(await flags('made'), ['a?', 'b?=', 'c?='])
  assert.deepEqual(
    (await columnsOf('plain')).map((column) => column.dataType),
    ['INTEGER', 'TEXT', ''],
  )
  const tables = await db.introspection.getTables()
  assert.deepEqual(
    tables.filter((table) => table.isView).map((table) => table.name),
    ['seen'],
  )
  assert.deepEqual(await db.introspection.getSchemas(), [])
})

withDatabase('names that need quotes are described as they are', async (database) => {
  const db = kyselyOn(database)
  const odd = ["it's", 'say "hi"', 'two words', 'sqliteish', 'a,b(c)', 'select', 'näme']
  for (const name of odd) {
    await db.schema
      .createTable(name)
      .addColumn(`${name} id`, 'integer', (column) => column.primaryKey().autoIncrement())
      .addColumn('order, by', 'text')
      .execute()
  }
  const tables = await db.introspection.getTables()
  assert.deepEqual(tables.map((table) => table.name).sort(), [...odd].sort())
  for (const { name, columns } of tables) {
    assert.deepEqual(
      columns.map((column) => [column.name, column.isAutoIncrementing]),
      [
        [`${name} id`, true],
        ['order, by', false],
      ],
    )
  }
})

withDatabase(
  "the insides of virtual tables and Kysely's own tables are left out",
  async (database) => {
    const db = kyselyOn(database)
    await database.exec('create virtual table words using fts5(word)')
    await migrator(db, twoTables()).migrateToLatest()
    assert.deepEqual(await names(db), ['note', 'tag', 'words'])
    const tables = await db.introspection.getTables({ withInternalKyselyTables: true })
    assert.ok(tables.some((table) => table.name === 'kysely_migration'))
    assert.deepEqual(
      tables.find((table) => table.name === 'words')!.columns.map((column) => column.name),
      ['word'],
    )
  },
)
