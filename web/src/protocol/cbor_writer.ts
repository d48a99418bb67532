// Writes CBOR (RFC 8949), the part that messages need: integers of 64 bits, floats, text, bytes,
// arrays, maps, booleans and null, all of definite length. It is canonical: the shortest form of
// everything, the keys of a map sorted (shorter first, then by bytes).

export type Item =
  null | boolean | number | bigint | string | Uint8Array | Item[] | { [key: string]: Item }

const textEncoder = /* @__PURE__ */ new TextEncoder()
const loneSurrogate = /\p{Surrogate}/u
const float32 = /* @__PURE__ */ new Float32Array(1)
const float32Bits = /* @__PURE__ */ new Uint32Array(float32.buffer)

// Below this many characters a loop is faster than TextEncoder.
const loopedTextMax = 64

/**
 * Appends items to a buffer that grows. `bytes` changes when it grows; `at` is the end of what is
 * written.
 */
export class CborWriter {
  bytes: Uint8Array<ArrayBuffer>
  at = 0
  #view: DataView

  constructor(bytes = 4096) {
    this.bytes = new Uint8Array(bytes)
    this.#view = new DataView(this.bytes.buffer)
  }

  get view(): DataView {
    return this.#view
  }

  /** Makes room for that many bytes more. */
  reserve(bytes: number): void {
    const needed = this.at + bytes
    if (needed <= this.bytes.length) return
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2))
    grown.set(this.bytes.subarray(0, this.at))
    this.bytes = grown
    this.#view = new DataView(grown.buffer)
  }

  /** Forgets what is written; a buffer that grew beyond `keepBytes` is given back. */
  reset(keepBytes = 1 << 20): void {
    this.at = 0
    if (this.bytes.length <= keepBytes) return
    this.bytes = new Uint8Array(4096)
    this.#view = new DataView(this.bytes.buffer)
  }

  null(): void {
    this.reserve(1)
    this.bytes[this.at++] = 0xf6
  }

  boolean(value: boolean): void {
    this.reserve(1)
    this.bytes[this.at++] = value ? 0xf5 : 0xf4
  }

  /** REQUIRES: a safe integer. */
  integer(value: number): void {
    if (value >= 0) this.#head(0, value)
    else this.#head(0x20, -1 - value)
  }

  /** False, and nothing written, if it does not fit into 64 bits. */
  bigint(value: bigint): boolean {
    if (BigInt.asIntN(64, value) !== value) return false
    const magnitude = value >= 0n ? value : -1n - value
    if (magnitude <= 0xffffffffn) {
      this.#head(value >= 0n ? 0 : 0x20, Number(magnitude))
      return true
    }
    this.reserve(9)
    this.bytes[this.at] = value >= 0n ? 0x1b : 0x3b
    this.#view.setBigUint64(this.at + 1, magnitude)
    this.at += 9
    return true
  }

  /** In the shortest of the three widths that says exactly the same. */
  real(value: number): void {
    this.reserve(9)
    float32[0] = value
    if (float32[0] !== value && value === value) {
      this.bytes[this.at] = 0xfb
      this.#view.setFloat64(this.at + 1, value)
      this.at += 9
      return
    }
    const half = exactHalf(float32Bits[0]!)
    if (half >= 0) {
      this.bytes[this.at] = 0xf9
      this.#view.setUint16(this.at + 1, half)
      this.at += 3
    } else {
      this.bytes[this.at] = 0xfa
      this.#view.setUint32(this.at + 1, float32Bits[0]!)
      this.at += 5
    }
  }

  /**
   * False, and nothing written, if it holds half of a surrogate pair: UTF-8 has no form for that.
   */
  text(value: string): boolean {
    return value.length <= loopedTextMax ? this.#shortText(value) : this.#longText(value)
  }

  blob(value: Uint8Array): void {
    this.#head(0x40, value.length)
    this.raw(value)
  }

  /** Followed by that many items. */
  array(items: number): void {
    this.#head(0x80, items)
  }

  /** Followed by that many pairs of key and item, keys in order. */
  map(pairs: number): void {
    this.#head(0xa0, pairs)
  }

  /** Bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length)
    this.bytes.set(bytes, this.at)
    this.at += bytes.length
  }

  /** Any item; a number is an integer if it is one. For tests and small maps, not for rows. */
  item(value: Item): void {
    if (value === null) this.null()
    else if (typeof value === 'boolean') this.boolean(value)
    else if (typeof value === 'number') this.number(value)
    else if (typeof value === 'bigint') this.bigint(value)
    else if (typeof value === 'string') this.text(value)
    else if (value instanceof Uint8Array) this.blob(value)
    else if (Array.isArray(value)) {
      this.array(value.length)
      for (const item of value) this.item(item)
    } else {
      const keys = canonicalKeys(Object.keys(value))
      this.map(keys.length)
      for (const key of keys) {
        this.text(key)
        this.item(value[key]!)
      }
    }
  }

  /** An integer if it is one that a number holds exactly (-0 is none), else a real. */
  number(value: number): void {
    if (value >= 0 && value < 24 && Math.trunc(value) === value && !Object.is(value, -0)) {
      this.reserve(1)
      this.bytes[this.at++] = value
    } else if (Number.isSafeInteger(value) && !Object.is(value, -0)) this.integer(value)
    else this.real(value)
  }

  #head(major: number, argument: number): void {
    this.reserve(9)
    const bytes = this.bytes
    if (argument < 24) {
      bytes[this.at++] = major | argument
    } else if (argument <= 0xff) {
      bytes[this.at++] = major | 24
      bytes[this.at++] = argument
    } else if (argument <= 0xffff) {
      bytes[this.at] = major | 25
      bytes[this.at + 1] = argument >> 8
      bytes[this.at + 2] = argument
      this.at += 3
    } else if (argument <= 0xffffffff) {
      bytes[this.at] = major | 26
      this.#view.setUint32(this.at + 1, argument)
      this.at += 5
    } else {
      bytes[this.at] = major | 27
      this.#view.setUint32(this.at + 1, Math.floor(argument / 0x1_0000_0000))
      this.#view.setUint32(this.at + 5, argument >>> 0)
      this.at += 9
    }
  }

  #shortText(value: string): boolean {
    const length = value.length
    this.reserve(length + 2)
    const bytes = this.bytes
    let at = this.at
    if (length < 24) {
      bytes[at++] = 0x60 | length
    } else {
      bytes[at++] = 0x78
      bytes[at++] = length
    }
    for (let i = 0; i < length; ++i) {
      const unit = value.charCodeAt(i)
      if (unit >= 0x80) return this.#longText(value)
      bytes[at++] = unit
    }
    this.at = at
    return true
  }

  #longText(value: string): boolean {
    if (!isWellFormed(value)) return false
    const length = value.length
    if (length > 0x10000) {
      const encoded = textEncoder.encode(value)
      this.#head(0x60, encoded.length)
      this.raw(encoded)
      return true
    }
    // The head's size depends on the length in bytes: guess ASCII, and move the text if that was
    // wrong.
    this.reserve(9 + length * 3)
    const guessed = headBytes(length)
    const start = this.at
    const { written } = textEncoder.encodeInto(value, this.bytes.subarray(start + guessed))
    const actual = headBytes(written)
    if (actual !== guessed) {
      this.bytes.copyWithin(start + actual, start + guessed, start + guessed + written)
    }
    this.#head(0x60, written)
    this.at = start + actual + written
    return true
  }
}

function headBytes(length: number): number {
  return length < 24 ? 1 : length <= 0xff ? 2 : length <= 0xffff ? 3 : 5
}

function isWellFormed(text: string): boolean {
  const native = (text as { isWellFormed?: () => boolean }).isWellFormed
  return native === undefined ? !loneSurrogate.test(text) : native.call(text)
}

// The bits as half precision if they say exactly the same, else -1. Every NaN is 0x7e00.
function exactHalf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000
  const exponent = ((bits >>> 23) & 0xff) - 127
  const mantissa = bits & 0x7fffff
  if (exponent === 128) return mantissa ? 0x7e00 : sign | 0x7c00
  if ((bits & 0x7fffffff) === 0) return sign
  if (exponent > 15 || exponent < -24) return -1
  if (exponent >= -14)
    return mantissa & 0x1fff ? -1 : sign | ((exponent + 15) << 10) | (mantissa >> 13)
  const whole = mantissa | 0x800000 // a subnormal half: shift the hidden one in
  const dropped = -exponent - 1 // 14 … 23
  return whole & ((1 << dropped) - 1) ? -1 : sign | (whole >> dropped)
}

/** Sorted as a canonical map has them: shorter first, then by bytes. */
export function canonicalKeys(keys: readonly string[]): string[] {
  if (keys.length < 2) return [...keys]
  return keys
    .map((key) => ({ key, bytes: textEncoder.encode(key) }))
    .sort((a, b) => a.bytes.length - b.bytes.length || compareBytes(a.bytes, b.bytes))
    .map(({ key }) => key)
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; ++i) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}
