// The names of databases, and the directories of the origin private file system that they are in.
import { badRequest } from './errors.js'

/** Has a directory for each database. */
export const databasesDirectory = 'outboard'
/** The file that a database consists of. */
export const databaseFile = 'db'

/** Is there while a new database has not got its seed yet: what lies beside it is of no use. */
export const seedingFile = 'seeding'

/** How a database may lie in its directory: as files of its own, or saved as a whole. */
export type StorageOnDisk = 'opfs' | 'autosave'

/** The file of one save, by its number. */
export const savedFile = (number: number): string => `saved-${number}`

/** The number, if that is the name of such a file. */
export function savedNumber(file: string): number | undefined {
  const number = /^saved-([1-9][0-9]{0,14})$/.exec(file)?.[1]
  return number === undefined ? undefined : Number(number)
}

/** Whether that file is a database, or all of one. */
export function isDatabaseFile(file: string): boolean {
  return file === databaseFile || savedNumber(file) !== undefined
}

const nameCharactersMax = 64

/** Throws `bad_request` unless a database can have that name. */
export function checkName(name: string): void {
  const isText = typeof name === 'string' && !/\p{Surrogate}/u.test(name)
  if (isText && name.length > 0 && name.length <= nameCharactersMax) return
  throw badRequest(
    `a database's name is a text of 1 to ${nameCharactersMax} characters`,
    'choose another name',
  )
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

/** The name whose directory that is, if it is one. */
export function decodedName(directory: string): string | undefined {
  try {
    const name = decodeURIComponent(directory)
    return encodedName(name) === directory ? name : undefined
  } catch {
    return undefined
  }
}
