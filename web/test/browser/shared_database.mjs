// A database that several tabs of one browser write to, and the record of what they were told.
//
// Every row is (writer, number). A writer goes on for ever, one write after the other, and tells
// the test what became of each: so it is known what has to be there, what must not be, and what may.
import { rmSync } from 'node:fs'
import { Browser } from './devtools.mjs'
import { freshFolder } from './chromium.mjs'
import { openDatabase } from './support.mjs'

export async function withBrowser(action) {
  const profile = freshFolder('tabs')
  const browser = await Browser.start(profile)
  try {
    await action(browser)
  } finally {
    await browser.stop()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

// Runs in the page, for ever.
function writeOnHere(writer) {
  const write = async (number) => {
    if (number % 5 === 0) {
      return db.transaction(async (tx) => {
        await tx.exec('insert into t values (?, ?)', [writer, number])
        await tx.first('select count(*) from t')
      })
    }
    return db.exec('insert into t values (?, ?)', [writer, number])
  }
  const go = async () => {
    for (let number = 1; ; ++number) {
      const start = performance.now()
      let what = 'applied'
      told(JSON.stringify({ writer, number, what: 'asked' }))
      try {
        await write(number)
      } catch (error) {
        if (error.code === 'bad_request') return // the database was closed
        if (error.code === 'unavailable') what = error.code // nobody answered
        else what = error.outcome ?? (error.code === 'cancelled' ? 'unknown' : `${error}`)
      }
      told(JSON.stringify({ writer, number, what, ms: performance.now() - start }))
      // So that a page that fails at once does not fill the protocol's pipe.
      await new Promise((resolve) => setTimeout(resolve, what === 'applied' ? 0 : 5))
    }
  }
  void go()
}

const ends = ['asked', 'applied', 'not_applied', 'unknown', 'unavailable']

export class SharedDatabase {
  /** What became of each write: one of `ends`, or what should not have happened. */
  writes = new Map()
  /** The longest that one of them took, in ms. */
  longest = 0
  /** The tabs that crashed: their targets. */
  crashed = new Set()
  #writers = 0
  #waiting = new Set()

  constructor(browser, address, name) {
    this.browser = browser
    this.address = address
    this.name = name
    browser.listen(({ method, params }) => {
      if (method === 'Runtime.bindingCalled') this.#told(JSON.parse(params.payload))
      if (method === 'Target.targetCrashed') this.crashed.add(params.targetId)
    })
  }

  /** A new tab that has the database open. */
  async tab(options) {
    const tab = await this.browser.newTab(`${this.address}/`)
    await tab.send('Runtime.addBinding', { name: 'told' })
    await this.open(tab, options)
    return tab
  }

  open(tab, options = {}) {
    return tab.evaluate(openDatabase, [this.name, options])
  }

  /** The tab writes from now on. Returns the writer's number. */
  async writeOn(tab) {
    const writer = ++this.#writers
    await tab.evaluate(writeOnHere, writer)
    await this.progress(writer)
    return writer
  }

  /** Resolves when that writer has been told `applied` so many times more. */
  progress(writer, count = 3) {
    return new Promise((resolve) => this.#waiting.add({ writer, count, resolve }))
  }

  /** Holds what was told until now against what is there. Returns how many ended how. */
  async check(tab) {
    const told = new Map(this.writes)
    const rows = await tab.evaluate(() =>
      db.all('select writer, number, count(*) from t group by 1, 2', [], { shape: 'array' }),
    )
    const wrong = []
    const there = new Map(rows.map(([writer, number, count]) => [`${writer}.${number}`, count]))
    for (const [key, count] of there) if (count > 1) wrong.push(`${key} is there ${count} times`)
    const counts = {}
    for (const [key, what] of told) {
      counts[what] = (counts[what] ?? 0) + 1
      if (what === 'applied' && !there.has(key)) wrong.push(`${key} was acknowledged and is gone`)
      if (what === 'not_applied' && there.has(key)) wrong.push(`${key} is there all the same`)
      if (!ends.includes(what)) wrong.push(`${key} ended with ${what}`)
    }
    const [{ integrity_check: integrity }] = await tab.evaluate(() =>
      db.all('pragma integrity_check'),
    )
    if (integrity !== 'ok') wrong.push(integrity)
    if (wrong.length > 0) throw new Error(`${wrong.length} wrong: ${wrong.slice(0, 10).join('; ')}`)
    return counts
  }

  #told({ writer, number, what, ms = 0 }) {
    this.writes.set(`${writer}.${number}`, what)
    this.longest = Math.max(this.longest, ms)
    if (what !== 'applied') return
    for (const waiting of this.#waiting) {
      if (waiting.writer !== writer || --waiting.count > 0) continue
      this.#waiting.delete(waiting)
      waiting.resolve()
    }
  }
}
