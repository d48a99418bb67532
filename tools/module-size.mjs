#!/usr/bin/env node
// What the WebAssembly module weighs, and which room each byte of code and data comes from.
//   node tools/module-size.mjs [--folder build/wasm] [--max-brotli BYTES]
// Reads outboard.map and outboard.wasm, as the linker wrote them: what the rooms have in there; and
// outboard.min.wasm, which is made of that and shipped. Templates of the standard library count for
// the room that uses them. Ends with 1 if brotli makes more of what is shipped than BYTES.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

function fail(message, status = 2) {
  console.error(`tools/module-size.mjs: ${message}`)
  process.exit(status)
}

function readOptions() {
  const folder = fileURLToPath(new URL('../build/wasm', import.meta.url))
  try {
    const { values } = parseArgs({
      options: {
        folder: { type: 'string', default: folder },
        'max-brotli': { type: 'string' },
      },
    })
    const brotliMax = Number(values['max-brotli'] ?? Infinity)
    if (!(brotliMax > 0)) throw new Error('--max-brotli takes a number of bytes')
    return { folder: values.folder, brotliMax }
  } catch (error) {
    return fail(`${error.message}\nusage: module-size.mjs [--folder FOLDER] [--max-brotli BYTES]`)
  }
}

function read(file) {
  try {
    return readFileSync(file)
  } catch {
    return fail(`there is no ${file}: build the preset \`wasm\` first`)
  }
}

/** The size of each section of a module with its header, by its number in the format. */
function sectionsOf(module) {
  if (module.readUInt32LE(0) !== 0x6d736100) fail('outboard.wasm is no WebAssembly module')
  const sizes = new Map()
  for (let at = 8; at < module.length; ) {
    const start = at
    const id = module[at++]
    let size = 0
    for (let shift = 0; ; shift += 7) {
      const byte = module[at++]
      size += (byte & 127) * 2 ** shift
      if (byte < 128) break
    }
    at += size
    sizes.set(id, at - start)
  }
  return sizes
}

function roomOf(object) {
  if (/\/libc\+\+(abi)?\.a\(/.test(object)) return 'libc++'
  if (/\/libc\.a\(|\/crt1|libclang_rt|wasm32-wasi\/lib/.test(object)) return 'libc'
  const room = /(?:^|\/)lib([a-z]+)\.a\(|\/src\/(worker)\//.exec(object)
  if (room) return room[1] ?? room[2]
  // Equal texts of all objects, merged, and what the linker makes up.
  return object === '<internal>' ? 'merged texts' : 'other'
}

// Lines read "Addr Off Size Name", in hexadecimal; the indent of the name tells what it is: a
// section, a part of the data section, a piece of an object in it, a symbol in the piece.
const line = /^ *(?:-|[0-9a-f]+) +[0-9a-f]+ +([0-9a-f]+) ( *)(.*)$/
const ofObject = /^(.*):\(.*\)$/

/** Bytes by room: { code, data }. */
function attribute(map) {
  const rooms = new Map()
  let part
  let codeBytes
  for (const text of map.split('\n').slice(1)) {
    const [, hex, indent, name] = line.exec(text) ?? []
    if (hex === undefined) continue
    const bytes = parseInt(hex, 16)
    if (indent.length === 0) {
      part = name === 'CODE' ? 'code' : /^\.(rodata|data|tdata)/.test(name) ? 'data' : undefined
      if (part === 'code') codeBytes = bytes
    } else if (indent.length === 8 && part && ofObject.test(name)) {
      const room = roomOf(ofObject.exec(name)[1])
      if (!rooms.has(room)) rooms.set(room, { code: 0, data: 0 })
      rooms.get(room)[part] += bytes
    }
  }
  if (codeBytes === undefined) fail('outboard.map is not what wasm-ld writes: it lacks CODE')
  return { rooms, codeBytes }
}

const { folder, brotliMax } = readOptions()
const linked = read(join(folder, 'outboard.wasm'))
const shipped = read(join(folder, 'outboard.min.wasm'))
const { rooms, codeBytes } = attribute(read(join(folder, 'outboard.map')).toString())
const codeSection = 10
if (sectionsOf(linked).get(codeSection) !== codeBytes)
  fail('outboard.map and outboard.wasm are of different builds: build again')

const row = (name, ...cells) =>
  console.log(name.padEnd(14) + cells.map((cell) => String(cell).padStart(12)).join(''))
let attributed = 0
for (const { code, data } of rooms.values()) attributed += code + data
const share = (bytes) => `${((100 * bytes) / attributed).toFixed(1)} %`
row('room', 'code', 'data', 'together', 'of all')
const sorted = [...rooms].sort(([, a], [, b]) => b.code + b.data - a.code - a.data)
for (const [name, { code, data }] of sorted)
  row(name, code, data, code + data, share(code + data))

const brotli = brotliCompressSync(shipped, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: shipped.length,
  },
}).length
console.log(
  `\noutboard.min.wasm: ${shipped.length} bytes, gzip ${gzipSync(shipped, { level: 9 }).length}, ` +
    `brotli ${brotli}`,
)
if (brotli > brotliMax) fail(`brotli: ${brotli} bytes, at most ${brotliMax} are allowed`, 1)
