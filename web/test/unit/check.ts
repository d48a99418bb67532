// What tests share: a filter by name, and random values from a seed.
import nodeTest from 'node:test'

const filter = process.env['TEST_FILTER'] ?? ''
const title = process.env['TEST_TITLE'] ?? ''

/** `skip`: why it cannot run here. */
export function test(name: string, body: () => void | Promise<void>, skip?: string): void {
  if (!`${title}: ${name}`.includes(filter)) return
  nodeTest(name, skip === undefined ? {} : { skip }, body)
}

/** Numbers that are the same in every run: mulberry32. */
export class Random {
  #state: number

  constructor(seed: number) {
    this.#state = seed
  }

  /** From 0 up to, not including, `below`. */
  integer(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000) * below)
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.integer(choices.length)]!
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.integer(256))
  }

  text(length: number): string {
    const characters = [
      'a',
      'Z',
      '0',
      ' ',
      '\0',
      'é',
      'ß',
      '日',
      '\uFEFF',
      '\uFFFD',
      '🙂',
      '𝄞',
      '\u0800',
      '\uD7FF',
    ]
    const ascii = this.integer(2) === 0
    let text = ''
    while (text.length < length) text += ascii ? characters[this.integer(4)] : this.pick(characters)
    return text
  }

  double(): number {
    const view = new DataView(new ArrayBuffer(8))
    view.setUint32(0, this.integer(2 ** 32))
    view.setUint32(4, this.integer(3) === 0 ? 0 : this.integer(2 ** 32))
    return this.pick([
      view.getFloat64(0),
      view.getFloat32(0),
      this.integer(1000) / 8,
      -this.integer(1000) / 1024,
    ])
  }

  int64(): bigint {
    const bits = BigInt(this.integer(65))
    const value = BigInt.asUintN(
      64,
      (BigInt(this.integer(2 ** 32)) << 32n) | BigInt(this.integer(2 ** 32)),
    )
    return BigInt.asIntN(64, bits === 0n ? 0n : value >> (64n - bits))
  }
}
