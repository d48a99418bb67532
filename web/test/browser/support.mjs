// What the browser tests share: checks, what runs in their pages, and what their server serves.
import { readFileSync } from 'node:fs'

export function check(condition, message) {
  if (!condition) throw new Error(message)
}

export function equal(actual, expected, what = '') {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)]
  check(a === b, `${what} is ${a}, not ${b}`)
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

// ---- In the page ----

/** Opens the database, keeps it as window.db, and gives its info. */
export async function openDatabase([name, options]) {
  const { open } = await import('/outboard/index.js')
  window.db = await open(name, options)
  return window.db.info
}

/** What opening it fails with. */
export async function failureOf([name, options]) {
  const { open } = await import('/outboard/index.js')
  const start = performance.now()
  try {
    await open(name, options)
    return { code: 'none', text: 'none' }
  } catch (error) {
    const { code, message, hint } = error
    const isTyped = error.name === 'OutboardError'
    const text = `${code}: ${message} (${hint})`
    return { code, message, hint, text, isTyped, ms: performance.now() - start }
  }
}

/** The files of a database, with their sizes. */
export async function filesOf(name) {
  const root = await navigator.storage.getDirectory()
  const databases = await root.getDirectoryHandle('outboard')
  const folder = await databases.getDirectoryHandle(name.replaceAll(' ', '%20'))
  const files = {}
  for await (const [file, handle] of folder) files[file] = (await handle.getFile()).size
  return files
}

// ---- On the server ----

const dist = new URL('../../dist/', import.meta.url)

/** The worker's script, as it is published. */
export const publishedWorker = () => readFileSync(new URL('worker.js', dist), 'utf8')

/** The module, as it is published. */
export const publishedModule = () => readFileSync(new URL('outboard.wasm', dist))

export function serve(server, path, body, type = 'text/javascript; charset=utf-8') {
  server.routes.set(path, (response) => {
    response.setHeader('Content-Type', type)
    response.end(body)
  })
}

/** Serves the worker as it is published, behind some script. */
export function serveWorker(server, path, prelude) {
  serve(server, path, `${prelude};${publishedWorker()}`)
}
