// Reads CBOR, the part that messages need. Whatever else comes is refused with `internal`.
import { shortAscii } from './ascii.js'
import type { Item } from './cbor_writer.js'
import { malformed } from './errors.js'

// Arrays and maps inside each other.
const depthMax = 16

let textDecoder: TextDecoder | undefined

/**
 * Decodes one item that fills `bytes` from `start` to `end`. Throws `internal` for whatever is not
 * the CBOR of the protocol. Bytes are copied. Integers are numbers while those are exact, else
 * bigints.
 */
export function decodeCbor(bytes: Uint8Array, start = 0, end = bytes.length): Item {
  const reader = new CborReader(bytes, start, end)
  const item = reader.item(0)
  if (reader.at !== end) throw malformed('bytes are left behind the envelope')
  return item
}

class CborReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #end: number
  at: number

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.at = start
    this.#end = end
  }

  item(depth: number): Item {
    const first = this.#take(1)
    const byte = this.#bytes[first]!
    const major = byte >> 5
    if (major === 7) return this.#simple(byte & 31)
    if (major === 6) throw malformed('a tag')
    const argument = this.#argument(byte & 31)
    if (major === 0) return argument
    if (major === 1) {
      const exact = typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER
      return exact ? -1 - argument : -1n - BigInt(argument)
    }
    if (typeof argument === 'bigint') throw malformed('a length beyond the message')
    if (major === 2) {
      const at = this.#take(argument)
      return this.#bytes.slice(at, at + argument)
    }
    if (major === 3) return this.#text(argument)
    if (depth === depthMax) throw malformed('arrays and maps are nested too deep')
    return major === 4 ? this.#array(argument, depth + 1) : this.#map(argument, depth + 1)
  }

  #take(bytes: number): number {
    const at = this.at
    if (bytes > this.#end - at) throw malformed('it ends in the middle of an item')
    this.at = at + bytes
    return at
  }

  #argument(short: number): number | bigint {
    if (short < 24) return short
    if (short === 24) return this.#bytes[this.#take(1)]!
    if (short === 25) return this.#view.getUint16(this.#take(2))
    if (short === 26) return this.#view.getUint32(this.#take(4))
    if (short !== 27) throw malformed('an indefinite length')
    const value = this.#view.getBigUint64(this.#take(8))
    if (value > 0x7fffffffffffffffn) throw malformed('an integer beyond 64 bits')
    return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
  }

  #simple(short: number): Item {
    if (short === 20 || short === 21) return short === 21
    if (short === 22) return null
    if (short === 25) return halfToNumber(this.#view.getUint16(this.#take(2)))
    if (short === 26) return this.#view.getFloat32(this.#take(4))
    if (short === 27) return this.#view.getFloat64(this.#take(8))
    throw malformed('a simple value that is not used here')
  }

  #text(length: number): string {
    const at = this.#take(length)
    const short = shortAscii(this.#bytes, at, at + length)
    if (short !== undefined) return short
    textDecoder ??= new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
    try {
      return textDecoder.decode(this.#bytes.subarray(at, at + length))
    } catch {
      throw malformed('a text is not well-formed UTF-8')
    }
  }

  #array(length: number, depth: number): Item[] {
    if (length > this.#end - this.at) throw malformed('an array longer than the message')
    const items: Item[] = []
    for (let i = 0; i < length; ++i) items.push(this.item(depth))
    return items
  }

  #map(length: number, depth: number): { [key: string]: Item } {
    if (length > (this.#end - this.at) / 2) throw malformed('a map longer than the message')
    const map: { [key: string]: Item } = {}
    for (let i = 0; i < length; ++i) {
      const key = this.item(depth)
      if (typeof key !== 'string') throw malformed('a key that is no text')
      // Names that every object has, such as 'constructor', are none of the protocol's either.
      if (key in map) throw malformed(`the key '${key}' comes twice, or is none`)
      map[key] = this.item(depth)
    }
    return map
  }
}

function halfToNumber(half: number): number {
  const exponent = (half >> 10) & 31
  const mantissa = half & 1023
  const magnitude =
    exponent === 0
      ? mantissa * 2 ** -24
      : exponent === 31
        ? mantissa
          ? NaN
          : Infinity
        : (mantissa + 1024) * 2 ** (exponent - 25)
  return half & 0x8000 ? -magnitude : magnitude
}
