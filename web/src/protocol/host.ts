// What page and worker say to each other beside frames: plain objects, once each.
import type { Code } from './errors.js'

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

export type ToWorker =
  /** `mustExist`: this page has had it open, so it must not be made anew. */
  | { type: 'open'; name: string; storage: Storage; mustExist: boolean; wasmUrl?: string }
  /** Close the files, when nobody would lose anything or after a moment, and answer `closed`. */
  | { type: 'close' }
  | Flush

// Handing a buffer over costs more than copying a small one.
const copiedBytesMax = 2 << 10

/** What to hand over with a message of frames, for `postMessage`. */
export function transferOf(message: ArrayBuffer): ArrayBuffer[] {
  return message.byteLength <= copiedBytesMax ? [] : [message]
}

export type FromWorker =
  /** The engine takes frames. `lock`: a Web Lock that this worker holds for as long as it lives. */
  | { type: 'ready'; lock?: string }
  /** `missing`: what `storage` needs is not there, in this browser or for this page. */
  | { type: 'failed'; code: Code; message: string; hint: string; missing: boolean }
  /** The engine is gone, though the worker is not. */
  | { type: 'lost'; message: string }
  /** A newer version waits for the files: ask for `close`. */
  | { type: 'outdated' }
  | { type: 'closed' }
  | Flushed
