// wa-sqlite as inside_worker.js drives sqlite-wasm; the VFS is named in this script's address.
import SQLiteFactory from '/wa/dist/wa-sqlite.mjs'
import * as SQLite from '/wa/src/sqlite-api.js'
import { answerWith } from './answer.js'

const vfs = location.search.slice(1)
const statements = new Map()
let sqlite3
let db

async function prepared(sql) {
  let statement = statements.get(sql)
  if (statement !== undefined) return statement
  for await (statement of sqlite3.statements(db, sql, { unscoped: true })) break
  statements.set(sql, statement)
  return statement
}

async function pragma(name) {
  let value
  await sqlite3.exec(db, `pragma ${name}`, ([first]) => (value = first))
  return value
}

const calls = {
  async open({ synchronous }) {
    const module = await SQLiteFactory()
    sqlite3 = SQLite.Factory(module)
    const { [vfs]: VFS } = await import(`/wa/src/examples/${vfs}.js`)
    sqlite3.vfs_register(await VFS.create('bench', module), true)
    db = await sqlite3.open_v2('bench.db')
    await sqlite3.exec(db, 'pragma locking_mode = exclusive')
    await sqlite3.exec(db, 'pragma journal_mode = wal')
    await sqlite3.exec(db, `pragma synchronous = ${synchronous}`)
    await sqlite3.exec(db, 'pragma cache_size = -16384')
  },

  settings: async () =>
    `wa-sqlite ${sqlite3.libversion()}: ${vfs}, journal ${await pragma('journal_mode')}, ` +
    `locking ${await pragma('locking_mode')}, synchronous ${await pragma('synchronous')}, ` +
    `pages of ${await pragma('page_size')}`,

  async write({ sql, columns, length }) {
    const statement = await prepared(sql)
    if (length > 1) await sqlite3.exec(db, 'begin')
    for (let i = 0; i < length; ++i) {
      for (let c = 0; c < columns.length; ++c) sqlite3.bind(statement, c + 1, columns[c][i])
      await sqlite3.step(statement)
      await sqlite3.reset(statement)
    }
    if (length > 1) await sqlite3.exec(db, 'commit')
  },

  // Without `sets`: once. Each set is one parameter.
  async read({ sql, sets = [undefined] }) {
    const statement = await prepared(sql)
    const names = sqlite3.column_names(statement)
    const columns = names.map(() => [])
    for (const set of sets) {
      if (set !== undefined) sqlite3.bind(statement, 1, set)
      while ((await sqlite3.step(statement)) === SQLite.SQLITE_ROW)
        for (let c = 0; c < columns.length; ++c) columns[c].push(sqlite3.column(statement, c))
      await sqlite3.reset(statement)
    }
    return { names, columns }
  },

  async close() {
    for (const statement of statements.values()) await sqlite3.finalize(statement)
    await sqlite3.close(db)
  },
}

answerWith(calls)
