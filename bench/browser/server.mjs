// Serves the contenders' files, as a server on the net would: to be kept by the browser's cache.
// They are read once, at the start, so a build in the middle of a run changes nothing in it.
import { createServer } from 'node:http'
import { readdirSync, readFileSync } from 'node:fs'
import { extname, join, normalize } from 'node:path'

const types = {
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
}
const page =
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>bench</title>'

// Modules only: what else lies in the folders (types, source maps) nobody asks for.
function filesOf(folders) {
  const files = new Map()
  for (const [prefix, folder] of Object.entries(folders))
    for (const name of readdirSync(folder))
      if (extname(name) in types) files.set(prefix + name, readFileSync(join(folder, name)))
  return files
}

/**
 * Serves the modules of each folder under its prefix, and an empty page at /. Ends with
 * { address, files, stop }; `files` has the bytes by path.
 */
export async function serve(folders) {
  const files = filesOf(folders)
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname))
    if (path === '/') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      return response.end(page)
    }
    const bytes = files.get(path)
    response.statusCode = bytes ? 200 : 404
    response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream')
    response.setHeader('Cache-Control', 'max-age=3600')
    response.end(bytes)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://localhost:${server.address().port}`,
    files,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
