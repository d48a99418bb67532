// The whole database as a file: out of the page, and into it.
import { open, OutboardError } from './outboard/index.js'
import { byId, make } from './dom.js'
import { Notes } from './notes.js'

/** Lets the browser save the database as a file. */
export async function exportFile(db) {
  const url = URL.createObjectURL(await db.exportBlob())
  const link = make('a', {
    href: url,
    download: `notes-${new Date().toISOString().slice(0, 10)}.db`,
  })
  link.click()
  // The download has its own hold on the data soon after.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/** Asks for a file; `undefined` if nobody chose one. */
export function askForFile() {
  const input = byId('import-file')
  input.value = ''
  return new Promise((resolve) => {
    input.onchange = () => resolve(input.files[0])
    input.oncancel = () => resolve(undefined)
    input.click()
  })
}

/**
 * Replaces the database by a file, after a look at it in memory. Returns what the database was
 * before, as a file. Fails with `corrupt` if it is no database, `bad_request` if it holds no notes:
 * then nothing has changed.
 */
export async function importFile(db, file) {
  await lookInto(file)
  const before = await db.exportBlob()
  await db.import(file)
  return before
}

async function lookInto(file) {
  const copy = await open('import', { storage: 'memory' })
  try {
    await copy.import(file)
    if (await Notes.areIn(copy)) return
  } finally {
    await copy.close()
  }
  throw new OutboardError(
    'bad_request',
    `“${file.name}” is a database, but not one of this page's notes`,
    {
      hint: 'choose a file that was exported here',
    },
  )
}
