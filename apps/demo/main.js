// The page: opens the database, joins the list, the editor and the panel to it, and copes when it
// is not there.
import { open } from './outboard/index.js'
import { Chart } from './chart.js'
import { button, byId } from './dom.js'
import { Editor } from './editor.js'
import { askForFile, exportFile, importFile } from './files.js'
import { count, frameTime } from './format.js'
import { FrameMeter, judge, windowMs } from './frames.js'
import { NoteList } from './list.js'
import { clearMessages, explain, showError, showNotice, toast } from './messages.js'
import { Notes } from './notes.js'
import { Runs } from './runs.js'
import { showInfo, showSizes } from './status.js'
import { followHistory, isNarrow, view } from './view.js'

const databaseName = 'notes'
const longestShownEveryMs = 250

// The open database, and what this page keeps in it: undefined while it is not open.
let db
let notes

const list = new NoteList(byId('list'), (id) => void attempt(() => choose(id)))
const editor = new Editor({
  save: (note) => {
    if (notes !== undefined) return notes.save(note)
    throw new Error('The notes are not open at present. What you typed is kept until they are')
  },
  onSaved: (note) => {
    if (editor.note === note) list.choose(note.id)
    void refresh()
  },
  onFailed: failed,
})
const meter = new FrameMeter()
const runs = new Runs(meter, { onChange: () => void refresh(), onFailed: failed })

// ---- Opening ----

async function start(storage) {
  gate('opening')
  try {
    db = await open(databaseName, { storage })
    notes = await Notes.of(db)
  } catch (error) {
    await stop()
    return gate('closed', error, storage)
  }
  gate('open')
  clearMessages()
  if (storage === 'memory') {
    showNotice(
      'These notes are in memory only: they are gone when this page is closed. ' +
        'Export them to keep them.',
    )
  }
  runs.use(db)
  showInfo(db.info)
  await refresh()
  // What was typed while there was no engine is saved by this one.
  if (editor.note === undefined) await attempt(chooseFirst)
  else await editor.flush()
}

async function stop() {
  const last = db
  db = notes = undefined
  runs.use(undefined)
  await last?.close()
}

async function restart() {
  const { storage } = db?.info ?? { storage: 'opfs' }
  await stop()
  await start(storage)
}

function gate(state, error, storage) {
  byId('gate').hidden = state === 'open'
  byId('side').hidden = state !== 'open'
  byId('opening').hidden = state !== 'opening'
  byId('gate-text').replaceChildren()
  byId('gate-actions').replaceChildren()
  for (const id of ['export', 'import']) byId(id).disabled = state !== 'open'
  layOut()
  if (state !== 'closed') return
  byId('gate-text').replaceChildren(...explain(error))
  const again = button('Try again', () => void start(storage), 'primary')
  byId('gate-actions').append(again)
  if (storage === 'opfs' && error.code === 'unavailable') {
    byId('gate-actions').append(button('Keep notes in memory only', () => void start('memory')))
  }
}

// ---- Failures ----

/** Every failure after the opening ends here, in words. */
function failed(error, retry) {
  const again = retry === undefined ? [] : [['Try again', retry]]
  const restarted = [['Start the engine again', () => void restart()]]
  showError(error, error.code === 'worker_lost' ? restarted : again)
}

async function attempt(action) {
  try {
    await action()
  } catch (error) {
    failed(error, () => void attempt(action))
  }
}

// ---- The notes ----

let shown = { rows: [], searched: false, more: false }
let refreshing
let refreshAgain = false

/** Brings list and status up to date; calls that come meanwhile are one more round. */
function refresh() {
  refreshAgain = true
  refreshing ??= attempt(async () => {
    while (refreshAgain && notes !== undefined) {
      refreshAgain = false
      shown = await notes.list(byId('search').value)
      list.show(shown.rows)
      showSizes(await notes.sizes())
      byId('list-summary').textContent = summaryOf(shown)
      layOut()
    }
  }).finally(() => (refreshing = undefined))
  return refreshing
}

function summaryOf({ rows, searched, more }) {
  if (more) return `The first ${count(rows.length)} are shown: search for the others.`
  if (!searched) return ''
  if (rows.length > 0) return `${count(rows.length, 'note')} found.`
  return `Nothing found for “${byId('search').value.trim()}”.`
}

// What has a place on the sheet: the gate, the note that is open, or why there is none.
function layOut() {
  const isOpen = notes !== undefined && byId('gate').hidden
  byId('editor').hidden = !isOpen || editor.note === undefined
  byId('blank').hidden =
    !isOpen || editor.note !== undefined || shown.rows.length > 0 || shown.searched
}

let wanted // the note that was asked for last

async function choose(id) {
  wanted = id
  if (editor.note?.id !== id) {
    const note = editor.unsaved(id) ?? (await notes.read(id))
    if (wanted !== id) return undefined
    if (note === undefined) return refresh()
    show(note)
  }
  return view('note')
}

function chooseFirst() {
  if (isNarrow.matches || shown.rows.length === 0) return show(undefined)
  return choose(shown.rows[0].id)
}

function show(note) {
  wanted = note?.id
  editor.show(note)
  list.choose(note?.id)
  layOut()
}

function write() {
  const { note } = editor
  if (note === undefined || note.id !== undefined || note.dirty || note.saving) {
    show({ id: undefined, title: '', body: '' })
    if (byId('search').value !== '') {
      byId('search').value = ''
      void refresh()
    }
  }
  view('note')
  editor.focus()
}

async function remove() {
  const { note } = editor
  if (note === undefined) return
  await editor.flush()
  const removed = await editor.drop(note, () =>
    note.id === undefined ? undefined : notes.remove(note.id),
  )
  const next = shown.rows[shown.rows.findIndex(({ id }) => id === note.id) + 1]?.id
  show(undefined)
  view('list')
  await refresh()
  if (next !== undefined && !isNarrow.matches) await choose(next)
  else await chooseFirst()
  byId('new-note').focus()
  if (removed === undefined) return
  const name = note.title.trim()
  toast(
    name === '' ? 'The note is deleted.' : `“${name}” is deleted.`,
    () => void attempt(() => restore(removed)),
  )
}

async function restore(removed) {
  await notes.restore(removed)
  await refresh()
  await choose(removed.id)
  editor.focus()
}

// ---- Files ----

async function exportAll() {
  await editor.flush()
  await exportFile(db)
}

async function importChosen() {
  const file = await askForFile()
  if (file === undefined) return
  await editor.flush()
  const before = await importFile(db, file)
  await showReplaced()
  const takeBack = async () => {
    await db.import(before)
    await showReplaced()
  }
  toast(`The notes are those of “${file.name}” now.`, () => void attempt(takeBack))
}

async function showReplaced() {
  byId('search').value = ''
  show(undefined)
  view('list')
  await refresh()
  await chooseFirst()
}

// ---- What people press ----

byId('search').addEventListener('input', () => void refresh())
byId('search').addEventListener('keydown', (event) => {
  if (event.key !== 'ArrowDown' && event.key !== 'Enter') return
  event.preventDefault()
  list.focusFirst()
})
byId('new-note').addEventListener('click', write)
byId('first-note').addEventListener('click', write)
byId('back').addEventListener('click', () => view('list'))
byId('delete').addEventListener('click', () => void attempt(remove))
byId('export').addEventListener('click', () => void attempt(exportAll))
byId('import').addEventListener('click', () => void attempt(importChosen))
addEventListener('keydown', (event) => {
  if (event.key !== 'k' || !(event.ctrlKey || event.metaKey)) return
  event.preventDefault()
  view('list')
  byId('search').focus()
  byId('search').select()
})
document.addEventListener('visibilitychange', () => {
  if (document.visibilityState === 'hidden') void editor.flush()
})
addEventListener('pagehide', () => void editor.flush())

// ---- Go ----

followHistory()
const chart = new Chart(byId('chart'), meter)
let longestShownMs = 0
meter.start((now) => {
  chart.draw(now)
  if (now - longestShownMs < longestShownEveryMs) return
  longestShownMs = now
  const longestMs = meter.longestSince(now - windowMs)
  byId('longest').textContent = frameTime(longestMs)
  byId('longest-word').textContent = byId('longest-word').dataset.verdict = judge(longestMs)
})
void start('opfs')
