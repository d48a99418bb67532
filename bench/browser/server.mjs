// Serves the contenders' files, as a server on the net would: to be kept by the browser's cache.
import { createServer } from 'node:http'
import { readFile } from 'node:fs/promises'
import { extname, join, normalize } from 'node:path'

const types = {
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.wasm': 'application/wasm',
}
const page =
  '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>bench</title>'

/** Serves each folder under its prefix, and an empty page at /. Ends with { address, stop }. */
export async function serve(folders) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname))
    if (path === '/') {
      response.setHeader('Content-Type', 'text/html; charset=utf-8')
      return response.end(page)
    }
    const prefix = Object.keys(folders).find((prefix) => path.startsWith(prefix))
    const file = prefix && join(folders[prefix], path.slice(prefix.length))
    const bytes = file && (await readFile(file).catch(() => undefined))
    response.statusCode = bytes ? 200 : 404
    response.setHeader('Content-Type', types[extname(path)] ?? 'application/octet-stream')
    response.setHeader('Cache-Control', 'max-age=3600')
    response.end(bytes)
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `http://localhost:${server.address().port}`,
    stop() {
      server.closeAllConnections()
      server.close()
    },
  }
}
