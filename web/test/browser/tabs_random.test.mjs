// Five tabs write, and at random they crash, close, reload, sleep, hang, hide, leave and come back,
// and a tab of last week's build looks in.
// What was acknowledged is there, once; nothing is there that was said not to be; nobody hangs.
//   OUTBOARD_TABS_STEPS   how many things happen (40)
//   OUTBOARD_TABS_SEED    what happens; a failure names its seed
import { serveBuild } from './builds.mjs'
import { SharedDatabase, withBrowser } from './shared_database.mjs'
import { pause } from './support.mjs'

const steps = Number(process.env.OUTBOARD_TABS_STEPS ?? 40)
const seed = Number(process.env.OUTBOARD_TABS_SEED ?? Date.now() % 1_000_000)
const tabsCount = 5
const progressTimeoutMs = 20_000

// Numbers that are the same in every run: mulberry32.
function randomFrom(state) {
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * below)
  }
}

/** One of the places at the table: there is always a tab in it that writes. */
class Seat {
  constructor(shared) {
    this.shared = shared
  }

  async sit() {
    this.tab = await this.shared.tab()
    await this.write()
  }

  async write() {
    this.writer = await this.shared.writeOn(this.tab)
  }

  get isGone() {
    return this.shared.crashed.has(this.tab.targetId)
  }
}

/** What may happen. Each leaves a tab that writes. */
const events = {
  crash: async (seat) => {
    await seat.tab.crash()
    await seat.sit()
  },
  close: async (seat) => {
    await seat.tab.close()
    await seat.sit()
  },
  reload: async (seat) => {
    await seat.tab.reload()
    await seat.shared.open(seat.tab)
    await seat.write()
  },
  freeze: async (seat, random) => {
    await seat.tab.freeze()
    await pause(random(1000))
    await seat.tab.unfreeze()
  },
  hang: async (seat, random) => {
    await seat.tab.evaluate((ms) => {
      setTimeout(() => {
        for (const end = performance.now() + ms; performance.now() < end; );
      })
    }, random(1500))
  },
  longStatement: async (seat, random) => {
    await seat.tab.evaluate((timeoutMs) => {
      const endless =
        'with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n'
      void db.all(endless, [], { timeoutMs }).catch(() => {})
    }, random(1500))
  },
  // In what nothing can interrupt; its deadline is not heard.
  wedge: async (seat, random) => {
    await seat.tab.evaluate((timeoutMs) => {
      const wedge = `select instr(hex(zeroblob(2000000)), hex(zeroblob(1000000)) || 'b')`
      void db.all(wedge, [], { timeoutMs }).catch(() => {})
    }, 1 + random(500))
  },
  // It gets nothing, or, with nobody there for a moment, has to make room at once.
  oldBuild: async ({ shared }) => {
    const tab = await shared.browser.newTab(`${shared.address}/`)
    const code = await tab.evaluate(async (name) => {
      const { open } = await import('/older/index.js')
      return open(name).then(
        () => 'none',
        ({ code }) => code,
      )
    }, shared.name)
    await pause(100)
    await tab.close()
    if (code !== 'outdated' && code !== 'none') throw new Error(`an old build got ${code}`)
  },
  show: (seat) => seat.tab.show(),
  leaveAndComeBack: async (seat, random) => {
    await seat.tab.goto(`${seat.shared.address}/outboard/`)
    await pause(random(500))
    await seat.tab.back()
    if (await seat.tab.evaluate(() => 'db' in window)) return // out of the cache, as it was
    await seat.shared.open(seat.tab)
    await seat.write()
  },
}

export const tests = {
  'H8, H15, H16: whatever happens to five tabs, no acknowledged write is lost or done twice': ({
    server,
    database,
    note,
  }) =>
    withBrowser(async (browser) => {
      const random = randomFrom(seed)
      await serveBuild(server, '/older', 1)
      const shared = new SharedDatabase(browser, server.address, database)
      const seats = Array.from({ length: tabsCount }, () => new Seat(shared))
      const happened = []
      try {
        const first = await shared.tab()
        await first.evaluate(() => db.exec('create table t(writer, number)'))
        for (const seat of seats) await seat.sit()
        await first.close()
        for (let step = 0; step < steps; ++step) {
          const at = random(tabsCount)
          const names = Object.keys(events)
          const name = names[random(names.length)]
          happened.push(`${at} ${name}`)
          const gone = seats.filter((seat) => seat.isGone) // with another that was in its process
          for (const seat of gone) await seat.sit()
          await events[name](seats[at], random)
          await pause(random(300))
        }
        for (const seat of seats.filter((seat) => seat.isGone)) await seat.sit()
        const progress = Promise.all(seats.map(({ writer }) => shared.progress(writer)))
        const late = pause(progressTimeoutMs).then(() => Promise.reject(new Error('a tab hangs')))
        await Promise.race([progress, late])
        late.catch(() => {})
        const told = await shared.check(seats[0].tab)
        if (told.unknown > 0) throw new Error(`H8: ${told.unknown} outcomes are unknown`)
        note(`seed ${seed}: ${JSON.stringify(told)}, longest ${Math.round(shared.longest)} ms`)
      } catch (error) {
        throw new Error(`seed ${seed}, after ${happened.join(', ')}: ${error.message}`)
      }
    }),
}
