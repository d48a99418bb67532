// A guest's way to the engine in another tab, or of another client in this one: asks to be let in,
// and notices when the owner goes. One link is for one owner; after it there is a new one.
import { OutboardError } from '../protocol/errors.js'
import type { Flush, Flushed } from '../protocol/host.js'
import {
  type FromGuest,
  hearingBytes,
  type Seeker,
  tabsVersion,
  type ToGuest,
  type ToMeeting,
} from '../protocol/tabs.js'
import type { Port } from './channel.js'
import type { Loss } from './loss.js'

export interface LinkEvents {
  /** The owner's engine takes frames. */
  accepted(): void
  message(message: ArrayBuffer): void
  flushed(message: Flushed): void
  /** Something leaves, that will be answered. */
  asked(): void
  refused(error: OutboardError): void
  /** The owner is gone. */
  lost(loss: Loss): void
}

export class Link implements Port {
  watch: Port['watch']
  readonly #name: string
  readonly #client: string
  readonly #seeker: Seeker
  readonly #say: (message: ToMeeting) => void
  readonly #events: LinkEvents
  readonly #channel: BroadcastChannel
  readonly #watch = new AbortController()
  #release: (() => void) | undefined
  #owner: string | undefined
  #heard = 0
  #told = 0

  /**
   * Seeks an owner at once. `name`: of its own. `say` speaks to all tabs. After `close` there are
   * no more events.
   */
  constructor(
    name: string,
    client: string,
    seeker: Seeker,
    say: (message: ToMeeting) => void,
    events: LinkEvents,
  ) {
    this.#name = name
    this.#client = client
    this.#seeker = seeker
    this.#say = say
    this.#events = events
    this.#channel = new BroadcastChannel(name)
    this.#channel.onmessage = ({ data }: MessageEvent<ArrayBuffer | ToGuest>) => this.#take(data)
    // The owner will ask for this lock, and must not get it while the link is there.
    const { signal } = this.#watch
    const hold = (): Promise<void> =>
      new Promise((resolve) => {
        this.#release = resolve
        this.#seek()
      })
    navigator.locks.request(name, { signal }, hold).catch(() => {}) // closed meanwhile
  }

  get isAccepted(): boolean {
    return this.#owner !== undefined
  }

  postMessage(message: ArrayBuffer): void {
    this.#channel.postMessage(message)
    this.#events.asked()
  }

  flush(message: Flush): void {
    this.#channel.postMessage(message)
  }

  /** An owner has said that it is there. */
  meet(owner: string): void {
    if (this.#owner !== undefined && this.#owner !== owner) this.#lose('unclean')
    else if (this.#owner === undefined && this.#release !== undefined) this.#seek()
  }

  /** Leaves: the owner drops what this guest had open. */
  close(): void {
    this.#watch.abort()
    this.#release?.()
    this.#channel.close()
  }

  #seek(): void {
    if (this.#watch.signal.aborted) return
    const [link, client] = [this.#name, this.#client]
    this.#say({ type: 'seek', link, client, version: tabsVersion, ...this.#seeker })
  }

  #take(data: ArrayBuffer | ToGuest): void {
    if (this.#watch.signal.aborted) return
    if (data instanceof ArrayBuffer) {
      this.#hear(data.byteLength)
      return this.#events.message(data)
    }
    switch (data.type) {
      case 'accepted':
        if (this.#owner !== undefined) return this.#lose('unclean') // there is another by now
        this.#owner = data.owner
        if (data.watches)
          this.watch = (id, url) =>
            this.#channel.postMessage({ type: 'watch', id, url } satisfies FromGuest)
        void this.#watchOwner(data.owner)
        return this.#events.accepted()
      case 'refused':
        this.close()
        return this.#events.refused(
          new OutboardError(data.code, data.message, { hint: data.hint }),
        )
      case 'flushed':
        return this.#events.flushed(data)
      case 'closed':
        return this.#lose('clean')
    }
  }

  #hear(bytes: number): void {
    this.#heard += bytes
    if (this.#heard - this.#told < hearingBytes) return
    this.#told = this.#heard
    this.#channel.postMessage({ type: 'heard', bytes: this.#heard } satisfies FromGuest)
  }

  // Its worker holds that lock for as long as it lives.
  async #watchOwner(owner: string): Promise<void> {
    try {
      const { signal } = this.#watch
      await navigator.locks.request(owner, { signal, mode: 'shared' }, () => {})
      this.#lose('unclean')
    } catch {
      // The watch was called off.
    }
  }

  #lose(loss: Loss): void {
    if (this.#watch.signal.aborted) return
    this.close()
    this.#events.lost(loss)
  }
}
