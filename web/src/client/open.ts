// Opens a database: finds its engine, greets it, and lets it open the files.
import { badRequest, OutboardError } from '../protocol/errors.js'
import type { Storage } from '../protocol/host.js'
import { checkName } from '../protocol/names.js'
import type { Port } from './channel.js'
import { Connection } from './connection.js'
import { Database, type Durability, type Info } from './database.js'
import { isPersisted } from './databases.js'
import { greet, type Greeting, type Opened } from './greet.js'
import { type HostOptions, type Seeding, StorageMissing } from './host.js'
import { Lane } from './lane.js'
import { checkSchema, type Migrate, upgrade } from './schema.js'
import { plant, type Seed } from './seed.js'
import { orderOf, type SetUpOptions } from './set_up.js'
import { Tab } from './tab.js'
import type { StartThread } from './thread.js'

export interface OpenOptions {
  /**
   * `opfs` (default): files of this origin. `autosave`: in memory, up to 256 MiB, and saved as a
   * whole soon after it changed. `memory`: for this page alone, gone with it. Of a list, the first
   * that there is in this browser; `info.storage` tells which.
   */
  storage?: Storage | readonly Storage[]
  /** What a commit survives: `process` (default) or `power`. */
  durability?: Durability
  /** Asks the browser to keep the database even when disk space runs low; some ask the user. */
  persist?: boolean
  /**
   * A database file that a new database begins with; ignored if the database is there already.
   * Fails with `corrupt` if it is none, `unavailable` if it cannot be loaded.
   */
  seed?: Seed
  /** The application's own code beside the engine: SQL functions. */
  setUp?: SetUpOptions
  /**
   * The version of the schema that this page knows, from 1. Older tabs make room for a newer one and
   * get `outdated`, and so does whoever opens a database that a newer one has migrated.
   */
  schemaVersion?: number
  /**
   * Brings an older database, or a new one, to `schemaVersion`, in one transaction, before anybody
   * uses it. What it throws is the error of `open`, and nothing has changed.
   */
  migrate?: Migrate
  /**
   * Where the engine runs: in a worker, or, with `onMainThread` from `outboard/main`, on this thread,
   * which then has only the storages `autosave` and `memory`.
   */
  host?: StartThread
  /** Where worker.js is, unless it lies beside index.js. */
  workerUrl?: string | URL
  /** Where outboard.wasm is, unless it lies beside worker.js. */
  wasmUrl?: string | URL
  /**
   * After so long without an engine the opening fails with `unavailable`. 15,000 by default. A seed
   * and a migration may take longer.
   */
  openTimeoutMs?: number
}

/**
 * Opens the database of that name, and makes it if there is none; tabs that open the same one share
 * it. Fails with `unavailable` where the storage, the worker or the module cannot be had or a tab
 * that has the files does not answer, `outdated` where a newer version has been, `corrupt`
 * if the file is damaged.
 */
export async function open(name: string, options: OpenOptions = {}): Promise<Database> {
  checkName(name)
  checkSchema(options.schemaVersion, options.migrate)
  const storages = storagesOf(options.storage ?? 'opfs')
  for (const storage of storages.slice(0, -1)) {
    try {
      return await openIn(storage, name, options)
    } catch (error) {
      if (!(error instanceof StorageMissing)) throw error // what is stored is not left for another
    }
  }
  return openIn(storages.at(-1)!, name, options)
}

async function openIn(storage: Storage, name: string, options: OpenOptions): Promise<Database> {
  const { durability = 'process', openTimeoutMs: timeoutMs = 15_000, workerUrl, wasmUrl } = options
  const { host: startThread, seed, schemaVersion, migrate } = options
  const setUp = options.setUp && orderOf(options.setUp)
  const host = {
    name,
    storage,
    hasSeed: seed !== undefined,
    ...(setUp === undefined ? {} : { setUp }),
    ...(schemaVersion === undefined ? {} : { schemaVersion }),
    ...(startThread === undefined ? {} : { startThread }),
    ...(workerUrl === undefined ? {} : { workerUrl }),
    ...(wasmUrl === undefined ? {} : { wasmUrl }),
  }
  const isKept = storage !== 'memory'
  const greeting: Greeting = { name, storage: isKept ? 'file' : 'memory', durability }
  const { connection, tab, greeted, opened } = find(host, greeting, seed)
  const timer = setTimeout(() => connection.lose(tooSlow(timeoutMs)), timeoutMs)
  void greeted.then(() => clearTimeout(timer))
  let found: Found
  try {
    found = await opened
  } catch (error) {
    await tab.stop()
    throw error
  } finally {
    clearTimeout(timer)
  }
  const { told, port } = found
  const { created, build, sqlite } = told
  const persisted = isKept && (await isPersisted(options.persist ? 'ask' : 'look'))
  const kept = durabilityOf(storage, told.durability)
  const cancel = port.watch ? 'running' : 'waits'
  const info: Info = { name, storage, durability: kept, created, persisted, cancel, build, sqlite }
  const db = new Database(connection, tab, info)
  if (schemaVersion === undefined) return db
  try {
    // A seed may have brought a version of its own.
    if (seed !== undefined || told.schemaVersion < schemaVersion)
      await upgrade(db, schemaVersion, migrate)
    return db
  } catch (error) {
    await tab.stop()
    throw error
  }
}

function storagesOf(wanted: Storage | readonly Storage[]): readonly Storage[] {
  const storages = typeof wanted === 'string' ? [wanted] : wanted
  const known: readonly unknown[] = ['opfs', 'autosave', 'memory']
  const unknown = storages.find((storage) => !known.includes(storage))
  if (storages.length > 0 && unknown === undefined) return storages
  const what = unknown === undefined ? 'no storage is listed' : `there is no storage '${unknown}'`
  throw badRequest(what, "use 'opfs', 'autosave' or 'memory', or a list of them")
}

interface Found {
  told: Opened
  port: Port
}

// Greets each engine that this client comes to, and lets the waiting requests go on.
function find(
  options: HostOptions,
  greeting: Greeting,
  seed: Seed | undefined,
): { connection: Connection; tab: Tab; greeted: Promise<unknown>; opened: Promise<Found> } {
  const isKept = options.storage !== 'memory' // and so its next engine can know
  const connection = new Connection(isKept ? crypto.getRandomValues(new Uint8Array(16)) : undefined)
  let tab: Tab | undefined
  let isGreeted!: () => void
  const greetedOnce = new Promise<void>((resolve) => (isGreeted = resolve))
  const opened = new Promise<Found>((resolve, reject) => {
    const fail = (error: OutboardError): void => connection.lose(error)
    connection.onLost = (error) => {
      reject(error)
      tab?.terminate()
    }
    tab = new Tab(options, connection, {
      attached: (port, seeding) => {
        const greeted = greet(connection, port, greeting, options.schemaVersion)
        greeted.then(isGreeted, () => {}) // what it fails with is told below
        const done = seeding && seed ? begin(greeted, connection, seed, seeding) : greeted
        done.then(
          (told) => resolve({ told, port }),
          // An engine that goes before it has answered: there will be another one.
          (error: OutboardError) => void (error.code === 'worker_lost' || fail(error)),
        )
      },
      failed: fail,
    })
  })
  return { connection, tab: tab!, greeted: greetedOnce, opened }
}

async function begin(
  greeted: Promise<Opened>,
  connection: Connection,
  seed: Seed,
  seeding: Seeding,
): Promise<Opened> {
  const told = await greeted
  await plant(new Lane(connection), seed)
  await seeding()
  return told
}

function tooSlow(timeoutMs: number): OutboardError {
  return new OutboardError('unavailable', `the engine did not start within ${timeoutMs} ms`, {
    hint: 'the network or the disk may be slow: try again, or set openTimeoutMs higher',
  })
}

function durabilityOf(storage: Storage, told: Durability): Info['durability'] {
  if (storage !== 'opfs') return storage === 'memory' ? 'none' : 'flush'
  return told
}
