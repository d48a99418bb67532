// Files on the heap: they do what files do, and what was kept stays as it was.
import assert from 'node:assert/strict'
import { noSpace } from '../../src/worker/files.ts'
import { HeapFiles, type Kept } from '../../src/worker/heap_files.ts'
import { Random, test } from './check.ts'

const chunkBytes = 64 << 10

const contentOf = ({ chunks }: Kept): Buffer => Buffer.concat(chunks)

test('a file reads as an array of bytes would, whatever is written and cut', () => {
  const random = new Random(7)
  const files = new HeapFiles(64 << 20)
  let model = Buffer.alloc(0)
  const kept: [Kept, Buffer][] = []
  for (let step = 0; step < 600; ++step) {
    const at = random.integer(4 * chunkBytes)
    const bytes = Buffer.from(random.bytes(random.integer(random.pick([16, 3 * chunkBytes]))))
    const action = random.integer(20)
    if (action === 0) kept.push([files.keep(0), Buffer.from(model)])
    else if (action < 4) {
      assert.equal(files.truncate(0, at), 0)
      model = Buffer.concat([model.subarray(0, at), Buffer.alloc(Math.max(0, at - model.length))])
    } else if (bytes.length > 0) {
      assert.equal(files.write(0, bytes, at), bytes.length)
      const end = at + bytes.length
      model = Buffer.concat([model, Buffer.alloc(Math.max(0, end - model.length))])
      bytes.copy(model, at)
    }
    assert.equal(files.size(0), model.length)
    const out = new Uint8Array(random.integer(2 * chunkBytes))
    const from = random.integer(4 * chunkBytes)
    const read = files.read(0, out, from)
    const expected = model.subarray(from, from + out.length)
    assert.equal(read, expected.length)
    assert.ok(expected.equals(out.subarray(0, read)))
  }
  assert.ok(contentOf(files.keep(0)).equals(model))
  assert.ok(kept.length > 5)
  for (const [then, expected] of kept) {
    assert.equal(then.bytes, expected.length)
    assert.ok(contentOf(then).equals(expected))
  }
})

test('all files together stay below the limit, and a write beyond it changes nothing', () => {
  const files = new HeapFiles(4 * chunkBytes)
  const full = new Uint8Array(3 * chunkBytes).fill(1)
  assert.equal(files.write(0, full, 0), full.length)
  assert.equal(files.write(1, full, 0), noSpace)
  assert.equal(files.truncate(1, full.length), noSpace)
  assert.equal(files.size(1), 0)
  assert.equal(files.write(1, full.subarray(0, chunkBytes), 0), chunkBytes)
  assert.equal(files.write(0, full, chunkBytes), noSpace)
  assert.equal(files.size(0), full.length)
  assert.equal(files.truncate(0, 0), 0)
  assert.equal(files.write(1, full, 0), full.length)
})

test('only database and log are what is to be saved', () => {
  const files = new HeapFiles(4 * chunkBytes)
  files.write(3, new Uint8Array(1), 0)
  assert.equal(files.changed, false)
  files.write(1, new Uint8Array(1), 0)
  assert.equal(files.changed, true)
})
