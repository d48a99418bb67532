// Writes batches as docs/protocol.md describes them, in the simplest way: tests read them.
import type { Value } from '../../src/protocol/value.ts'

/** A cell that is a real whatever its value, or text whose bytes are no UTF-8. */
export class Real {
  constructor(readonly value: number) {}
}
export class RawText {
  constructor(readonly bytes: Uint8Array) {}
}
export type Cell = Value | Real | RawText

const utf8 = new TextEncoder()

function tagOf(cell: Cell): number {
  if (cell === null) return 0
  if (cell instanceof Real) return 2
  if (typeof cell === 'bigint') return 1
  if (typeof cell === 'number') return Number.isSafeInteger(cell) && !Object.is(cell, -0) ? 1 : 2
  if (typeof cell === 'string' || cell instanceof RawText) return 3
  return 4
}

/** One batch of those rows. */
export function batch(columns: number, rows: Cell[][]): Uint8Array<ArrayBuffer> {
  const block: number[] = []
  const u32 = (at: number, value: number): void => {
    for (let i = 0; i < 4; ++i) block[at + i] = (value >>> (8 * i)) & 255
  }
  const pad = (): void => {
    while (block.length % 8 !== 0) block.push(0)
  }
  for (let i = 0; i < 16 + 40 * columns; ++i) block.push(0)
  u32(4, rows.length)
  u32(8, columns)
  for (let c = 0; c < columns; ++c)
    writeColumn(
      16 + 40 * c,
      rows.map((row) => row[c]!),
    )
  u32(0, block.length)
  return new Uint8Array(block)

  function writeColumn(descriptor: number, cells: Cell[]): void {
    const tags = cells.map(tagOf)
    const form = tags.every((tag) => tag === tags[0]) ? (tags[0] ?? 0) : 5
    block[descriptor] = form
    const section = (field: number, bytes: Uint8Array | number[]): void => {
      u32(descriptor + field, block.length)
      for (const byte of bytes) block.push(byte)
      pad()
    }
    if (form === 5) section(4, tags)
    if (tags.includes(1) || tags.includes(2)) section(8, numbersOf(cells, tags))
    if (tags.includes(3)) writeTexts(descriptor, section, cells)
    if (tags.includes(4)) {
      const blobs = cells.map((cell) => (cell instanceof Uint8Array ? cell : new Uint8Array(0)))
      section(28, ends(blobs.map((blob) => blob.length)))
      section(
        32,
        blobs.flatMap((blob) => [...blob]),
      )
      u32(
        descriptor + 36,
        blobs.reduce((sum, blob) => sum + blob.length, 0),
      )
    }
  }

  function writeTexts(
    descriptor: number,
    section: (field: number, bytes: Uint8Array | number[]) => void,
    cells: Cell[],
  ): void {
    const texts = cells.map((cell) =>
      typeof cell === 'string'
        ? utf8.encode(cell)
        : cell instanceof RawText
          ? cell.bytes
          : new Uint8Array(0),
    )
    const heap = texts.flatMap((text) => [...text])
    section(12, ends(texts.map((text) => text.length)))
    const wellFormed = !cells.some((cell) => cell instanceof RawText)
    if (heap.every((byte) => byte < 128)) block[descriptor + 1] = 3
    else if (wellFormed) {
      block[descriptor + 1] = 2
      section(16, ends(cells.map((cell) => (typeof cell === 'string' ? cell.length : 0))))
    }
    section(20, heap)
    u32(descriptor + 24, heap.length)
  }
}

function ends(lengths: number[]): Uint8Array {
  let end = 0
  return new Uint8Array(Uint32Array.from(lengths, (length) => (end += length)).buffer)
}

function numbersOf(cells: Cell[], tags: number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(cells.length * 8))
  cells.forEach((cell, row) => {
    if (tags[row] === 1) view.setBigInt64(row * 8, BigInt(cell as number | bigint), true)
    if (tags[row] === 2)
      view.setFloat64(row * 8, cell instanceof Real ? cell.value : (cell as number), true)
  })
  return new Uint8Array(view.buffer)
}
