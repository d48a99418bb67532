// What a page and its worker take at most: the peak of the resident memory of a browser's renderer
// process, as Linux tells it. That counts all of it: the page's heap and the worker's, the module's
// memory, compiled code, and some 100 MB that every page takes.
import { readdirSync, readFileSync } from 'node:fs'

function read(pid, file) {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // it has ended
  }
}

const parentOf = (pid) => Number(/^PPid:\s*(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0)

/** The peak in MB of the largest renderer of the browser that was started with that profile. */
export function peakMegabytes(profile) {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const isIts = (pid) => {
    for (let at = Number(pid); at > 1; at = parentOf(at))
      if (read(at, 'cmdline').includes(`--user-data-dir=${profile}`)) return true
    return false
  }
  const isRenderer = (pid) => read(pid, 'cmdline').includes('--type=renderer')
  const peakOf = (pid) => Number(/^VmHWM:\s*(\d+)/m.exec(read(pid, 'status'))?.[1] ?? 0)
  const peaks = pids.filter((pid) => isRenderer(pid) && isIts(pid)).map(peakOf)
  if (peaks.length === 0) throw new Error('the renderer is not found in /proc')
  return Math.max(...peaks) / 1024
}
