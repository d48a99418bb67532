// The guests of an owner: clients in other tabs, and further ones of its own page (rule H15).
//
// A guest that dies, sleeps or leaves gives its lock back: then what it had open is rolled back.
// One that does not take in what it is sent is sent no more than a window; the rest waits in the
// engine, which does not serve it meanwhile.
import type { Flushed, Storage } from '../protocol/host.js'
import {
  type FromGuest,
  meetingOf,
  type Seeker,
  tabsVersion,
  type ToGuest,
  type ToMeeting,
} from '../protocol/tabs.js'

/** The engine, as guests need it. */
export interface GuestEngine {
  connect(): number
  disconnect(client: number): void
  send(client: number, message: ArrayBuffer): void
  next(client: number): ArrayBuffer | undefined
  /** Nothing: it cannot watch. */
  watch: ((client: number, id: number, url: string) => void) | undefined
}

export interface GuestEvents {
  /** A guest has sent something, or can take more: the engine wants a turn. */
  work(action: () => void): void
  /** Makes sure of what is committed; the answer is given to the guest. */
  flush(number: number): Promise<Flushed>
  /** A client of a newer version waits: this owner should make room for it (rule H10). */
  outdated(): void
}

type Seek = Extract<ToMeeting, { type: 'seek' }>

const guestsMax = 100
/** Sent to a guest and not taken in yet; a whole answer may come on top. */
const windowBytes = 4 << 20
/** A guest that takes in nothing for so long, while its window is full, is dropped. */
const silenceMs = 30_000

interface Guest {
  link: string
  client: string
  schemaVersion: number | undefined
  id: number // the engine's
  channel: BroadcastChannel
  watch: AbortController
  sent: number
  heard: number
  silence: ReturnType<typeof setTimeout> | undefined
}

export class Guests {
  readonly #owner: string
  readonly #seeker: Seeker // the owner's own page
  #schemaVersion: number // the newest of all that were let in
  readonly #events: GuestEvents
  readonly #meeting: BroadcastChannel
  readonly #guests = new Map<string, Guest>() // by link
  #engine: GuestEngine | undefined

  /** From now on it answers whoever asks whether an owner is there. */
  constructor(name: string, seeker: Seeker, owner: string, events: GuestEvents) {
    this.#owner = owner
    this.#seeker = seeker
    this.#schemaVersion = seeker.schemaVersion ?? 0
    this.#events = events
    this.#meeting = new BroadcastChannel(meetingOf(name))
    this.#meeting.onmessage = ({ data }: MessageEvent<ToMeeting>) => {
      if (data.type === 'seek') this.#seek(data)
      else if (data.type === 'ask') this.#say({ type: 'here' })
    }
  }

  get any(): boolean {
    return this.#guests.size > 0
  }

  /** The engine runs: lets guests in. */
  welcome(engine: GuestEngine): void {
    this.#engine = engine
    this.#say({ type: 'owner', owner: this.#owner })
  }

  /** Posts what the engine has for them, as far as they take it in. */
  post(): void {
    for (const guest of this.#guests.values()) {
      while (guest.sent - guest.heard < windowBytes && this.#postNext(guest));
      this.#watchSilence(guest)
    }
  }

  /** Posts all that is left. The engine takes nothing more of them, nor lets anybody in. */
  finish(): void {
    for (const guest of this.#guests.values()) while (this.#postNext(guest));
    this.#engine = undefined
  }

  /** Tells them that it was all. REQUIRES: `finish`. */
  close(): void {
    for (const { channel } of this.#guests.values())
      channel.postMessage({ type: 'closed' } satisfies ToGuest)
    this.abandon()
  }

  /** The engine is lost: nothing can be said about what was not answered. */
  abandon(): void {
    this.#engine = undefined
    this.#meeting.close()
    for (const guest of this.#guests.values()) forget(guest)
    this.#guests.clear()
  }

  #say(message: ToMeeting): void {
    this.#meeting.postMessage(message)
  }

  #seek(message: Seek): void {
    const { link, client, version, schemaVersion } = message
    const engine = this.#engine
    if (engine === undefined || this.#guests.has(link)) return
    if (version > tabsVersion || (version === tabsVersion && this.#isNewer(message)))
      return this.#events.outdated()
    // An earlier link of the same client must not do anything after this one has begun.
    for (const guest of this.#guests.values()) if (guest.client === client) this.#drop(guest)
    const channel = new BroadcastChannel(link)
    const answer = (message: ToGuest): void => channel.postMessage(message)
    const refusal = this.#refusalOf(message)
    if (refusal) {
      answer({ type: 'refused', ...refusal })
      return channel.close()
    }
    this.#outdate(schemaVersion)
    const guest: Guest = {
      link,
      client,
      schemaVersion,
      id: engine.connect(),
      channel,
      watch: new AbortController(),
      sent: 0,
      heard: 0,
      silence: undefined,
    }
    this.#guests.set(link, guest)
    channel.onmessage = ({ data }: MessageEvent<ArrayBuffer | FromGuest>) => this.#take(guest, data)
    const { signal } = guest.watch
    const gone = (): void => this.#events.work(() => this.#drop(guest))
    navigator.locks.request(link, { signal }, gone).catch(() => {}) // called off
    answer({ type: 'accepted', owner: this.#owner, watches: engine.watch !== undefined })
  }

  // Than the owner's own page: the schema decides first, so that of two there is always one that
  // makes room.
  #isNewer({ schemaVersion, setUp }: Seek): boolean {
    const known = this.#seeker.schemaVersion
    if (known !== undefined && schemaVersion !== undefined && schemaVersion !== known)
      return schemaVersion > known
    return setUp !== undefined && setUp > (this.#seeker.setUp ?? 0)
  }

  #refusalOf({ version, storage, schemaVersion, setUp }: Seek): Refusal | undefined {
    if (version < tabsVersion) return tooOld
    if (storage !== this.#seeker.storage) return otherStorage(this.#seeker.storage)
    if (schemaVersion !== undefined && schemaVersion < this.#schemaVersion) return tooOld
    if (setUp !== undefined && setUp < (this.#seeker.setUp ?? 0)) return olderSetUp
    return this.#guests.size >= guestsMax ? tooMany() : undefined
  }

  // Those that know only an older schema have to seek again, and are refused.
  #outdate(schemaVersion = 0): void {
    if (schemaVersion <= this.#schemaVersion) return
    this.#schemaVersion = schemaVersion
    for (const guest of this.#guests.values())
      if (guest.schemaVersion !== undefined && guest.schemaVersion < schemaVersion) this.#drop(guest)
  }

  #take(guest: Guest, data: ArrayBuffer | FromGuest): void {
    this.#events.work(() => {
      if (data instanceof ArrayBuffer) return this.#engine?.send(guest.id, data)
      if (data.type === 'watch') return this.#engine?.watch?.(guest.id, data.id, data.url)
      if (data.type === 'flush') return void this.#flush(guest, data.number)
      guest.heard = data.bytes
      clearTimeout(guest.silence)
      guest.silence = undefined
    })
  }

  async #flush(guest: Guest, number: number): Promise<void> {
    const answer = await this.#events.flush(number)
    if (this.#guests.has(guest.link)) guest.channel.postMessage(answer satisfies ToGuest)
  }

  #postNext(guest: Guest): boolean {
    const message = this.#engine?.next(guest.id)
    if (message === undefined) return false
    guest.sent += message.byteLength
    guest.channel.postMessage(message)
    return true
  }

  #watchSilence(guest: Guest): void {
    if (guest.silence !== undefined || guest.sent - guest.heard < windowBytes) return
    guest.silence = setTimeout(() => this.#events.work(() => this.#drop(guest)), silenceMs)
  }

  // It may be there still, or wake up later: then it reads this, and seeks anew.
  #drop(guest: Guest): void {
    if (!this.#guests.delete(guest.link)) return
    while (this.#postNext(guest));
    this.#engine?.disconnect(guest.id)
    guest.channel.postMessage({ type: 'closed' } satisfies ToGuest)
    forget(guest)
  }
}

function forget(guest: Guest): void {
  clearTimeout(guest.silence)
  guest.watch.abort()
  guest.channel.close()
}

type Refusal = Omit<Extract<ToGuest, { type: 'refused' }>, 'type'>

const otherStorage = (storage: Storage): Refusal => ({
  code: 'bad_request',
  message: `another tab has the database open with storage '${storage}'`,
  hint: 'open it with that, or under another name',
})

const tooOld = {
  code: 'outdated',
  message: 'another tab has opened the database with a newer version',
  hint: 'reload this page',
} as const

const olderSetUp = {
  code: 'outdated',
  message: 'another tab has opened the database with a newer version of the set-up',
  hint: 'reload this page',
} as const

const tooMany = (): Refusal => ({
  code: 'busy',
  message: `${guestsMax} tabs share this database already`,
  hint: 'close some of them',
})
