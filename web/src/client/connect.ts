// Connects to a database whose engine is served by `outboard serve`.
import { badRequest, OutboardError } from '../protocol/errors.js'
import { Connection } from './connection.js'
import { Database, type Info } from './database.js'
import { greet, type Opened } from './greet.js'
import { Remote } from './remote.js'

export interface ConnectOptions {
  /** What the server asks for; a function is called for each connection that is made. */
  token?: string | (() => string | Promise<string>)
  /** After so long the connecting fails with `unavailable`. 10,000 by default. */
  openTimeoutMs?: number
  /** A server that gives no sign of life for so long is lost. 10,000 by default, 5,000 at least. */
  silenceMs?: number
  /** A server that is lost is looked for so long; then calls fail. 10,000 by default. */
  patienceMs?: number
}

// Twice as long as a server is silent at most.
const silenceLeastMs = 5_000

/**
 * Connects to a database that `outboard serve` serves, at the address that it tells. A connection
 * that breaks is made anew: what has no answer is asked again, and what was applied is not applied
 * again. Fails with `denied` (a wrong token), `unavailable` (nobody answers, or lets this page in)
 * or `bad_request` (no such address).
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Database> {
  if (typeof WebSocket === 'undefined') throw noWebSocket()
  const { token = '', openTimeoutMs = 10_000, patienceMs = 10_000 } = options
  const silenceMs = Math.max(options.silenceMs ?? 10_000, silenceLeastMs)
  const connection = new Connection(crypto.getRandomValues(new Uint8Array(16)))
  const place = { url: addressOf(url), token, silenceMs, patienceMs }
  const fail = (error: OutboardError): void => {
    connection.forsake(error) // with what is known of each request
    connection.lose(error)
  }
  let remote: Remote | undefined
  const opened = new Promise<Opened>((resolve, reject) => {
    connection.onLost = (error) => {
      reject(error)
      void remote?.stop()
    }
    remote = new Remote(place, connection, {
      attached: (port) => {
        greet(connection, port, {}).then(
          resolve,
          // A server that goes before it has answered: it is looked for.
          (error: OutboardError) => void (error.code === 'worker_lost' || fail(error)),
        )
      },
      failed: fail,
    })
  })
  const timer = setTimeout(() => connection.lose(tooSlow(url, openTimeoutMs)), openTimeoutMs)
  const told = await opened.finally(() => clearTimeout(timer))
  const { path: name, storage, durability, created, build, sqlite } = told
  const persisted = storage === 'file'
  const info: Info = {
    name,
    storage,
    durability,
    created,
    persisted,
    cancel: 'running',
    build,
    sqlite,
  }
  const stop = (): Promise<void> => remote!.stop()
  const flush = async (): Promise<void> => {
    // With `power` what was answered is flushed already.
    if (storage === 'file' && durability === 'process') throw notFlushing()
  }
  return new Database(connection, { stop, flush }, info)
}

function addressOf(url: string | URL): URL {
  const hint = 'it looks like ws://127.0.0.1:1234/; `outboard serve` tells it'
  let address: URL
  try {
    address = new URL(url)
  } catch {
    throw badRequest(`"${url}" is not the address of an engine`, hint)
  }
  const { hostname, protocol } = address
  if (protocol !== 'ws:' && protocol !== 'wss:')
    throw badRequest(`"${url}" is not the address of an engine`, hint)
  if (protocol === 'ws:' && !/^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname)) {
    throw new OutboardError('denied', 'without TLS an engine is only spoken to on this machine', {
      hint: 'let a proxy with TLS face the network, and connect to wss://',
    })
  }
  return address
}

function notFlushing(): OutboardError {
  return new OutboardError('unavailable', 'commits of this server may not survive a power cut', {
    hint: 'start it with `outboard serve --durability power`',
  })
}

function noWebSocket(): OutboardError {
  return new OutboardError('unavailable', 'there is no WebSocket here', {
    hint: 'Node has one from version 22 on; before, set globalThis.WebSocket to that of a package',
  })
}

function tooSlow(url: string | URL, timeoutMs: number): OutboardError {
  return new OutboardError(
    'unavailable',
    `the engine at ${url} did not answer within ${timeoutMs} ms`,
    { hint: 'see whether `outboard serve` runs there, or set openTimeoutMs higher' },
  )
}
