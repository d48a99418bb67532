// The real engine without a worker: page and worker side in one process, on a database in memory.
import { webcrypto } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { Connection } from '../../src/client/connection.ts'
import { Database } from '../../src/client/database.ts'
import { greet } from '../../src/client/greet.ts'
import { OutboardError } from '../../src/protocol/errors.ts'
import type { FromWorker } from '../../src/protocol/host.ts'
import { tabsVersion } from '../../src/protocol/tabs.ts'
import { EngineHost } from '../../src/worker/host.ts'

// What a worker has and Node 18 and 20 lack.
for (const [name, value] of Object.entries({ navigator: {}, crypto: webcrypto })) {
  if (!(name in globalThis)) Object.defineProperty(globalThis, name, { value })
}

let moduleUrl: string | undefined

/** The module as an address that fetch understands in Node. */
function wasmUrl(): string {
  const bytes = () => readFileSync(process.env['OUTBOARD_WASM']!)
  moduleUrl ??= `data:application/wasm;base64,${bytes().toString('base64')}`
  return moduleUrl
}

/** What the page posted and the worker posted. */
export interface Traffic {
  toWorker: ArrayBuffer[]
  toPage: ArrayBuffer[]
}

export async function openInside(traffic?: Traffic): Promise<Database> {
  let ready!: () => void
  let failed!: (error: unknown) => void
  const started = new Promise<void>((resolve, reject) => {
    ready = resolve
    failed = reject
  })
  const closed: (() => void)[] = []
  const worker = new EngineHost({
    postMessage: (message: FromWorker | ArrayBuffer) => {
      // As a real post: in a task of its own.
      setImmediate(() => {
        if (message instanceof ArrayBuffer) {
          traffic?.toPage.push(message)
          connection.receive(message)
        } else if (message.type === 'ready') ready()
        else if (message.type === 'closed') closed.shift()?.()
        else if (message.type === 'failed' || message.type === 'lost') {
          failed(new Error(message.message))
          connection.lose(new OutboardError('worker_lost', message.message))
        }
      })
    },
  })
  const port = {
    postMessage: (message: ArrayBuffer) => {
      traffic?.toWorker.push(message)
      setImmediate(() => worker.receive(message))
    },
  }
  const stop = () =>
    new Promise<void>((resolve) => {
      closed.push(resolve)
      setImmediate(() => worker.receive({ type: 'close' }))
    })
  const connection = new Connection()
  const inside = { name: 'inside', storage: 'memory' } as const
  worker.receive({
    type: 'open',
    ...inside,
    mustExist: false,
    hasSeed: false,
    version: tabsVersion,
    wasmUrl: wasmUrl(),
  })
  await started
  await greet(connection, port, { ...inside, durability: 'process' })
  return new Database(
    connection,
    { stop, flush: () => Promise.resolve() },
    {
      name: 'inside',
      storage: 'memory',
      durability: 'process',
      created: true,
      persisted: false,
      cancel: 'waits',
      build: '',
      sqlite: '',
    },
  )
}
