// Sends much in small pieces: encodes for a few milliseconds, then lets the page breathe. Never
// more than the engine gives credit for.
import type { CborWriter } from '../protocol/cbor_writer.js'
import { pause } from './pause.js'
import type { PendingRequest } from './pending_request.js'

/** Something that is sent in chunks behind its request. */
export interface Source {
  /** Whether the last piece has been written. */
  readonly done: boolean
  /** Makes the next piece ready. */
  load?(): Promise<void>
  /** Writes the next piece: the body of a chunk frame. */
  writeChunk(writer: CborWriter): void
  /** Ends it early. */
  close(): void
}

/**
 * Sends the rest of `source`, and resolves with the answer to the request. A fault of the source is
 * the error, once the engine has taken the request back.
 */
export async function upload<T>(
  request: PendingRequest,
  source: Source,
  answer: Promise<T>,
): Promise<T> {
  const settled = answer.then(
    () => {},
    () => {},
  )
  try {
    while (!source.done && !request.ended) {
      await (source.load?.() ?? pause())
      await request.roomForChunk()
      request.chunk((writer) => source.writeChunk(writer))
    }
  } catch (error) {
    request.cancel()
    await settled
    throw error
  } finally {
    if (!source.done) source.close()
  }
  return answer
}
