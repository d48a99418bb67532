// Files on the heap of this thread. What they hold at a moment can be kept, and read for as long as
// one likes while they change: a chunk that is kept is copied when it is next written to.
import { type Files, noSpace, slotCount, slots } from './files.js'

const chunkBytes = 64 << 10

/** What a file held at a moment. */
export interface Kept {
  readonly bytes: number
  /** All full but for the last one. */
  readonly chunks: readonly Uint8Array<ArrayBuffer>[]
}

interface File {
  chunks: Uint8Array<ArrayBuffer>[] // zero beyond `size`
  kept: Set<Uint8Array>
  size: number
}

export class HeapFiles implements Files {
  /** Whether the database or its log was written to since this was last set to false. */
  changed = false
  readonly #files: File[]
  readonly #bytesMax: number
  #bytes = 0

  /** `bytesMax`: of all of them together; beyond that a write has no space. */
  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#files = Array.from({ length: slotCount }, () => ({
      chunks: [],
      kept: new Set<Uint8Array>(),
      size: 0,
    }))
  }

  read(slot: number, to: Uint8Array, offset: number): number {
    const { chunks, size } = this.#files[slot]!
    const bytes = Math.max(0, Math.min(to.length, size - offset))
    forEachPiece(offset, bytes, (chunk, at, done, length) => {
      to.set(chunks[chunk]!.subarray(at, at + length), done)
    })
    return bytes
  }

  write(slot: number, from: Uint8Array, offset: number): number {
    const file = this.#files[slot]!
    const size = Math.max(file.size, offset + from.length)
    if (!this.#resize(file, size)) return noSpace
    this.#touch(slot)
    forEachPiece(offset, from.length, (chunk, at, done, length) => {
      ownChunk(file, chunk).set(from.subarray(done, done + length), at)
    })
    return from.length
  }

  truncate(slot: number, size: number): number {
    const file = this.#files[slot]!
    if (size < file.size && size % chunkBytes !== 0)
      ownChunk(file, Math.floor(size / chunkBytes)).fill(0, size % chunkBytes)
    if (!this.#resize(file, size)) return noSpace
    this.#touch(slot)
    return 0
  }

  flush(): number {
    return 0
  }

  size(slot: number): number {
    return this.#files[slot]!.size
  }

  /** What a file holds now. */
  keep(slot: number): Kept {
    const file = this.#files[slot]!
    file.kept = new Set(file.chunks)
    const last = file.size % chunkBytes
    const chunks = file.chunks.map((chunk, i) =>
      last !== 0 && i === file.chunks.length - 1 ? chunk.subarray(0, last) : chunk,
    )
    return { bytes: file.size, chunks }
  }

  #touch(slot: number): void {
    if (slot === slots.database || slot === slots.log) this.changed = true
  }

  // False: there is no space for it, and nothing has changed.
  #resize(file: File, size: number): boolean {
    const count = Math.ceil(size / chunkBytes)
    const more = (count - file.chunks.length) * chunkBytes
    if (more > 0 && this.#bytes + more > this.#bytesMax) return false
    this.#bytes += more
    while (file.chunks.length < count) file.chunks.push(new Uint8Array(chunkBytes))
    file.chunks.length = count
    file.size = size
    return true
  }
}

function ownChunk(file: File, index: number): Uint8Array {
  const chunk = file.chunks[index]!
  if (!file.kept.delete(chunk)) return chunk
  return (file.chunks[index] = chunk.slice())
}

function forEachPiece(
  offset: number,
  bytes: number,
  visit: (chunk: number, at: number, done: number, length: number) => void,
): void {
  for (let done = 0; done < bytes;) {
    const at = (offset + done) % chunkBytes
    const length = Math.min(bytes - done, chunkBytes - at)
    visit(Math.floor((offset + done) / chunkBytes), at, done, length)
    done += length
  }
}
