// The directory of one database in the origin private file system.
import {
  databaseFile,
  databasesDirectory,
  encodedName,
  savedNumber,
  seedingFile,
  type StorageOnDisk,
} from '../protocol/names.js'
import { isNamed, Missing, Problem, textOf } from './problem.js'

// The lock of an owner that died may be free a moment before its files are; and without Web Locks
// this is all the waiting there is.
const handleWaitMs = 3_000
const handleRetryMs = 20

/** Which database, whether one that is not there is made, and whether that gets a seed. */
export interface Wanted {
  name: string
  mustExist: boolean
  hasSeed: boolean
}

export interface Directory {
  readonly handle: FileSystemDirectoryHandle
  /** The database is new, and waits for its seed. */
  readonly isNew: boolean
}

/**
 * The directory, for whoever holds the lock of the database. Fails with `not_found` if it has to be
 * there and is not, `bad_request` if it is kept in another way, `unavailable` if none can be had.
 */
export async function directoryOf(wanted: Wanted, storage: StorageOnDisk): Promise<Directory> {
  const { name, mustExist, hasSeed } = wanted
  const root = await rootDirectory()
  const create = !mustExist
  try {
    const databases = await root.getDirectoryHandle(databasesDirectory, { create })
    const handle = await databases.getDirectoryHandle(encodedName(name), { create })
    const isUnfinished = await has(handle, seedingFile)
    if (isUnfinished) await empty(handle)
    const found = await storageIn(handle)
    if (found === undefined && mustExist && !isUnfinished && storage === 'opfs') throw removed(name)
    if (found !== undefined && found !== storage) throw otherStorage(name, found)
    const isNew = found === undefined && hasSeed
    if (isNew) await handle.getFileHandle(seedingFile, { create: true })
    else if (isUnfinished) await endSeeding(handle)
    return { handle, isNew }
  } catch (error) {
    if (error instanceof Problem) throw error
    throw mustExist && isNamed(error, 'NotFoundError') ? removed(name) : cannotUse(error)
  }
}

/** From now on what is there counts. */
export function endSeeding(directory: FileSystemDirectoryHandle): Promise<void> {
  return directory.removeEntry(seedingFile)
}

/** Does something as soon as files are to be had that a worker which is gone may have open still. */
export async function patiently<T>(action: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + handleWaitMs; ;) {
    try {
      return await action()
    } catch (error) {
      if (!isNamed(error, 'NoModificationAllowedError') || performance.now() > end) throw error
      await new Promise((resolve) => setTimeout(resolve, handleRetryMs))
    }
  }
}

/** What files there can be nothing but trouble with. */
export function cannotUse(error: unknown): Problem {
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

/** What `storage` needs is not there. */
export function missing(why: string): Missing {
  return new Missing(
    'unavailable',
    `the origin private file system cannot be used: ${why}`,
    "private windows and addresses without https have none; storage: ['opfs', 'memory'] takes " +
      'memory there',
  )
}

async function rootDirectory(): Promise<FileSystemDirectoryHandle> {
  if (navigator.storage?.getDirectory === undefined)
    throw missing('this browser, or this page, has none')
  try {
    return await navigator.storage.getDirectory()
  } catch (error) {
    throw missing(textOf(error))
  }
}

// Nothing: there is no database in it yet.
async function storageIn(directory: FileSystemDirectoryHandle): Promise<StorageOnDisk | undefined> {
  if (await has(directory, databaseFile)) return 'opfs'
  for await (const name of directory.keys()) if (savedNumber(name) !== undefined) return 'autosave'
  return undefined
}

async function has(directory: FileSystemDirectoryHandle, name: string): Promise<boolean> {
  try {
    await directory.getFileHandle(name)
    return true
  } catch (error) {
    if (isNamed(error, 'NotFoundError')) return false
    throw error
  }
}

async function empty(directory: FileSystemDirectoryHandle): Promise<void> {
  const names: string[] = []
  for await (const name of directory.keys()) if (name !== seedingFile) names.push(name)
  for (const name of names) await patiently(() => directory.removeEntry(name))
}

function removed(name: string): Problem {
  return new Problem(
    'not_found',
    `the database '${name}' was removed while this page did not have its files`,
    'open it again: that makes a new one',
  )
}

function otherStorage(name: string, storage: StorageOnDisk): Problem {
  return new Problem(
    'bad_request',
    `the database '${name}' was made with storage '${storage}'`,
    'open it with that; or export it there, and import it into another',
  )
}
