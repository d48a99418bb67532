import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { decodeCbor } from '../../src/protocol/cbor_reader.ts'
import { canonicalKeys, CborWriter, type Item } from '../../src/protocol/cbor_writer.ts'
import { beginFrame, type Kind, MessageReader } from '../../src/protocol/frame.ts'
import { batchesOf } from '../../src/protocol/batch.ts'
import { encode, framesText, goldenFrames, hexOf, readmeText } from '../golden/frames.ts'
import { test } from './check.ts'

const golden = `${process.env['OUTBOARD_TESTS']}/golden`

test('the golden files are what their generator writes', () => {
  assert.equal(readFileSync(`${golden}/frames.txt`, 'utf8'), framesText())
  assert.equal(readFileSync(`${golden}/README.md`, 'utf8'), readmeText())
})

test('golden frames that an engine sends are read', () => {
  for (const frame of goldenFrames) {
    const message = encode(frame).slice().buffer as ArrayBuffer
    if (/"(session|timeout_ms|n)"/.test(JSON.stringify(Object.keys(frame.envelope[2] as object))))
      continue
    const reader = new MessageReader(message)
    const read = reader.next()!
    assert.equal(read.kind, frame.envelope[0], frame.name)
    assert.equal(read.id, frame.envelope[1])
    const batches = batchesOf(read.tail)
    assert.deepEqual(
      batches.map(({ columns, rows }) => [columns, rows]),
      frame.batches.map(({ columns, rows }) => [columns, rows.length]),
    )
    assert.equal(reader.next(), undefined)
  }
})

test('golden envelopes are written again to the same bytes', () => {
  for (const frame of goldenFrames) {
    if (frame.name === 'exec_reals') continue // 1.0 comes back as 1
    const bytes = encode(frame)
    const headBytes = new DataView(bytes.buffer).getUint32(4, true)
    const envelope = decodeCbor(bytes, 8, 8 + headBytes)
    const writer = new CborWriter()
    writer.item(envelope)
    assert.equal(
      hexOf(writer.bytes.subarray(0, writer.at)),
      hexOf(bytes.subarray(8, 8 + headBytes)),
      frame.name,
    )
    assertSorted(envelope)
  }
})

test('a head is written as the golden ones', () => {
  const heads = { many: { n: 3 }, exec_named: { session: 7, timeoutMs: 1500 }, exec: {} }
  for (const [name, head] of Object.entries(heads)) {
    const bytes = encode(goldenFrames.find((frame) => frame.name === name)!)
    const [kind, id] = decodeCbor(bytes, 8, 8 + new DataView(bytes.buffer).getUint32(4, true)) as [
      Kind,
      number,
    ]
    const writer = new CborWriter()
    beginFrame(writer, kind, id, 5, head)
    assert.equal(hexOf(writer.bytes.subarray(8, writer.at)), hexOf(bytes.subarray(8, writer.at)))
  }
})

function assertSorted(item: Item): void {
  if (Array.isArray(item)) item.forEach(assertSorted)
  else if (typeof item === 'object' && item !== null && !(item instanceof Uint8Array)) {
    const keys = Object.keys(item).filter((key) => !/^\d+$/.test(key))
    assert.deepEqual(keys, canonicalKeys(keys))
    Object.values(item).forEach(assertSorted)
  }
}
