// A static server for the tests, with the headers that the hub sends: no COOP, no COEP, a strict
// policy.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.wasm': 'application/wasm',
  '.map': 'application/json',
}

const policy =
  "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; " +
  "img-src 'self' data:; connect-src 'self' blob:; worker-src 'self' blob:"

export class TestServer {
  /** Answers for paths, before any folder is looked into: path → (response) => void. */
  routes = new Map()
  #folders
  #server

  /** Serves each folder under its prefix, e.g. { '/outboard/': '…/dist' }. */
  constructor(folders) {
    this.#folders = Object.entries(folders)
    this.#server = createServer((request, response) => void this.#answer(request, response))
  }

  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    this.address = `http://localhost:${this.#server.address().port}`
    return this
  }

  stop() {
    this.#server.closeAllConnections?.()
    this.#server.close()
  }

  async #answer(request, response) {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname))
    response.setHeader('Content-Security-Policy', policy)
    response.setHeader('X-Content-Type-Options', 'nosniff')
    // Not `no-store`, which would keep pages out of the back/forward cache.
    response.setHeader('Cache-Control', 'no-cache')
    const route = this.routes.get(path)
    if (route) return route(response)
    if (path === '/') return page(response)
    for (const [prefix, folder] of this.#folders) {
      if (!path.startsWith(prefix)) continue
      const file = join(
        folder,
        path.endsWith('/') ? `${path.slice(prefix.length)}index.html` : path.slice(prefix.length),
      )
      const bytes = await readFile(file).catch(() => undefined)
      if (bytes !== undefined) {
        response.setHeader('Content-Type', types[extname(file)] ?? 'application/octet-stream')
        return response.end(bytes)
      }
    }
    response.statusCode = 404
    response.setHeader('Content-Type', 'text/plain')
    response.end('not found')
  }
}

function page(response) {
  response.setHeader('Content-Type', types['.html'])
  response.end(
    '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>test</title>',
  )
}
