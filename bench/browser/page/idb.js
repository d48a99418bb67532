// IndexedDB, on the page: no SQL, but what every browser has.
import { bodyOf, commits, count, pointOf, rankOf, titleOf, trips } from './rows.js'

const done = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })

const noteOf = (id) => ({ id, title: titleOf(id), body: bodyOf(id), rank: rankOf(id) })

export async function open({ power }) {
  const request = indexedDB.open('bench', 1)
  request.onupgradeneeded = () => request.result.createObjectStore('note', { keyPath: 'id' })
  return new Notes(await done(request), power ? 'strict' : 'relaxed')
}

class Notes {
  #db
  #durability

  constructor(db, durability) {
    this.#db = db
    this.#durability = durability
  }

  create() {}
  fill = () => this.insert()
  close = () => this.#db.close()

  async sum() {
    const sum = { rows: 0, ids: 0, titles: 0, bodies: 0, ranks: 0 }
    for (const { id, title, body, rank } of await this.scan()) {
      sum.rows += 1
      sum.ids += id
      sum.titles += title.length
      sum.bodies += body.length
      sum.ranks += rank
    }
    return [sum]
  }

  insert() {
    return this.#write(0, count)
  }

  async points() {
    const store = this.#db.transaction('note').objectStore('note')
    const rows = new Array(count)
    const take = (i) => (note) => (rows[i] = { title: note.title, rank: note.rank })
    const waiting = []
    for (let i = 0; i < count; ++i) waiting.push(done(store.get(pointOf(i))).then(take(i)))
    await Promise.all(waiting)
    return rows
  }

  scan() {
    return done(this.#db.transaction('note').objectStore('note').getAll())
  }

  async commits() {
    for (let i = count; i < count + commits; ++i) await this.#write(i, i + 1)
  }

  async trips() {
    let row
    for (let i = 0; i < trips; ++i)
      row = await done(this.#db.transaction('note').objectStore('note').get(pointOf(i)))
    return [{ title: row.title, rank: row.rank }]
  }

  #write(from, to) {
    const transaction = this.#db.transaction('note', 'readwrite', { durability: this.#durability })
    const store = transaction.objectStore('note')
    for (let i = from; i < to; ++i) store.put(noteOf(i))
    return new Promise((resolve, reject) => {
      transaction.oncomplete = resolve
      transaction.onabort = () => reject(transaction.error)
    })
  }
}
