// The way to a served engine: a WebSocket, made anew when it breaks or falls silent. A server says
// something every few seconds, if only a message without frames.
import { OutboardError } from '../protocol/errors.js'
import type { Port } from './channel.js'
import type { Connection } from './connection.js'

export interface RemoteEvents {
  /** An engine takes frames: greet it, and resume the connection when it has answered. */
  attached(port: Port): void
  /** There is no engine, or none any more. */
  failed(error: OutboardError): void
}

export interface RemotePlace {
  url: URL
  token: string | (() => string | Promise<string>)
  silenceMs: number
  patienceMs: number
}

/** Silence is counted in so many ticks: a page that was held up itself sees one of them late. */
const silentTicksMax = 4

/** Between an attempt in vain and the next one; twice as long each time, and up to that. */
const firstPauseMs = 20
const longestPauseMs = 1_000

/** With what a server closes: it ends, or the token is wrong. */
const goingAway = 1001
const wrongToken = 4401

export class Remote {
  readonly #place: RemotePlace
  readonly #connection: Connection
  readonly #events: RemoteEvents
  #socket: WebSocket | undefined
  #retry: ReturnType<typeof setTimeout> | undefined
  #watch: ReturnType<typeof setInterval> | undefined
  #silentTicks = 0
  #isAttached = false // an engine is being greeted, or was
  #isHeard = false // and has said something
  #failures = 0 // attempts in a row that nobody answered
  #lastThere: number | undefined
  #closed = false

  /** Connects at once. */
  constructor(place: RemotePlace, connection: Connection, events: RemoteEvents) {
    this.#place = place
    this.#connection = connection
    this.#events = events
    void this.#dial()
  }

  /** Leaves. There are no events after it. May be called again. */
  async stop(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#retry)
    clearInterval(this.#watch)
    this.#socket?.close(1000)
    this.#socket = undefined
  }

  async #dial(): Promise<void> {
    const { url, token } = this.#place
    try {
      const shown = typeof token === 'string' ? token : await token()
      if (!this.#closed) this.#listen(new WebSocket(withToken(url, shown)))
    } catch (error) {
      if (!this.#closed) this.#lose({ reason: `there is no token: ${(error as Error).message}` })
    }
  }

  #listen(socket: WebSocket): void {
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    this.#silentTicks = 0
    this.#watch = setInterval(() => this.#tick(socket), this.#place.silenceMs / silentTicksMax)
    socket.onopen = () => {
      this.#isAttached = true
      this.#events.attached({ postMessage: (message) => socket.send(message) })
    }
    socket.onmessage = ({ data }) => {
      this.#isHeard = true
      this.#silentTicks = 0
      this.#connection.receive(data as ArrayBuffer)
    }
    const lost = (event: { code?: number; reason: string }): void => {
      if (this.#socket === socket) this.#lose(event)
    }
    socket.onclose = lost
    // Behind an error comes the end, though not in every Node.
    socket.onerror = () => setTimeout(lost, 0, { reason: '' })
  }

  #tick(socket: WebSocket): void {
    if (++this.#silentTicks < silentTicksMax) return
    this.#lose({ reason: 'it gave no sign of life' })
    socket.close()
  }

  #lose({ code, reason }: { code?: number; reason: string }): void {
    const { url, patienceMs } = this.#place
    const now = performance.now()
    this.#socket = undefined
    clearInterval(this.#watch)
    if (this.#isHeard) this.#lastThere = now
    this.#failures = this.#isHeard ? 0 : this.#failures + 1
    this.#isHeard = false
    if (code === wrongToken) return this.#events.failed(denied(reason))
    if (this.#lastThere === undefined) return this.#events.failed(notThere(url, reason))
    if (this.#failures > 0 && now - this.#lastThere >= patienceMs)
      return this.#events.failed(notFoundAgain(reason))
    if (this.#isAttached) {
      // What waits for the answer to the greeting is not what the engine died of.
      const isClean = code === goingAway || !this.#connection.isUp
      this.#isAttached = false
      this.#connection.detach(isClean ? 'clean' : 'unclean')
    }
    const pauseMs = this.#failures === 0 ? 0 : firstPauseMs * 2 ** (this.#failures - 1)
    this.#retry = setTimeout(() => void this.#dial(), Math.min(pauseMs, longestPauseMs))
  }
}

function withToken(url: URL, token: string): URL {
  const address = new URL(url)
  // Pages cannot set the fields of a WebSocket's request.
  if (token !== '')
    address.search += `${address.search === '' ? '?' : '&'}token=${encodeURIComponent(token)}`
  return address
}

function denied(why: string): OutboardError {
  return new OutboardError('denied', why, { hint: 'use the token that `outboard serve` tells' })
}

function notThere({ host }: URL, why: string): OutboardError {
  const because = why === '' ? '' : `: ${why}`
  return new OutboardError('unavailable', `no engine at ${host} lets this program in${because}`, {
    hint: 'see whether `outboard serve` runs there; pages have to be let in by --origin',
  })
}

function notFoundAgain(why: string): OutboardError {
  const because = why === '' ? '' : `: ${why}`
  return new OutboardError('worker_lost', `the engine was not found again${because}`, {
    hint: 'see whether `outboard serve` runs, and connect again',
  })
}
