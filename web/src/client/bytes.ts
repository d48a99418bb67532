// The bytes of a file that is imported, wherever they come from, in pieces.
import type { CborWriter } from '../protocol/cbor_writer.js'
import { badRequest } from '../protocol/errors.js'
import { pause } from './pause.js'
import type { Source } from './upload.js'

export type Importable = Blob | ArrayBuffer | Uint8Array | ReadableStream<Uint8Array>

const pieceBytes = 512 << 10

export class ByteSource implements Source {
  done = false
  readonly #pieces: AsyncIterator<Uint8Array, void>
  #piece: Uint8Array | undefined

  constructor(source: Importable) {
    this.#pieces = piecesOf(source)
  }

  async load(): Promise<void> {
    await pause()
    this.#piece = (await this.#pieces.next()).value ?? undefined
  }

  /** Writes the piece that was loaded; behind the last one, an empty one that ends it. */
  writeChunk(writer: CborWriter): void {
    const piece = this.#piece
    this.done = piece === undefined
    writer.map(this.done ? 1 : 2)
    writer.text('data')
    writer.blob(piece ?? new Uint8Array(0))
    if (this.done) return
    writer.text('more')
    writer.boolean(true)
  }

  close(): void {
    void this.#pieces.return?.()
  }
}

async function* piecesOf(source: Importable): AsyncGenerator<Uint8Array, void> {
  if (source instanceof Uint8Array) yield* cut(source)
  else if (source instanceof ArrayBuffer) yield* cut(new Uint8Array(source))
  else if (source instanceof Blob) yield* read(source.stream())
  else if (source instanceof ReadableStream) yield* read(source)
  else
    throw badRequest(
      'only a Blob, bytes or a stream of bytes can be imported',
      'pass a File, an ArrayBuffer, a Uint8Array or a ReadableStream',
    )
}

function* cut(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

async function* read(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = stream.getReader()
  let ended = false
  try {
    for (;;) {
      const { done, value } = await reader.read()
      if ((ended = done)) return
      if (!(value instanceof Uint8Array))
        throw badRequest(
          'the stream has something else than bytes',
          'pipe it through an encoder first',
        )
      yield* cut(value)
    }
  } finally {
    if (!ended) reader.cancel().catch(() => {})
    reader.releaseLock()
  }
}
