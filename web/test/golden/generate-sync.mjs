// Writes tests/golden/sync-frames.txt: a frame of docs/sync-protocol.md per line, its name, ` | `, its bytes
// in hexadecimal. Encoded by cbor-x, so that our codec is compared with somebody else's.
import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Encoder } from 'cbor-x'

const encoder = new Encoder({ mapsAsObjects: false, useRecords: false, variableMapSize: true })

// Bytes that count up.
const bytes = (size, from = 0) => Buffer.from(Array.from({ length: size }, (_, i) => (from + i) & 255))
const large = (number) => BigInt(number) // cbor-x writes other numbers beyond 32 bits as floats
const map = (...pairs) => new Map(pairs)

const most = large(Number.MAX_SAFE_INTEGER)
const replica = bytes(8, 1)
const digest = (from) => bytes(32, from)
const checkpoint = (position, from) => map([0, position], [1, digest(from)])

const header = map(
  [0, 1], [1, 'notes'], [2, replica], [3, 7], [4, Buffer.concat([bytes(8, 16), replica])], [5, 40], [6, 1],
  [7, [
    map([2, 0], [3, 3], [4, digest(64)]),
    map([0, 'work'], [1, 'key-1'], [2, 1], [3, 0], [4, digest(96)]),
  ]],
)

const frames = {
  hello_first: [1, map(
    [0, 1], [1, 1], [2, 0], [3, 'notes'], [4, replica], [5, bytes(16, 32)], [6, 'token'], [9, 0], [11, 1048576], [12, 0],
  )],
  hello_again: [1, map(
    [0, 1], [1, 2], [2, 0], [3, 'team/é'], [4, replica], [5, bytes(16, 32)], [6, ''], [7, bytes(16, 48)],
    [8, [checkpoint(most, 1), checkpoint(24, 2)]], [9, 300], [10, [digest(3), digest(4)]], [11, 65536], [12, 3], [13, digest(5)],
  )],
  welcome_catchup: [2, map(
    [0, 1], [1, bytes(16, 48)], [2, checkpoint(100, 7)], [3, 1], [4, 24], [5, 302], [6, 301], [7, large(1790000000000)],
    [8, 1], [9, 7], [10, 3600000], [11, 4194304], [12, 1048576],
  )],
  welcome_repair: [2, map(
    [0, 1], [1, bytes(16, 48)], [2, checkpoint(0, 7)], [3, 3], [4, 0], [5, 0], [6, 0], [7, 0], [8, 1], [9, 1], [10, 0], [11, 1], [12, 1],
  )],
  auth: [3, map([0, 'another token'])],
  auth_due: [4, map([0, 60000])],
  push: [5, map([0, 7], [1, digest(8)], [2, 0], [3, 1]), bytes(5)],
  push_last_chunk: [5, map([0, most], [1, digest(8)], [2, 1], [3, 2]), bytes(0)],
  push_rejected: [5, map([0, 7], [1, digest(8)], [2, 0], [3, 1], [4, 2]), bytes(0)],
  verdict_stored: [6, map([0, 7], [1, 41])],
  verdict_rejected: [6, map([0, 8], [2, 2], [3, 'set the clock'])],
  entry: [7, map([0, 41], [1, large(1790000000000)], [2, 'ann'], [3, digest(9)], [4, 0], [5, 1]), bytes(6, 250)],
  live: [9, map([0, 41])],
  ack: [10, map([0, 41], [1, 1048576], [2, 7])],
  message: [16, map([0, 'cursor']), bytes(3)],
  message_passed_on: [16, map([0, 'cursor'], [1, replica]), bytes(3)],
  ping: [17, map([0, 1])],
  pong: [18, map([0, 1])],
  pause: [19, map([0, 17], [1, 3600000])],
  resume: [20, map()],
  drain: [21, map([0, 5000])],
  error_fatal: [22, map([0, 5], [1, 'no such token'], [2, 'sign in'], [3, true], [4, 0])],
  error: [22, map([0, 20], [1, 'the log is away'], [2, ''], [4, 1000])],
}

const line = (name, data) => `${name} | ${data.toString('hex')}\n`
const text = Object.entries(frames).map(([name, frame]) => line(name, encoder.encode(frame)))
text.push(line('header', encoder.encode(header)))
const here = dirname(fileURLToPath(import.meta.url))
writeFileSync(join(here, '../../../tests/golden/sync-frames.txt'), text.join(''))
