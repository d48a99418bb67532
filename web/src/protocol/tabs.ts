// What tabs that share a database say to each other, and the names under which they meet. Whoever
// holds the Web Lock `outboard:NAME` has the files and runs the engine: the owner. The others are
// its guests, each over a link of its own: a BroadcastChannel and a Web Lock of one name, which the
// guest holds for as long as it keeps the link.
import type { Code } from './errors.js'
import type { Flush, Flushed, Storage, Watch } from './host.js'

/** Rises with these messages, those of host.ts, and the protocol of frames (rule H10). */
export const tabsVersion = 3

/** The lock of the owner; also the channel on which all tabs of a database meet. */
export function meetingOf(name: string): string {
  return `outboard:${name}`
}

/** What a client expects of the database. */
export interface Seeker {
  storage: Storage
  /** Of the application's schema; nothing: it takes any. */
  schemaVersion?: number
  /** The version of its set-up; nothing: it has none. */
  setUp?: number
}

export function seekerOf(client: {
  storage: Storage
  schemaVersion?: number
  setUp?: { version: number } | undefined
}): Seeker {
  const { storage, schemaVersion, setUp } = client
  return {
    storage,
    ...(schemaVersion === undefined ? {} : { schemaVersion }),
    ...(setUp === undefined ? {} : { setUp: setUp.version }),
  }
}

/** To all, on the meeting's channel. */
export type ToMeeting =
  /** A client waits on that link for an owner. */
  | ({ type: 'seek'; link: string; client: string; version: number } & Seeker)
  /** An engine takes guests from now on. `owner`: a lock that its worker holds while it lives. */
  | { type: 'owner'; owner: string }
  /** Is there an owner that works? */
  | { type: 'ask' }
  /** There is: its worker says so, or its page while the worker is in the middle of a statement. */
  | { type: 'here' }

/** From the owner, on a link, beside frames. */
export type ToGuest =
  | { type: 'accepted'; owner: string; watches: boolean }
  | { type: 'refused'; code: Code; message: string; hint: string }
  /** The end. What was not answered before this was not done, and never will be. */
  | { type: 'closed' }
  | Flushed

/** From a guest, on its link, beside frames. */
export type FromGuest =
  /** How many bytes of frames it has taken in so far. */
  { type: 'heard'; bytes: number } | Flush | Watch

/** A guest says `heard` at least each time it has taken in so much. */
export const hearingBytes = 1 << 20
