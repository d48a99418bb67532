// Frames: an 8-byte prefix, an envelope in CBOR, zeros up to a multiple of 8, and a tail of
// batches. A message is frames end to end. docs/protocol.md is the contract.
import { decodeCbor } from './cbor_reader.js'
import { CborWriter, type Item } from './cbor_writer.js'
import { malformed } from './errors.js'

/** The numbers never change. */
export const Kind = {
  hello: 0,
  request: 1,
  reply: 2,
  error: 3,
  chunk: 4,
  credit: 5,
  cancel: 6,
  event: 7,
  ping: 8,
} as const
export type Kind = (typeof Kind)[keyof typeof Kind]

export const protocolVersion = 1
export const frameBytesMax = 128 << 20

export type ItemMap = { [key: string]: Item }

/** What a request may say about itself. */
export interface RequestHead {
  /** The client's own number for a request that writes. */
  n?: number
  session?: number
  timeoutMs?: number
}

/** A frame that was received. `tail` is a view into the message. */
export interface Frame {
  kind: Kind
  id: number
  epoch?: number
  commit?: number
  /** What follows the head in the envelope: a map for most kinds. */
  body: Item[]
  tail: Uint8Array<ArrayBuffer>
}

/**
 * Appends frames to a CborWriter:
 *   const frame = beginFrame(writer, Kind.request, id, 5, head)
 *   …two items more…
 *   endFrame(writer, frame)
 * `items` counts the whole envelope, with kind, id and head. Returns where the frame starts.
 */
export function beginFrame(
  writer: CborWriter,
  kind: Kind,
  id: number,
  items: number,
  head?: RequestHead,
): number {
  const start = writer.at
  writer.reserve(8)
  writer.at += 8
  writer.array(items)
  writer.integer(kind)
  writer.integer(id)
  const n = head?.n
  const session = head?.session
  const timeoutMs = head?.timeoutMs
  writer.map(
    (n === undefined ? 0 : 1) + (session === undefined ? 0 : 1) + (timeoutMs === undefined ? 0 : 1),
  )
  if (n !== undefined) {
    writer.text('n')
    writer.integer(n)
  }
  if (session !== undefined) {
    writer.text('session')
    writer.integer(session)
  }
  if (timeoutMs !== undefined) {
    writer.text('timeout_ms')
    writer.integer(timeoutMs)
  }
  return start
}

/** Closes the frame that starts there: padding, then its lengths. */
export function endFrame(writer: CborWriter, start: number): void {
  const headBytes = writer.at - start - 8
  writer.reserve(7)
  while (writer.at % 8 !== 0) writer.bytes[writer.at++] = 0
  writer.view.setUint32(start, writer.at - start, true)
  writer.view.setUint32(start + 4, headBytes, true)
}

/** Splits a message. Its frames are decoded one by one, as they are asked for. */
export class MessageReader {
  readonly #bytes: Uint8Array<ArrayBuffer>
  readonly #view: DataView
  #at = 0

  constructor(message: ArrayBuffer) {
    this.#bytes = new Uint8Array(message)
    this.#view = new DataView(message)
  }

  /** The next frame, or nothing at the end. Throws `internal` if it is malformed. */
  next(): Frame | undefined {
    const start = this.#at
    const left = this.#bytes.length - start
    if (left === 0) return undefined
    if (left < 8) throw malformed('a frame is cut off')
    const frameBytes = this.#view.getUint32(start, true)
    const headBytes = this.#view.getUint32(start + 4, true)
    if (frameBytes % 8 !== 0 || frameBytes < 8 || frameBytes > left || headBytes > frameBytes - 8) {
      throw malformed('the lengths of a frame are wrong')
    }
    this.#at = start + frameBytes
    const headEnd = start + 8 + headBytes
    const envelope = decodeCbor(this.#bytes, start + 8, headEnd)
    const tailStart = headEnd + (-headEnd & 7)
    return frameOf(envelope, this.#bytes.subarray(tailStart, start + frameBytes))
  }
}

function frameOf(envelope: Item, tail: Uint8Array<ArrayBuffer>): Frame {
  if (!Array.isArray(envelope)) throw malformed('an envelope is no array')
  const [kind, id, head, ...body] = envelope
  if (typeof kind !== 'number' || !(kind >= Kind.hello && kind <= Kind.ping)) {
    throw malformed('a kind of frame that is not known here')
  }
  if (typeof id !== 'number' || id < 0) throw malformed('an id that is no count')
  const map = asMap(head, 'a head')
  const frame: Frame = { kind: kind as Kind, id, body, tail }
  for (const key in map) {
    const value = map[key]
    if (typeof value !== 'number') throw malformed(`'${key}' of a head is no count`)
    if (key === 'epoch') frame.epoch = value
    else if (key === 'commit') frame.commit = value
    else throw malformed(`a head with the unknown key '${key}'`)
  }
  return frame
}

export function asMap(item: Item | undefined, what: string): ItemMap {
  if (
    typeof item !== 'object' ||
    item === null ||
    Array.isArray(item) ||
    item instanceof Uint8Array
  ) {
    throw malformed(`${what} is no map`)
  }
  return item
}

/** A map whose keys are all among those known. */
export function mapOf(item: Item | undefined, what: string, known: readonly string[]): ItemMap {
  const map = asMap(item, what)
  for (const key in map)
    if (!known.includes(key)) throw malformed(`${what} with the unknown key '${key}'`)
  return map
}
