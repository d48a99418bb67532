// The status line: where the database is, and how big.
import { byId } from './dom.js'
import { bytes, count } from './format.js'

/** Shows what `Database.info` says. */
export function showInfo({ storage, persisted, sqlite }) {
  const opfs = persisted ? 'OPFS, persistent' : 'OPFS'
  byId('status-storage').textContent = storage === 'memory' ? 'memory only' : opfs
  byId('status-storage').dataset.storage = storage
  byId('status-sqlite').textContent = sqlite
}

/** Shows what `Notes.sizes` says. */
export function showSizes({ notes, bytes: size }) {
  byId('status-size').textContent = bytes(size)
  byId('status-notes').textContent = count(notes)
}
