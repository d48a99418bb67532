// The files of one database in the origin private file system (rule H12): plain files in a
// directory of their own, open for as long as the engine lives. Reading and writing is synchronous,
// and never throws.
import { databaseFile, databasesDirectory, encodedName } from '../protocol/names.js'
import { meetingOf } from '../protocol/tabs.js'
import { isNamed, Missing, Problem, textOf } from './problem.js'
import { type Release, takeLock } from './locks.js'

/** What a file import returns instead of a count. */
export const failed = -1
export const noSpace = -2
export const notOpen = -3

// By slot.
const names = [
  databaseFile,
  'db-wal',
  'db-journal',
  ...Array.from({ length: 8 }, (_, i) => `scratch-${i}`),
]
const scratchFrom = 3

// The lock of an owner that died may be free a moment before its files are; and without Web Locks
// this is all the waiting there is.
const handleWaitMs = 3_000
const handleRetryMs = 20

/** Which database, and whether one that is not there is made. */
export interface Wanted {
  name: string
  mustExist: boolean
}

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
   * another worker has the files, `not_found` if they have to be there and are not, `unavailable`
   * if none can be had.
   */
  static async open(
    { name, mustExist }: Wanted,
    signal: AbortSignal,
    elected: () => void,
  ): Promise<OpfsFiles> {
    const release = await takeLock(meetingOf(name), signal)
    if (signal.aborted) {
      await release?.()
      throw heldElsewhere(name)
    }
    elected()
    let files: OpfsFiles | undefined
    try {
      const directory = await directoryOf(name, mustExist ? 'look' : 'create')
      files = new OpfsFiles(directory, release ?? (() => Promise.resolve()))
      await Promise.all([0, 1, 2].map((slot) => files!.#open(slot)))
      await files.#openScratch() // 5 ms, while the module is still being compiled
      return files
    } catch (error) {
      await (files?.close() ?? release?.())
      if (error instanceof Problem) throw error
      throw isNamed(error, 'NoModificationAllowedError') ? heldElsewhere(name) : cannotUse(error)
    }
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

async function directoryOf(
  name: string,
  how: 'look' | 'create',
): Promise<FileSystemDirectoryHandle> {
  const options = { create: how === 'create' }
  const root = await rootDirectory()
  try {
    const databases = await root.getDirectoryHandle(databasesDirectory, options)
    const directory = await databases.getDirectoryHandle(encodedName(name), options)
    if (how === 'look') await directory.getFileHandle(databaseFile)
    return directory
  } catch (error) {
    throw how === 'look' && isNamed(error, 'NotFoundError') ? removed(name) : cannotUse(error)
  }
}

async function rootDirectory(): Promise<FileSystemDirectoryHandle> {
  if (navigator.storage?.getDirectory === undefined || !hasHandles())
    throw missing('this browser, or this page, has none')
  try {
    return await navigator.storage.getDirectory()
  } catch (error) {
    throw missing(textOf(error))
  }
}

// Older browsers have the files, and no synchronous way to them.
function hasHandles(): boolean {
  return 'createSyncAccessHandle' in FileSystemFileHandle.prototype
}

function removed(name: string): Problem {
  return new Problem(
    'not_found',
    `the database '${name}' was removed while this page did not have its files`,
    'open it again: that makes a new one',
  )
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
  return new Problem(
    'unavailable',
    `the files of the database cannot be used: ${textOf(error)}`,
    'try again; what is stored is not touched',
  )
}

function missing(why: string): Missing {
  return new Missing(
    'unavailable',
    `the origin private file system cannot be used: ${why}`,
    "private windows and addresses without https have none; storage: ['opfs', 'memory'] takes " +
      'memory there',
  )
}
