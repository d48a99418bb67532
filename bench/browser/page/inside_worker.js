// The other side of inside.js: prepared statements, kept, in loops beside the data.
import sqlite3InitModule from '/sqlite/index.mjs'
import { answerWith } from './answer.js'

const statements = new Map()
let db

function prepared(sql) {
  let statement = statements.get(sql)
  if (statement === undefined) statements.set(sql, (statement = db.prepare(sql)))
  return statement
}

const calls = {
  async open({ synchronous }) {
    const sqlite3 = await sqlite3InitModule()
    const pool = await sqlite3.installOpfsSAHPoolVfs({})
    db = new pool.OpfsSAHPoolDb('/bench.db')
    db.exec('pragma locking_mode = exclusive')
    db.exec('pragma journal_mode = wal')
    db.exec(`pragma synchronous = ${synchronous}`)
    db.exec('pragma cache_size = -16384')
  },

  write({ sql, columns, length }) {
    const statement = prepared(sql)
    if (length > 1) db.exec('begin')
    for (let i = 0; i < length; ++i) {
      columns.forEach((column, index) => statement.bind(index + 1, column[i]))
      statement.stepReset()
    }
    if (length > 1) db.exec('commit')
  },

  // Without `sets`: once. Each set is one parameter.
  read({ sql, sets = [undefined] }) {
    const statement = prepared(sql)
    const names = statement.getColumnNames()
    const columns = names.map(() => [])
    for (const set of sets) {
      if (set !== undefined) statement.bind(1, set)
      while (statement.step())
        for (let i = 0; i < columns.length; ++i) columns[i].push(statement.get(i))
      statement.reset()
    }
    return { names, columns }
  },

  settings: () => '', // the same as the promiser's

  close() {
    for (const statement of statements.values()) statement.finalize()
    db.close()
  },
}

answerWith(calls)
