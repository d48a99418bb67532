// SQLite driven inside its worker: what an application gets that writes a worker of its own for each
// piece of work. One message there, one back, columns instead of rows on the way.
import {
  bodyOf,
  commits,
  count,
  createSql,
  insertSql,
  pointOf,
  pointSql,
  rankOf,
  scanSql,
  sumSql,
  titleOf,
  trips,
} from './rows.js'

export const open = (options) => openInside('/bench/inside_worker.js', options)

/** `script`: the worker's, which answers as inside_worker.js does. */
export async function openInside(script, { power }) {
  const db = new Inside(new Worker(script, { type: 'module' }))
  await db.ask('open', { synchronous: power ? 'full' : 'normal' })
  return db
}

class Inside {
  #worker
  #waiting = []

  constructor(worker) {
    this.#worker = worker
    worker.onmessage = ({ data: { result, error } }) => {
      const { resolve, reject } = this.#waiting.shift()
      if (error === undefined) resolve(result)
      else reject(new Error(error))
    }
    worker.onerror = ({ message }) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(message))
    }
  }

  ask(call, args) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject })
      this.#worker.postMessage({ call, args })
    })
  }

  async #rows(call, sql, sets) {
    const { names, columns } = await this.ask(call, { sql, sets })
    if (names.length === 2) {
      const [titles, ranks] = columns
      return titles.map((title, i) => ({ title, rank: ranks[i] }))
    }
    const [ids, titles, bodies, ranks] = columns
    return ids.map((id, i) => ({ id, title: titles[i], body: bodies[i], rank: ranks[i] }))
  }

  settings = () => this.ask('settings', {})
  create = () => this.ask('write', { sql: createSql, columns: [], length: 1 })
  fill = () => this.insert()
  first = async () => (await this.#rows('read', pointSql, [pointOf(1)]))[0]

  async sum() {
    const { names, columns } = await this.ask('read', { sql: sumSql })
    return [Object.fromEntries(names.map((name, i) => [name, columns[i][0]]))]
  }

  async close() {
    await this.ask('close', {})
    this.#worker.terminate()
  }

  insert() {
    const columns = [[], [], [], []]
    for (let i = 0; i < count; ++i) {
      columns[0].push(i)
      columns[1].push(titleOf(i))
      columns[2].push(bodyOf(i))
      columns[3].push(rankOf(i))
    }
    return this.ask('write', { sql: insertSql, columns, length: count })
  }

  points() {
    const ids = Array.from({ length: count }, (_, i) => pointOf(i))
    return this.#rows('read', pointSql, ids)
  }

  scan() {
    return this.#rows('read', scanSql)
  }

  async commits() {
    for (let i = count; i < count + commits; ++i) {
      const columns = [[i], [titleOf(i)], [bodyOf(i)], [rankOf(i)]]
      await this.ask('write', { sql: insertSql, columns, length: 1 })
    }
  }

  async trips() {
    let rows
    for (let i = 0; i < trips; ++i) rows = await this.#rows('read', pointSql, [pointOf(i)])
    return rows
  }
}
