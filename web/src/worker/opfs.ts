// The files of one database in the origin private file system (rule H12): plain files in a
// directory of their own, open for as long as the engine lives. Reading and writing is synchronous,
// and never throws.
import { databaseFile } from '../protocol/names.js'
import { cannotUse, directoryOf, missing, type Wanted } from './directory.js'
import { failed, type Files, noSpace, notOpen, slots } from './files.js'
import { isNamed, Problem } from './problem.js'

// By slot.
const names = [
  databaseFile,
  'db-wal',
  'db-journal',
  ...Array.from({ length: 8 }, (_, i) => `scratch-${i}`),
]

// The lock of an owner that died may be free a moment before its files are; and without Web Locks
// this is all the waiting there is.
const handleWaitMs = 3_000
const handleRetryMs = 20

export class OpfsFiles implements Files {
  readonly #handles: (FileSystemSyncAccessHandle | undefined)[] = names.map(() => undefined)
  readonly #directory: FileSystemDirectoryHandle
  #closed = false

  private constructor(directory: FileSystemDirectoryHandle) {
    this.#directory = directory
  }

  /** Opens them. REQUIRES: the lock of the database. */
  static async open(wanted: Wanted): Promise<OpfsFiles> {
    // Older browsers have the files, and no synchronous way to them.
    if (!('createSyncAccessHandle' in FileSystemFileHandle.prototype))
      throw missing('this browser has no synchronous access to it')
    const files = new OpfsFiles(await directoryOf(wanted, 'opfs'))
    try {
      await Promise.all([0, 1, 2].map((slot) => files.#open(slot)))
      await files.#openScratch() // 5 ms, while the module is still being compiled
      return files
    } catch (error) {
      files.close()
      throw isNamed(error, 'NoModificationAllowedError')
        ? heldElsewhere(wanted.name)
        : cannotUse(error)
    }
  }

  /** Closes them at once. */
  close(): void {
    this.#closed = true
    for (const [slot, handle] of this.#handles.entries()) {
      this.#handles[slot] = undefined
      try {
        handle?.close()
      } catch {
        // It is gone with the worker.
      }
    }
  }

  read(slot: number, to: Uint8Array, offset: number): number {
    return this.#use(slot, (handle) => handle.read(to, { at: offset }))
  }

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
    const scratch = [...names.keys()].slice(slots.scratch)
    await Promise.allSettled(scratch.map((slot) => this.#open(slot)))
    for (const slot of scratch) this.truncate(slot, 0)
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

export function heldElsewhere(name: string): Problem {
  return new Problem(
    'busy',
    `the database '${name}' is open in another tab or worker`,
    'close it there, or try again',
  )
}
