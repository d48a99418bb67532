// What page and worker say to each other beside frames: plain objects, once each.
import type { Code } from './errors.js'
import type { SetUpOrder } from './set_up.js'

export type Storage = 'opfs' | 'autosave' | 'memory'

/** Make sure of what is committed, and answer `flushed`. The number is the client's. */
export interface Flush {
  type: 'flush'
  number: number
}

/** It is done, or `problem` kept it from being done. */
export interface Flushed {
  type: 'flushed'
  number: number
  problem?: { code: Code; message: string; hint: string }
}

/** The request of that number is taken back once the address leads nowhere. */
export interface Watch {
  type: 'watch'
  id: number
  url: string
}

export type ToWorker =
  | {
      type: 'open'
      name: string
      storage: Storage
      /** This page has had it open, so it must not be made anew. */
      mustExist: boolean
      /** The page has something for a new one to begin with. */
      hasSeed: boolean
      setUp?: SetUpOrder
      /** `tabsVersion` of the page. */
      version: number
      /** Of the application's schema. */
      schemaVersion?: number
      wasmUrl?: string
    }
  /** The new database has got its seed: make sure of it, answer `seeded`, and let others in. */
  | { type: 'seeded' }
  /** Close the files, when nobody would lose anything or after a moment, and answer `closed`. */
  | { type: 'close' }
  /** Give a sign of life: answer `working`. */
  | { type: 'ask' }
  | Flush
  | Watch

// Handing a buffer over costs more than copying a small one.
const copiedBytesMax = 2 << 10

/** What to hand over with a message of frames, for `postMessage`. */
export function transferOf(message: ArrayBuffer): ArrayBuffer[] {
  return message.byteLength <= copiedBytesMax ? [] : [message]
}

export type FromWorker =
  /** The engine takes frames. `lock`: a Web Lock that this worker holds for as long as it lives. */
  /** `isNew`: and waits for its seed. `watches`: it can be told to `watch`. */
  | { type: 'ready'; lock?: string; isNew: boolean; watches: boolean }
  | { type: 'seeded' }
  /** Code of the application's runs: the set-up, or a statement that calls a function of it. */
  | { type: 'busy'; what: string }
  /** It has ended. */
  | { type: 'idle' }
  /** `missing`: what `storage` needs is not there, in this browser or for this page. */
  | { type: 'failed'; code: Code; message: string; hint: string; missing: boolean }
  /** The engine is gone, though the worker is not. */
  | { type: 'lost'; message: string }
  /** A newer version waits for the files: ask for `close`. */
  | { type: 'outdated' }
  | { type: 'closed' }
  /** A sign of life, also from the middle of a statement. */
  | { type: 'working' }
  /** The same, before it waits for the disk: the next sign may be late. */
  | { type: 'waiting' }
  | Flushed
