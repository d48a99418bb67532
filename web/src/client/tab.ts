// Where this client's engine is: in this tab's own worker, if that is the owner of the files, or in
// another tab's. docs/architecture.md tells the states and what moves between them.
import { OutboardError } from '../protocol/errors.js'
import { meetingOf, seekerOf, type ToMeeting } from '../protocol/tabs.js'
import type { Port } from './channel.js'
import type { Connection } from './connection.js'
import { Flushes } from './flushes.js'
import { type HostOptions, type Seeding, WorkerHost } from './host.js'
import { watchLife } from './life.js'
import { Link } from './link.js'
import type { Loss } from './loss.js'

export interface TabEvents {
  /** An engine takes frames: greet it, and resume the connection when it has answered. */
  attached(port: Port, seeding?: Seeding): void
  /** There is no engine, and never will be one for this client. */
  failed(error: OutboardError): void
}

/** An owner that says nothing for so long is asked whether it is there, again and again, */
const silenceMs = 200
/** the locks are looked at as often as this, */
const lookMs = 1_000
/** and it is given up after so long: a worker in a statement takes 2.5 seconds to die. */
const patienceMs = 4_000
/** So many engines of this tab may die within that time before it gives up. */
const deathsMax = 5
const deathsMs = 60_000
const closeTimeoutMs = 5_000
/** An engine that is so late after a deadline is asked, as often as this, whether it lives. */
const overdueMs = 1_000

export class Tab {
  readonly #options: HostOptions
  readonly #connection: Connection
  readonly #events: TabEvents
  readonly #client = crypto.randomUUID?.() ?? String(Math.random())
  readonly #isShared: boolean
  readonly #flushes: Flushes
  readonly #ignoreLife: () => void
  #meeting: BroadcastChannel | undefined
  #host: WorkerHost | undefined
  #link: Link | undefined
  #stopping: Promise<void> | undefined
  #leaving: WorkerHost | undefined
  #links = 0
  #isOwner = false
  #suspended = false
  #closed = false
  #failure: OutboardError | undefined // of the worker
  #deaths: number[] = []
  #attached = false // once at least
  #owned = false // when that was last asked
  #heardAt = 0
  #lookedAt = 0
  #patience: ReturnType<typeof setInterval> | undefined
  #deadlines: ReturnType<typeof setInterval> | undefined

  /** Looks for an engine at once. */
  constructor(options: HostOptions, connection: Connection, events: TabEvents) {
    this.#options = options
    this.#connection = connection
    this.#events = events
    this.#isShared = options.storage !== 'memory' && navigator.locks !== undefined
    this.#flushes = new Flushes(options.storage === 'autosave' ? 'memory' : 'files')
    const life = {
      suspend: () => this.#suspend(),
      resume: () => this.#resume(),
      hidden: () => void this.#makeRoom(),
    }
    this.#ignoreLife = this.#isShared ? watchLife(life) : () => {}
    connection.onLimited = () => this.#watchDeadlines()
    this.#start()
  }

  /** Resolves when all that was answered survives, as far as the storage promises. */
  flush(): Promise<void> {
    return this.#flushes.ask()
  }

  /** Leaves, and ends the worker; its files are closed when this resolves. May be called again. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop(closeTimeoutMs)
    return this.#stopping
  }

  /** As `stop`, at once. */
  terminate(): void {
    this.#stopping ??= this.#stop(0)
  }

  async #stop(limitMs: number): Promise<void> {
    this.#closed = true
    this.#ignoreLife()
    clearInterval(this.#deadlines)
    this.#unlink()
    this.#meeting?.close()
    this.#flushes.end(new OutboardError('cancelled', 'the database was closed'))
    await this.#host?.stop(limitMs)
  }

  #start(): void {
    this.#startHost()
    if (!this.#isShared) return
    this.#meeting ??= new BroadcastChannel(meetingOf(this.#options.name))
    this.#meeting.onmessage = ({ data }: MessageEvent<ToMeeting>) => this.#meet(data)
    this.#seek()
  }

  #startHost(): void {
    this.#failure = undefined
    try {
      const host: WorkerHost = new WorkerHost(this.#options, this.#attached ? 'again' : 'first', {
        ready: (seeding) => this.#own(host, seeding),
        message: (message) => this.#connection.receive(message),
        failed: (error) => void this.#fail(error),
        lost: (error) => this.#die(error),
        flushed: (message) => this.#flushes.answered(message),
        outdated: () => void this.#handOver(),
      })
      this.#host = host
    } catch (error) {
      void this.#fail(error as OutboardError)
    }
  }

  // A guest again, of whoever is or will be the owner.
  #seek(): void {
    this.#link?.close()
    this.#beginPatience()
    const name = `outboard-link:${this.#client}:${++this.#links}`
    const seeker = seekerOf({ ...this.#options, setUp: this.#options.setUp?.order })
    const link: Link = new Link(name, this.#client, seeker, (message) => this.#say(message), {
      accepted: () => {
        this.#heard()
        this.#attach(link)
      },
      message: (message) => {
        this.#heard()
        this.#connection.receive(message)
      },
      flushed: (message) => this.#flushes.answered(message),
      asked: () => this.#beginPatience(),
      refused: (error) => this.#events.failed(error),
      lost: (loss) => {
        this.#leave(loss)
        this.#seek()
      },
    })
    this.#link = link
  }

  #own(host: WorkerHost, seeding: Seeding | undefined): void {
    if (this.#link?.isAccepted) this.#detach('unclean')
    this.#unlink()
    this.#isOwner = true
    this.#attach(host, seeding)
  }

  #unlink(): void {
    this.#link?.close()
    this.#link = undefined
    this.#endPatience()
  }

  #attach(place: WorkerHost | Link, seeding?: Seeding): void {
    this.#attached = true
    this.#events.attached(place, seeding)
    this.#flushes.attach((message) => place.flush(message))
  }

  #detach(loss: Loss, why?: string): void {
    this.#connection.detach(loss, why)
    this.#flushes.detach(loss)
  }

  // The engine in another tab is gone. Perhaps this tab's worker could not start before.
  #leave(loss: Loss): void {
    this.#detach(loss)
    this.#heard()
    if (this.#host === undefined) this.#startHost()
  }

  // The worker cannot start: this tab can only be a guest.
  async #fail(error: OutboardError): Promise<void> {
    if (this.#closed) return
    this.#host = undefined
    this.#failure = error
    if (!this.#isShared) return this.#events.failed(error)
    if (this.#link?.isAccepted || (await this.#hasOwner())) return
    if (!this.#closed && this.#failure === error) this.#events.failed(error)
  }

  // The engine in this tab's worker is gone without a word.
  #die(error: OutboardError): void {
    if (this.#closed) return
    this.#host = undefined
    if (!this.#isShared) return this.#events.failed(error)
    const now = performance.now()
    this.#deaths = [...this.#deaths.filter((at) => at > now - deathsMs), now]
    if (this.#deaths.length > deathsMax) return this.#events.failed(error)
    this.#isOwner = false
    this.#detach('unclean', error.message)
    this.#start()
  }

  // A page that sleeps keeps its locks and answers nobody, so it must have none. And a message on
  // a channel that it listens to would keep it from coming back.
  #suspend(): void {
    if (this.#suspended || this.#closed) return
    this.#suspended = true
    this.#connection.flush()
    this.#host?.terminate()
    this.#host = undefined
    this.#unlink()
    this.#meeting?.close()
    this.#meeting = undefined
    this.#isOwner = false
    this.#detach('unclean')
  }

  #resume(): void {
    if (!this.#suspended || this.#closed) return
    this.#suspended = false
    this.#start()
  }

  // Hidden pages may be put to sleep: better to go while there is time to do it well.
  async #makeRoom(): Promise<void> {
    if (!this.#isOwner) return
    const { pending = [] } = await this.#locks()
    if (pending.some(this.#isOwners)) await this.#handOver()
  }

  // Closes the engine when that costs nobody anything, and gets behind those who wait.
  async #handOver(): Promise<void> {
    const host = this.#host
    if (!this.#isOwner || host === undefined || this.#leaving === host) return
    this.#leaving = host
    const closed = await host.stop(Infinity)
    if (this.#host !== host || this.#closed) return
    this.#isOwner = false
    this.#detach(closed ? 'clean' : 'unclean')
    this.#start()
  }

  #meet(message: ToMeeting): void {
    if (message.type === 'owner') this.#link?.meet(message.owner)
    else if (message.type === 'here') this.#heard()
    else if (message.type === 'ask' && this.#isOwner) {
      this.#host?.ask()
      this.#say({ type: 'here' })
    }
  }

  #say(message: ToMeeting): void {
    this.#meeting?.postMessage(message)
  }

  #heard(): void {
    this.#heardAt = performance.now()
    this.#owned = false
  }

  #beginPatience(): void {
    if (this.#patience !== undefined) return
    this.#heard()
    this.#patience = setInterval(() => this.#lookForSilence(), silenceMs)
  }

  #endPatience(): void {
    clearInterval(this.#patience)
    this.#patience = undefined
  }

  // Somebody waits, and nothing comes: is there an owner that works? To look at the locks makes the
  // browser drop an owner that it keeps asleep.
  #lookForSilence(): void {
    if (this.#attached && !this.#connection.isWaiting)
      return this.#link?.isAccepted ? this.#endPatience() : this.#heard()
    const now = performance.now()
    const silent = now - this.#heardAt
    if (silent < silenceMs) return
    if (silent >= patienceMs && this.#owned) this.#forsake()
    this.#say({ type: 'ask' })
    if (now - this.#lookedAt < lookMs) return
    this.#lookedAt = now
    void this.#hasOwner().then((owned) => this.#learn(owned))
  }

  #learn(owned: boolean): void {
    this.#owned = owned
    const { isAccepted = false } = this.#link ?? {}
    if (owned || isAccepted || this.#failure === undefined || this.#closed) return
    this.#events.failed(this.#failure) // nobody is there, and this tab cannot
  }

  // An engine answers in time, unless it is in something that nothing can interrupt.
  #watchDeadlines(): void {
    this.#deadlines ??= setInterval(() => {
      const limited = this.#connection.limited()
      if (limited.some((request) => request.isOverdue(overdueMs))) this.#host?.ask()
      if (limited.length > 0) return
      clearInterval(this.#deadlines)
      this.#deadlines = undefined
    }, overdueMs)
  }

  #forsake(): void {
    const error = heldBySuspendedTab(this.#options.name)
    this.#heard()
    if (this.#attached) this.#connection.forsake(error)
    else this.#events.failed(error)
  }

  async #hasOwner(): Promise<boolean> {
    const { held = [] } = await this.#locks()
    return held.some(this.#isOwners)
  }

  readonly #isOwners = (lock: LockInfo): boolean => lock.name === meetingOf(this.#options.name)

  #locks(): Promise<LockManagerSnapshot> {
    return navigator.locks.query().catch(() => ({})) // refused to a page that is about to end
  }
}

function heldBySuspendedTab(name: string): OutboardError {
  return new OutboardError(
    'unavailable',
    `the database '${name}' is held by a tab that does not answer`,
    { hint: 'held by a suspended tab: close the other tabs of this site, or try again' },
  )
}
