// sqlite-wasm by its public asynchronous API: sqlite3Worker1Promiser, which talks to Worker API #1.
import {
  bodyOf,
  commits,
  count,
  createSql,
  insertSql,
  pipelined,
  pointOf,
  pointSql,
  rankOf,
  reads,
  scanSql,
  sumSql,
  titleOf,
  trips,
} from './rows.js'

// One statement takes all rows at once, as a text of JSON.
const insertJsonSql =
  'insert into note select value->>0, value->>1, value->>2, value->>3 from json_each(?)'
const pointJsonSql =
  'select n.title, n.rank from json_each(?) as j cross join note as n on n.id = j.value'
const rowsPerStatement = 2_000

export async function open({ power }) {
  const { sqlite3Worker1Promiser } = await import('/sqlite/index.mjs')
  const worker = new Worker('/bench/promiser_worker.js', { type: 'module' })
  const failed = new Promise((_, reject) => (worker.onerror = reject))
  const call = await Promise.race([sqlite3Worker1Promiser({ worker: () => worker }), failed])
  await call('open', { filename: '/bench.db', vfs: 'opfs-sahpool' })
  const db = new Promiser(worker, call)
  await db.exec('pragma locking_mode = exclusive')
  await db.exec('pragma journal_mode = wal')
  await db.exec(`pragma synchronous = ${power ? 'full' : 'normal'}`)
  await db.exec('pragma cache_size = -16384')
  return db
}

class Promiser {
  #worker
  #call

  constructor(worker, call) {
    this.#worker = worker
    this.#call = call
  }

  async exec(sql, bind) {
    await this.#call('exec', { sql, bind })
  }

  async rows(sql, bind, rowMode = 'object') {
    return (await this.#call('exec', { sql, bind, rowMode, resultRows: [] })).result.resultRows
  }

  async settings() {
    const { version } = (await this.#call('config-get', {})).result
    const pragma = async (name) => (await this.rows(`pragma ${name}`, undefined, 'array'))[0][0]
    return (
      `sqlite-wasm ${version.libVersion}: opfs-sahpool, journal ${await pragma('journal_mode')}, ` +
      `locking ${await pragma('locking_mode')}, synchronous ${await pragma('synchronous')}, ` +
      `pages of ${await pragma('page_size')}`
    )
  }

  create = () => this.exec(createSql)
  fill = () => this.insertJson()
  sum = () => this.rows(sumSql)
  first = async () => (await this.rows(pointSql, [pointOf(1)]))[0]

  async close() {
    await this.#call('close', {})
    this.#worker.terminate()
  }

  insertJson() {
    const all = Array.from({ length: count }, (_, i) => [i, titleOf(i), bodyOf(i), rankOf(i)])
    return this.exec(insertJsonSql, [JSON.stringify(all)])
  }

  async insertValues() {
    const sqlOf = (rows) => `insert into note values ${Array(rows).fill('(?,?,?,?)').join()}`
    const waiting = [this.exec('begin')]
    for (let start = 0; start < count; start += rowsPerStatement) {
      const end = Math.min(start + rowsPerStatement, count)
      const bind = []
      for (let i = start; i < end; ++i) bind.push(i, titleOf(i), bodyOf(i), rankOf(i))
      waiting.push(this.exec(sqlOf(end - start), bind))
    }
    waiting.push(this.exec('commit'))
    await Promise.all(waiting)
  }

  async insertOneByOne() {
    await this.exec('begin')
    await pipelined(count, 1_000, (i) =>
      this.exec(insertSql, [i, titleOf(i), bodyOf(i), rankOf(i)]),
    )
    await this.exec('commit')
  }

  pointsJson() {
    const ids = Array.from({ length: count }, (_, i) => pointOf(i))
    return this.rows(pointJsonSql, [JSON.stringify(ids)])
  }

  async pointsOneByOne() {
    return (await pipelined(reads, 1_000, (i) => this.rows(pointSql, [pointOf(i)]))).flat()
  }

  scanObjects() {
    return this.rows(scanSql)
  }

  async scanArrays() {
    const rows = await this.rows(scanSql, undefined, 'array')
    return rows.map(([id, title, body, rank]) => ({ id, title, body, rank }))
  }

  async commits() {
    for (let i = count; i < count + commits; ++i)
      await this.exec(insertSql, [i, titleOf(i), bodyOf(i), rankOf(i)])
  }

  async trips() {
    let rows
    for (let i = 0; i < trips; ++i) rows = await this.rows(pointSql, [pointOf(i)])
    return rows
  }
}
