// The databases of this origin: which there are, how much room they take, and how to be rid of one.
import { OutboardError } from '../protocol/errors.js'
import {
  checkName,
  databasesDirectory,
  decodedName,
  encodedName,
  isDatabaseFile,
  savedNumber,
  seedingFile,
} from '../protocol/names.js'
import { meetingOf } from '../protocol/tabs.js'

export interface DatabaseEntry {
  name: string
  /** What its files take, the log included. */
  bytes: number
  /** Whether a tab has it open. */
  open: boolean
}

export interface StorageEstimate {
  /** What this origin takes at present, and what it may take; about. */
  usedBytes: number
  quotaBytes: number
  /** Whether the browser keeps it even when disk space runs low. */
  persisted: boolean
}

// A tab that was just closed lets go of the files a moment later; one that was killed in the middle
// of a statement, later still.
const closingMs = 1_000
const retryMs = 20

/** The databases of this origin, in order of their names. Fails with `unavailable`. */
export async function databases(): Promise<DatabaseEntry[]> {
  const entries: DatabaseEntry[] = []
  const parent = await directory()
  if (parent === undefined) return entries
  const open = await openNames()
  for await (const [encoded, handle] of parent) {
    const name = decodedName(encoded)
    if (name === undefined || handle.kind !== 'directory') continue
    const bytes = await sizeOf(handle as FileSystemDirectoryHandle)
    if (bytes !== undefined) entries.push({ name, bytes, open: open.has(meetingOf(name)) })
  }
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
}

/**
 * Removes a database with all that is in it; false: there was none. Fails with `busy` while a tab
 * has it open: nothing is removed then.
 */
export async function remove(name: string): Promise<boolean> {
  checkName(name)
  const parent = await directory()
  if (parent === undefined) return false
  for (const end = performance.now() + closingMs; ;) {
    const removed = await whileClosed(name, () => removeFiles(parent, name))
    if (removed !== undefined) return removed
    if (performance.now() > end) throw isOpen(name)
    await new Promise((resolve) => setTimeout(resolve, retryMs))
  }
}

/** How much room this origin takes, and may take. */
export async function storageEstimate(): Promise<StorageEstimate> {
  try {
    const [{ usage = 0, quota = 0 }, persisted] = await Promise.all([
      navigator.storage.estimate(),
      navigator.storage.persisted(),
    ])
    return { usedBytes: usage, quotaBytes: quota, persisted }
  } catch (cause) {
    throw cannotUse(cause)
  }
}

/** Whether the browser keeps this origin's data when disk space runs low; `ask`: asks it to. */
export async function isPersisted(ask: 'ask' | 'look'): Promise<boolean> {
  try {
    return await (ask === 'ask' ? navigator.storage.persist() : navigator.storage.persisted())
  } catch {
    return false // not offered here
  }
}

// Whoever has the files holds that lock. Nothing: somebody does.
async function whileClosed<T>(name: string, action: () => Promise<T>): Promise<T | undefined> {
  if (navigator.locks === undefined) return action()
  const options = { ifAvailable: true }
  return navigator.locks.request(meetingOf(name), options, (lock) =>
    lock === null ? undefined : action(),
  ) as Promise<T | undefined>
}

// The database goes first: a directory without it is none. Nothing: a worker still has files open.
async function removeFiles(
  parent: FileSystemDirectoryHandle,
  name: string,
): Promise<boolean | undefined> {
  try {
    const files = await parent.getDirectoryHandle(encodedName(name))
    const parts: string[] = []
    for await (const file of files.keys()) if (isDatabaseFile(file)) parts.push(file)
    // The newest save first, for one that was cut off is nothing without the one before it.
    parts.sort((a, b) => (savedNumber(b) ?? 0) - (savedNumber(a) ?? 0))
    for (const part of parts) await files.removeEntry(part)
    await parent.removeEntry(encodedName(name), { recursive: true })
    return parts.length > 0
  } catch (error) {
    if (isNamed(error, 'NotFoundError')) return false
    if (isNamed(error, 'NoModificationAllowedError') || isNamed(error, 'InvalidModificationError'))
      return undefined
    throw cannotUse(error)
  }
}

async function openNames(): Promise<Set<string | undefined>> {
  const { held = [] } = (await navigator.locks?.query()) ?? {}
  return new Set(held.map(({ name }) => name))
}

// Nothing: it is no database, or not any more.
async function sizeOf(files: FileSystemDirectoryHandle): Promise<number | undefined> {
  let bytes = 0
  let found = false
  let isSeeded = true
  try {
    for await (const [name, handle] of files) {
      if (handle.kind !== 'file') continue
      bytes += (await (handle as FileSystemFileHandle).getFile()).size
      found ||= isDatabaseFile(name)
      isSeeded &&= name !== seedingFile
    }
  } catch (error) {
    if (!isNamed(error, 'NotFoundError')) throw cannotUse(error)
  }
  return found && isSeeded ? bytes : undefined
}

// Nothing: no database was ever made here.
async function directory(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    const root = await navigator.storage.getDirectory()
    return await root.getDirectoryHandle(databasesDirectory)
  } catch (error) {
    if (isNamed(error, 'NotFoundError')) return undefined
    throw cannotUse(error)
  }
}

function isOpen(name: string): OutboardError {
  return new OutboardError('busy', `the database '${name}' is open in a tab`, {
    hint: 'close it in every tab first',
  })
}

function cannotUse(cause: unknown): OutboardError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new OutboardError('unavailable', `the storage of this origin cannot be used: ${why}`, {
    hint: 'private windows and addresses without https have none',
    cause,
  })
}

function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name
}
