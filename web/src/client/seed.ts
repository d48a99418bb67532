// What a new database begins with: a file, imported before anybody sees the database.
import { badRequest, OutboardError } from '../protocol/errors.js'
import type { CborWriter } from '../protocol/cbor_writer.js'
import { ByteSource, type Importable } from './bytes.js'
import type { Lane } from './lane.js'
import { upload } from './upload.js'

/** A database file: its bytes, or where it is. */
export type Seed = Blob | ArrayBuffer | Uint8Array | string | URL

/** Replaces everything by what is in that file, all or nothing. */
export async function importInto(lane: Lane, source: Importable): Promise<void> {
  const bytes = new ByteSource(source)
  await bytes.load()
  try {
    const write = (writer: CborWriter): void => bytes.writeChunk(writer)
    const { request, answer } = lane.start('import', {}, write)
    await upload(request, bytes, answer)
  } finally {
    bytes.close()
  }
}

/** The same with a seed, wherever it is. */
export async function plant(lane: Lane, seed: Seed): Promise<void> {
  try {
    await importInto(lane, await fileOf(seed))
  } catch (error) {
    throw error instanceof OutboardError ? error : notLoaded(`it cannot be read: ${String(error)}`)
  }
}

async function fileOf(seed: Seed): Promise<Importable> {
  if (typeof seed !== 'string' && !(seed instanceof URL)) return seed
  const address = addressOf(seed)
  const response = await fetch(address).catch((error: unknown) => {
    throw notLoaded(`${address}: ${String(error)}`)
  })
  if (!response.ok) throw notLoaded(`${address}: the server answered ${response.status}`)
  return response.blob()
}

function addressOf(seed: string | URL): string {
  try {
    return new URL(seed, typeof document === 'undefined' ? location.href : document.baseURI).href
  } catch {
    throw badRequest(`the seed is no address: ${seed}`, 'give a Blob, bytes, or a URL')
  }
}

function notLoaded(why: string): OutboardError {
  return new OutboardError('unavailable', `the seed could not be loaded: ${why}`, {
    hint: 'check the address, and that the page may connect to it; no database was made',
  })
}
