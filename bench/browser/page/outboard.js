// Outboard, by its public API.
import {
  bodyOf,
  commits,
  count,
  createSql,
  insertSql,
  pipelined,
  pointOf,
  points,
  pointSql,
  rankOf,
  reads,
  scanSql,
  sets,
  sumSql,
  titleOf,
  trips,
} from './rows.js'

export async function open({ power }) {
  const { open } = await import('/outboard/index.js')
  return new Outboard(await open('bench', { durability: power ? 'power' : 'process' }))
}

class Outboard {
  #db

  constructor(db) {
    this.#db = db
  }

  async settings() {
    const { build, sqlite, durability } = this.#db.info
    const pragma = async (name) => Object.values(await this.#db.first(`pragma ${name}`))[0]
    return (
      `outboard ${build}: SQLite ${sqlite}, journal ${await pragma('journal_mode')}, ` +
      `durability ${durability}, pages of ${await pragma('page_size')}`
    )
  }

  create = () => this.#db.exec(createSql)
  fill = () => this.insert()
  sum = () => this.#db.all(sumSql)
  first = () => this.#db.first(pointSql, [pointOf(1)])
  close = () => this.#db.close()

  insert() {
    return this.#db.many(insertSql, sets())
  }

  async points() {
    return (await this.#db.many(pointSql, points())).rows
  }

  pointsOneByOne() {
    return pipelined(reads, 1_000, (i) => this.#db.first(pointSql, [pointOf(i)]))
  }

  scan() {
    return this.#db.all(scanSql)
  }

  async commits() {
    for (let i = count; i < count + commits; ++i)
      await this.#db.exec(insertSql, [i, titleOf(i), bodyOf(i), rankOf(i)])
  }

  async trips() {
    let rows
    for (let i = 0; i < trips; ++i) ({ rows } = await this.#db.exec(pointSql, [pointOf(i)]))
    return rows
  }
}
