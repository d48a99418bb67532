// Opens a database: starts its worker, greets the engine in it, and lets it open the files.
import { badRequest, malformed, OutboardError } from '../protocol/errors.js'
import { type ItemMap, mapOf } from '../protocol/frame.js'
import type { Storage } from '../protocol/host.js'
import { Connection } from './connection.js'
import { Database, type Durability, type Info } from './database.js'
import { WorkerHost } from './host.js'
import { Lane } from './lane.js'

export interface OpenOptions {
  /** `opfs` (default): files of this origin. `memory`: gone with the page. */
  storage?: Storage
  /** What a commit survives: `process` (default) or `power`. */
  durability?: Durability
  /** Asks the browser to keep the database even when disk space runs low; some ask the user. */
  persist?: boolean
  /** Where worker.js is, unless it lies beside index.js. */
  workerUrl?: string | URL
  /** Where outboard.wasm is, unless it lies beside worker.js. */
  wasmUrl?: string | URL
  /** After so long the opening fails with `unavailable`. 15,000 by default. */
  openTimeoutMs?: number
}

const nameCharactersMax = 64

/**
 * Opens the database of that name, and makes it if there is none. Fails with `unavailable` where
 * the storage, the worker or the module cannot be had, `busy` while another tab has the database
 * open, `corrupt` if the file is damaged.
 */
export async function open(name: string, options: OpenOptions = {}): Promise<Database> {
  const { storage = 'opfs', durability = 'process', openTimeoutMs: timeoutMs = 15_000 } = options
  checkName(name)
  if (storage !== 'opfs' && storage !== 'memory')
    throw badRequest(`there is no storage '${storage}'`, "use 'opfs' or 'memory'")
  const { workerUrl, wasmUrl } = options
  let connection!: Connection
  const host = new WorkerHost(
    {
      name,
      storage,
      ...(workerUrl === undefined ? {} : { workerUrl }),
      ...(wasmUrl === undefined ? {} : { wasmUrl }),
    },
    {
      message: (message) => connection.receive(message),
      lost: (error) => connection.lose(error),
    },
  )
  connection = new Connection(host)
  const timer = setTimeout(() => {
    connection.lose(tooSlow(timeoutMs))
    host.terminate()
  }, timeoutMs)
  let info: Omit<Info, 'persisted'>
  try {
    // Where the worker does not start, nothing else ends the greeting.
    host.started.catch((error) => connection.lose(error))
    info = infoOf(await greet(connection, { name, storage, durability }), name)
  } catch (error) {
    await host.stop()
    throw error
  } finally {
    clearTimeout(timer)
  }
  return new Database(connection, host, {
    ...info,
    persisted: await isPersisted(options.persist ?? false),
  })
}

function tooSlow(timeoutMs: number): OutboardError {
  return new OutboardError('unavailable', `the engine did not start within ${timeoutMs} ms`, {
    hint: 'the network or the disk may be slow: try again, or set openTimeoutMs higher',
  })
}

function checkName(name: string): void {
  if (typeof name === 'string' && name.length > 0 && name.length <= nameCharactersMax) return
  throw badRequest(
    `a database's name is a text of 1 to ${nameCharactersMax} characters`,
    'choose another name',
  )
}

interface Greeting {
  name: string
  storage: Storage
  durability: Durability
}

// Hello and open leave in one post, and wait in the worker until the engine is there.
async function greet(connection: Connection, greeting: Greeting): Promise<ItemMap> {
  const { name, storage, durability } = greeting
  const welcome = new Promise<void>((resolve, reject) => {
    connection.hello({ reply: () => resolve(), chunk: () => {}, failed: reject })
  })
  const opened = new Lane(connection).ask('open', {}, (writer) =>
    writer.item({ name, storage: storage === 'opfs' ? 'file' : 'memory', durability }),
  )
  const [, { body }] = await Promise.all([welcome, opened])
  return body
}

function infoOf(body: ItemMap, name: string): Omit<Info, 'persisted'> {
  mapOf(body, 'a reply', ['path', 'build', 'sqlite', 'created', 'storage', 'durability'])
  const { build, created, durability, sqlite, storage } = body
  if (typeof build !== 'string' || typeof sqlite !== 'string')
    throw malformed('a database without versions')
  return {
    name,
    storage: storage === 'memory' ? 'memory' : 'opfs',
    durability: durability === 'power' ? 'power' : 'process',
    created: created === true,
    build,
    sqlite,
  }
}

async function isPersisted(ask: boolean): Promise<boolean> {
  try {
    return ask ? await navigator.storage.persist() : await navigator.storage.persisted()
  } catch {
    return false // not offered here
  }
}
