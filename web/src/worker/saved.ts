// A database as one file, written as a whole: the database's file, its log behind it, and at the
// end a mark that says how long they are. The mark is written last, so without it a file was cut
// off in the middle of a save; the one before it is removed only then.
import { savedFile, savedNumber } from '../protocol/names.js'
import { type Files, slots } from './files.js'
import type { Kept } from './heap_files.js'
import { Problem } from './problem.js'

const markBytes = 32
const magic = 'OBsaved1'
const pieceBytes = 1 << 20
/** So much is written before others get their turn. */
const burstBytes = 2 << 20

/** Writes the save of that number; those before it are removed when it is whole. */
export async function writeSaved(
  directory: FileSystemDirectoryHandle,
  number: number,
  parts: readonly [database: Kept, log: Kept],
  signal: AbortSignal,
): Promise<void> {
  const file = await directory.getFileHandle(savedFile(number), { create: true })
  const out = await openFile(file)
  try {
    let burst = 0
    for (const chunk of parts.flatMap(({ chunks }) => chunks)) {
      await out.append(chunk)
      burst += chunk.length
      if (burst >= burstBytes) {
        burst = 0
        await new Promise((resolve) => setTimeout(resolve))
      }
      signal.throwIfAborted()
    }
    await out.finish(markOf(number, parts))
  } catch (error) {
    await out.abandon()
    throw error
  }
  await removeBefore(directory, number)
}

/**
 * Reads the last save that is whole into `files`. Returns the greatest number that was used, 0 if
 * none was. Fails with `corrupt` if there were saves, and none is whole.
 */
export async function loadSaved(
  directory: FileSystemDirectoryHandle,
  files: Files,
): Promise<number> {
  const numbers = await savedNumbers(directory)
  for (const number of numbers) {
    const file = await (await directory.getFileHandle(savedFile(number))).getFile()
    const lengths = lengthsIn(await bytesOf(file, file.size - markBytes, file.size), number)
    if (lengths === undefined || lengths[0] + lengths[1] + markBytes !== file.size) continue
    await load(file, 0, lengths[0], files, slots.database)
    await load(file, lengths[0], lengths[1], files, slots.log)
    return number
  }
  const first = numbers.at(-1) ?? 1
  if (first > 1)
    throw new Problem(
      'corrupt',
      'none of the saves of the database is whole',
      'what is left of it was not touched; put a copy in its place',
    )
  return numbers[0] ?? 0
}

interface Out {
  append(bytes: Uint8Array<ArrayBuffer>): void | Promise<void>
  /** Appends the mark once all else is on the disk. */
  finish(mark: Uint8Array<ArrayBuffer>): void | Promise<void>
  abandon(): void | Promise<void>
}

function openFile(file: FileSystemFileHandle): Promise<Out> {
  return 'createSyncAccessHandle' in file ? openHandle(file) : openStream(file)
}

async function openHandle(file: FileSystemFileHandle): Promise<Out> {
  const handle = await file.createSyncAccessHandle()
  handle.truncate(0)
  let at = 0
  const append = (bytes: Uint8Array<ArrayBuffer>): void => {
    const written = handle.write(bytes, { at })
    if (written !== bytes.length) throw new DOMException('the disk is full', 'QuotaExceededError')
    at += written
  }
  return {
    append,
    finish: (mark) => {
      handle.flush()
      append(mark)
      handle.flush()
      handle.close()
    },
    abandon: () => handle.close(),
  }
}

// On a page's own thread there are only streams; the browser puts what they wrote in place when
// they are closed.
async function openStream(file: FileSystemFileHandle): Promise<Out> {
  const stream = await file.createWritable()
  return {
    append: (bytes) => stream.write(bytes),
    finish: async (mark) => {
      await stream.write(mark)
      await stream.close()
    },
    abandon: () => stream.abort().catch(() => {}),
  }
}

function markOf(number: number, [database, log]: readonly [Kept, Kept]): Uint8Array<ArrayBuffer> {
  const mark = new Uint8Array(markBytes)
  const view = new DataView(mark.buffer)
  mark.set(new TextEncoder().encode(magic))
  for (const [i, value] of [number, database.bytes, log.bytes].entries())
    view.setFloat64(8 + 8 * i, value, true)
  return mark
}

// How long database and log are; nothing if that is no mark of this save.
function lengthsIn(mark: Uint8Array, number: number): [database: number, log: number] | undefined {
  if (mark.length !== markBytes) return undefined
  if (new TextDecoder('latin1').decode(mark.subarray(0, 8)) !== magic) return undefined
  const view = new DataView(mark.buffer, mark.byteOffset)
  if (view.getFloat64(8, true) !== number) return undefined
  return [view.getFloat64(16, true), view.getFloat64(24, true)]
}

async function load(file: File, from: number, bytes: number, files: Files, slot: number) {
  for (let at = 0; at < bytes; at += pieceBytes) {
    const piece = await bytesOf(file, from + at, from + Math.min(at + pieceBytes, bytes))
    if (files.write(slot, piece, at) !== piece.length) throw tooLarge(file.size)
  }
}

async function bytesOf(file: File, from: number, to: number): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await file.slice(Math.max(0, from), Math.max(0, to)).arrayBuffer())
}

// The greatest first.
async function savedNumbers(directory: FileSystemDirectoryHandle): Promise<number[]> {
  const numbers: number[] = []
  for await (const name of directory.keys()) {
    const number = savedNumber(name)
    if (number !== undefined) numbers.push(number)
  }
  return numbers.sort((a, b) => b - a)
}

async function removeBefore(directory: FileSystemDirectoryHandle, number: number): Promise<void> {
  for (const other of await savedNumbers(directory)) {
    if (other >= number) continue
    await directory.removeEntry(savedFile(other)).catch(() => {}) // the next save tries again
  }
}

function tooLarge(bytes: number): Problem {
  return new Problem(
    'too_large',
    `the saved database has ${bytes} bytes, more than is kept in memory`,
    "export it, and import it into one with storage 'opfs'",
  )
}
