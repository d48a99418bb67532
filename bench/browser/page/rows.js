// The rows that every contender writes and reads, the statements, and how a result is checked. The
// same schema and rows as in bench/native. Runs in the page, in workers and in Node.

export const count = 100_000
export const commits = 1_000
export const trips = 2_000
/** As many reads are asked for one by one; their time is multiplied by `count / reads`. */
export const reads = 10_000

export const createSql =
  'create table note(id integer primary key, title text, body text, rank real)'
export const insertSql = 'insert into note values (?, ?, ?, ?)'
export const pointSql = 'select title, rank from note where id = ?'
export const scanSql = 'select id, title, body, rank from note'
export const sumSql =
  'select count(*) as rows, sum(id) as ids, sum(length(title)) as titles, ' +
  'sum(length(body)) as bodies, sum(rank) as ranks from note'

export const titleOf = (i) => `note number ${i}`
export const bodyOf = (i) => `a body of some length, which says little about ${i * 7919}`
export const rankOf = (i) => i * 0.5

/** Which row the i-th point read asks for. */
export const pointOf = (i) => (i * 7919) % count

export function* sets() {
  for (let i = 0; i < count; ++i) yield [i, titleOf(i), bodyOf(i), rankOf(i)]
}

export function* points() {
  for (let i = 0; i < count; ++i) yield [pointOf(i)]
}

/** A number that depends on every value of every row, and on their order. */
export function checksum(rows) {
  let hash = 0x811c9dc5
  const mix = (value) => (hash = Math.imul(hash ^ value, 0x01000193))
  const mixText = (text) => {
    for (let i = 0; i < text.length; ++i) mix(text.charCodeAt(i))
  }
  for (const row of rows) {
    if (Object.getPrototypeOf(row) !== Object.prototype) throw new Error('a row is a plain object')
    const values = Object.values(row)
    mix(values.length)
    for (const value of values) {
      if (typeof value === 'string') mixText(value)
      else if (typeof value === 'number') mix(value * 2)
      else throw new Error(`a ${typeof value} among the values`)
    }
  }
  return `${rows.length} rows, ${(hash >>> 0).toString(16)}`
}

const pointRow = (i) => ({ title: titleOf(pointOf(i)), rank: rankOf(pointOf(i)) })

/** What the check of each kind of work has to give. */
export const expected = {
  /** The sums over that many rows, from that id. */
  written: (start, length) => {
    const sum = (of) => Array.from({ length }, (_, i) => of(start + i)).reduce((a, b) => a + b, 0)
    return checksum([
      {
        rows: length,
        ids: sum((i) => i),
        titles: sum((i) => titleOf(i).length),
        bodies: sum((i) => bodyOf(i).length),
        ranks: sum(rankOf),
      },
    ])
  },
  points: (length) => checksum(Array.from({ length }, (_, i) => pointRow(i))),
  point: (i) => checksum([pointRow(i)]),
  scan: () =>
    checksum(
      Array.from({ length: count }, (_, id) => ({
        id,
        title: titleOf(id),
        body: bodyOf(id),
        rank: rankOf(id),
      })),
    ),
}

/** Calls `action(i)` for each i, with at most `window` answers outstanding. */
export async function pipelined(length, window, action) {
  const underWay = new Array(window)
  const results = new Array(length)
  for (let i = 0; i < length; ++i) {
    if (i >= window) results[i - window] = await underWay[i % window]
    underWay[i % window] = action(i)
  }
  for (let i = Math.max(0, length - window); i < length; ++i)
    results[i] = await underWay[i % window]
  return results
}
