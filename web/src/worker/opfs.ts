// The files of one database in the origin private file system (rule H12): plain files in a
// directory of their own, open for as long as the engine lives. Reading and writing is synchronous,
// and never throws.
import { databaseFile } from '../protocol/names.js'
import { cannotUse, patiently } from './directory.js'
import { failed, type Files, noSpace, notOpen, slots } from './files.js'
import { isNamed, Problem } from './problem.js'

// By slot.
const names = [
  databaseFile,
  'db-wal',
  'db-journal',
  ...Array.from({ length: 8 }, (_, i) => `scratch-${i}`),
]

export class OpfsFiles implements Files {
  readonly #handles: (FileSystemSyncAccessHandle | undefined)[] = names.map(() => undefined)
  readonly #directory: FileSystemDirectoryHandle
  #closed = false

  private constructor(directory: FileSystemDirectoryHandle) {
    this.#directory = directory
  }

  /** Opens them. REQUIRES: they are this worker's. */
  static async open(name: string, directory: FileSystemDirectoryHandle): Promise<OpfsFiles> {
    const files = new OpfsFiles(directory)
    try {
      await Promise.all([0, 1, 2].map((slot) => files.#open(slot)))
      await files.#openScratch() // 5 ms, while the module is still being compiled
      return files
    } catch (error) {
      files.close()
      throw isNamed(error, 'NoModificationAllowedError') ? heldElsewhere(name) : cannotUse(error)
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
    const handle = await patiently(() => file.createSyncAccessHandle())
    if (this.#closed) handle.close()
    else this.#handles[slot] = handle
  }
}

export function heldElsewhere(name: string): Problem {
  return new Problem(
    'busy',
    `the database '${name}' is open in another tab or worker`,
    'close it there, or try again',
  )
}
