// Runs one way of doing a figure's work, once, in a page that is fresh for it.
import { Heartbeat } from './heartbeat.js'
import { checksum } from './rows.js'

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
const modules = {
  outboard: () => import('./outboard.js'),
  promiser: () => import('./promiser.js'),
  inside: () => import('./inside.js'),
  wa_pool: () => import('./wa_pool.js'),
  wa_coop: () => import('./wa_coop.js'),
  idb: () => import('./idb.js'),
  echo: () => import('./echo.js'),
}

/**
 * `way` is the method that is measured; `warm` calls it once before. What it gives is checked, or
 * else what is in the table after it. Ends with { ms, check, heartbeat?, settings? }.
 */
export async function work({ contender, way, filled, power, warm, heartbeat, settings }) {
  const db = await (await modules[contender]()).open({ power })
  await db.create()
  if (filled) await db.fill()
  if (warm) await db[way]()
  await pause(100)
  const beats = heartbeat ? new Heartbeat() : undefined
  if (beats) await pause(50)
  performance.mark('work-begins')
  const start = performance.now()
  const result = await db[way]()
  const ms = performance.now() - start
  performance.mark('work-ends')
  if (beats) await pause(50)
  const answer = { ms, heartbeat: beats?.stop(), check: 'none' }
  if (Array.isArray(result)) answer.check = checksum(result)
  else if (db.sum) answer.check = checksum(await db.sum())
  if (settings && db.settings) answer.settings = await db.settings()
  await db.close()
  return answer
}

/** Several ways, one after the other, in one page; the last one's rows are checked. */
export async function works({ contender, ways }) {
  const db = await (await modules[contender]()).open({})
  await db.create()
  let rows
  for (const way of ways) {
    rows = await db[way]()
    if (way !== ways.at(-1)) rows = undefined
  }
  const check = checksum(rows)
  await db.close()
  return { check }
}

/** Makes the database that `opening` opens. */
export async function store({ contender }) {
  const db = await (await modules[contender]()).open({})
  await db.create()
  await db.fill()
  await db.close()
}

/** From the first import to the first row. `warm`: for the third time in this page. */
export async function opening({ contender, warm }) {
  const once = async () => {
    const db = await (await modules[contender]()).open({})
    return [await db.first(), db]
  }
  for (let i = 0; warm && i < 2; ++i) await (await once())[1].close()
  await pause(100)
  const start = performance.now()
  const [row, db] = await once()
  const ms = performance.now() - start
  await db.close()
  return { ms, check: checksum([row]) }
}

/** Removes all that this origin has; a worker's files stay locked for a moment after its end. */
export async function clear() {
  for (const { name } of await indexedDB.databases()) indexedDB.deleteDatabase(name)
  const root = await navigator.storage.getDirectory()
  for (let attempt = 0; ; ++attempt) {
    try {
      for await (const name of root.keys()) await root.removeEntry(name, { recursive: true })
      return
    } catch (error) {
      if (attempt === 50) throw error
      await pause(20)
    }
  }
}
