// The files of one database in the origin private file system (rule H12): plain files in a
// directory of their own, open for as long as the engine lives. Reading and writing is synchronous,
// and never throws.
import { meetingOf } from '../protocol/tabs.js'
import { isNamed, Problem, textOf } from './problem.js'
import { type Release, takeLock } from './locks.js'

/** What a file import returns instead of a count. */
export const failed = -1
export const noSpace = -2
export const notOpen = -3

// By slot.
const names = ['db', 'db-wal', 'db-journal', ...Array.from({ length: 8 }, (_, i) => `scratch-${i}`)]
const scratchFrom = 3

// The lock of an owner that died may be free a moment before its files are; and without Web Locks
// this is all the waiting there is.
const handleWaitMs = 3_000
const handleRetryMs = 20

export class OpfsFiles {
  readonly #handles: (FileSystemSyncAccessHandle | undefined)[] = names.map(() => undefined)
  readonly #directory: FileSystemDirectoryHandle
  readonly #release: Release
  #closed = false

  private constructor(directory: FileSystemDirectoryHandle, release: Release) {
    this.#directory = directory
    this.#release = release
  }

  /**
   * Waits until no other worker has the files, or `signal` calls it off, and opens them. `elected`
   * is called once they are ours. Fails with `busy` where there are no Web Locks to wait by and
   * another worker has the files, `unavailable` if none can be had.
   */
  static async open(name: string, signal: AbortSignal, elected: () => void): Promise<OpfsFiles> {
    const directory = await directoryOf(name)
    const release = await takeLock(meetingOf(name), signal)
    if (signal.aborted) {
      await release?.()
      throw heldElsewhere(name)
    }
    elected()
    const files = new OpfsFiles(directory, release ?? (() => Promise.resolve()))
    try {
      await Promise.all([0, 1, 2].map((slot) => files.#open(slot)))
      await files.#openScratch() // 5 ms, while the module is still being compiled
    } catch (error) {
      await files.close()
      throw isNamed(error, 'NoModificationAllowedError') ? heldElsewhere(name) : cannotUse(error)
    }
    return files
  }

  /** Closes them at once; resolves when another worker can have them. */
  close(): Promise<void> {
    this.#closed = true
    for (const [slot, handle] of this.#handles.entries()) {
      this.#handles[slot] = undefined
      try {
        handle?.close()
      } catch {
        // It is gone with the worker.
      }
    }
    return this.#release()
  }

  read(slot: number, to: Uint8Array, offset: number): number {
    return this.#use(slot, (handle) => handle.read(to, { at: offset }))
  }

  /** Writes all of it, or reports that there is no space. */
  write(slot: number, from: Uint8Array, offset: number): number {
    return this.#use(slot, (handle) => {
      const written = handle.write(from, { at: offset })
      return written === from.length ? written : noSpace
    })
  }

  truncate(slot: number, size: number): number {
    return this.#use(slot, (handle) => {
      handle.truncate(size)
      return 0
    })
  }

  flush(slot: number): number {
    return this.#use(slot, (handle) => {
      handle.flush()
      return 0
    })
  }

  size(slot: number): number {
    return this.#use(slot, (handle) => handle.getSize())
  }

  #use(slot: number, action: (handle: FileSystemSyncAccessHandle) => number): number {
    const handle = this.#handles[slot]
    if (handle === undefined) return notOpen
    try {
      return action(handle)
    } catch (error) {
      return isNamed(error, 'QuotaExceededError') ? noSpace : failed
    }
  }

  // Scratch files, empty. It can do without those that cannot be opened.
  async #openScratch(): Promise<void> {
    const slots = [...names.keys()].slice(scratchFrom)
    await Promise.allSettled(slots.map((slot) => this.#open(slot)))
    for (const slot of slots) this.truncate(slot, 0)
  }

  async #open(slot: number): Promise<void> {
    const file = await this.#directory.getFileHandle(names[slot]!, { create: true })
    const end = performance.now() + handleWaitMs
    for (;;) {
      try {
        const handle = await file.createSyncAccessHandle()
        if (this.#closed) handle.close()
        else this.#handles[slot] = handle
        return
      } catch (error) {
        if (!isNamed(error, 'NoModificationAllowedError') || performance.now() > end) throw error
        await new Promise((resolve) => setTimeout(resolve, handleRetryMs))
      }
    }
  }
}

async function directoryOf(name: string): Promise<FileSystemDirectoryHandle> {
  if (navigator.storage?.getDirectory === undefined)
    throw cannotUse('this browser, or this page, has none')
  try {
    const root = await navigator.storage.getDirectory()
    const databases = await root.getDirectoryHandle('outboard', { create: true })
    return await databases.getDirectoryHandle(encodedName(name), { create: true })
  } catch (error) {
    throw cannotUse(error)
  }
}

/**
 * The name as a directory's: lower-case letters, digits, - and _ as they are, every other byte of
 * its UTF-8 as %xx. So two names stay two where the file system takes A for a.
 */
export function encodedName(name: string): string {
  let encoded = ''
  for (const byte of new TextEncoder().encode(name)) {
    const character = String.fromCharCode(byte)
    encoded += /[a-z0-9_-]/.test(character) ? character : `%${byte.toString(16).padStart(2, '0')}`
  }
  return encoded
}

function heldElsewhere(name: string): Problem {
  return new Problem(
    'busy',
    `the database '${name}' is open in another tab or worker`,
    'close it there, or try again',
  )
}

function cannotUse(error: unknown): Problem {
  if (isNamed(error, 'QuotaExceededError')) {
    return new Problem(
      'unavailable',
      'there is no space left: the quota of this origin is used up',
      'free some space',
    )
  }
  const why = typeof error === 'string' ? error : textOf(error)
  return new Problem(
    'unavailable',
    `the origin private file system cannot be used: ${why}`,
    "private windows and addresses without https have none; storage: 'memory' works everywhere",
  )
}
