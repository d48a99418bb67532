// Where the files of a database are, and that they are this worker's alone.
import type { Storage } from '../protocol/host.js'
import { meetingOf } from '../protocol/tabs.js'
import { Autosave } from './autosave.js'
import { cannotUse, directoryOf, endSeeding, missing, type Wanted } from './directory.js'
import { type Files, slots } from './files.js'
import { type Release, takeLock } from './locks.js'
import { heldElsewhere, OpfsFiles } from './opfs.js'

export interface Place {
  /** Nothing: the engine has its own, in memory. */
  readonly files: Files | undefined
  /** The engine has worked: call it after every turn. */
  turned(): void
  /** Resolves when all that was committed survives a power cut. */
  flush(): Promise<void>
  /** Makes sure of what was committed, as far as the storage promises, and closes. */
  leave(): Promise<void>
  /** Closes the files at once: what is not saved is gone. */
  close(): void
}

/** A place, and how to let others have it once it is closed: resolves when they can. */
export interface Held {
  place: Place
  release: Release
  /** The database is new, and waits for its seed: `seeded` makes sure of that. */
  isNew: boolean
  seeded(): Promise<void>
}

/**
 * Waits until no other worker has the files, or `signal` calls it off, and opens them. `elected` is
 * called once they are ours. Fails with `busy` where there are no Web Locks to wait by and another
 * worker has the files, and as `directoryOf` does.
 */
export async function takePlace(
  wanted: Wanted,
  storage: Storage,
  signal: AbortSignal,
  elected: () => void,
): Promise<Held> {
  if (storage === 'memory')
    return { place: inMemory, release: nothing, isNew: wanted.hasSeed, seeded: nothing }
  // Older browsers have the files, and no synchronous way to them.
  if (storage === 'opfs' && !('createSyncAccessHandle' in FileSystemFileHandle.prototype))
    throw missing('this browser, or this thread, has no synchronous access to it')
  // What is saved has no handles that would keep another worker out.
  if (storage === 'autosave' && navigator.locks === undefined)
    throw missing('this browser, or this page, has no Web Locks')
  const release = (await takeLock(meetingOf(wanted.name), signal)) ?? nothing
  if (signal.aborted) {
    await release()
    throw heldElsewhere(wanted.name)
  }
  elected()
  try {
    const { handle, isNew } = await directoryOf(wanted, storage)
    const place = await (storage === 'opfs'
      ? openFiles(wanted.name, handle)
      : Autosave.open(handle))
    const seeded = async (): Promise<void> => {
      await place.flush()
      await endSeeding(handle)
    }
    return { place, release, isNew, seeded }
  } catch (error) {
    await release()
    throw error
  }
}

async function openFiles(name: string, directory: FileSystemDirectoryHandle): Promise<Place> {
  const files = await OpfsFiles.open(name, directory)
  const close = (): void => files.close()
  return {
    files,
    turned: () => {},
    flush: async () => {
      for (const slot of [slots.log, slots.database])
        if (files.flush(slot) < 0) throw cannotUse('flushing failed')
    },
    leave: async () => close(),
    close,
  }
}

const nothing = (): Promise<void> => Promise.resolve()

const inMemory: Place = {
  files: undefined,
  turned: () => {},
  flush: nothing,
  leave: nothing,
  close: () => {},
}
