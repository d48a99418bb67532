// The directory of one database in the origin private file system.
import {
  databaseFile,
  databasesDirectory,
  encodedName,
  savedNumber,
  type StorageOnDisk,
} from '../protocol/names.js'
import { isNamed, Missing, Problem, textOf } from './problem.js'

/** Which database, and whether one that is not there is made. */
export interface Wanted {
  name: string
  mustExist: boolean
}

/**
 * The directory, for whoever holds the lock of the database. Fails with `not_found` if it has to be
 * there and is not, `bad_request` if it is kept in another way, `unavailable` if none can be had.
 */
export async function directoryOf(
  { name, mustExist }: Wanted,
  storage: StorageOnDisk,
): Promise<FileSystemDirectoryHandle> {
  const root = await rootDirectory()
  const create = !mustExist
  try {
    const databases = await root.getDirectoryHandle(databasesDirectory, { create })
    const directory = await databases.getDirectoryHandle(encodedName(name), { create })
    const found = await storageIn(directory)
    if (found === undefined && mustExist && storage === 'opfs') throw removed(name)
    if (found !== undefined && found !== storage) throw otherStorage(name, found)
    return directory
  } catch (error) {
    if (error instanceof Problem) throw error
    throw mustExist && isNamed(error, 'NotFoundError') ? removed(name) : cannotUse(error)
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
  try {
    await directory.getFileHandle(databaseFile)
    return 'opfs'
  } catch (error) {
    if (!isNamed(error, 'NotFoundError')) throw error
  }
  for await (const name of directory.keys()) if (savedNumber(name) !== undefined) return 'autosave'
  return undefined
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
