// Keeps two runs of migrations on one database apart: by a Web Lock, which all tabs see and which
// ends with its tab, and where there are none, by waiting for the run before.
import type { Database } from '../index.js'

const lastRuns = /* @__PURE__ */ new WeakMap<Database, Promise<void>>()

/** Waits for the lock; call the result to let go of it. */
export async function lockMigrations(database: Database): Promise<() => void> {
  let release!: () => void
  const released = new Promise<void>((resolve) => (release = resolve))
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks
  if (locks !== undefined && database.info.storage === 'opfs') {
    await new Promise<void>((granted, failed) => {
      locks
        .request(`outboard migrations of ${database.info.name}`, () => {
          granted()
          return released
        })
        .catch(failed)
    })
  } else {
    const before = lastRuns.get(database)
    lastRuns.set(database, released)
    await before
  }
  return release
}
