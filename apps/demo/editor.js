// The note that is open: its fields, and how they get into the database while somebody types.
import { byId } from './dom.js'
import { timeOfDay } from './format.js'
import { bodyCharactersMax, titleCharactersMax } from './notes.js'

const saveAfterMs = 400
// Somebody who types without a pause is saved all the same.
const saveAtLatestMs = 2_000

/**
 * Shows one note at a time. A note is { id, title, body, changedMs }, without an id until it is
 * saved first. What was typed stays with its note until it is saved, whatever is shown meanwhile.
 */
export class Editor {
  #title = byId('title')
  #body = byId('body')
  #mark = byId('saved')
  #save // (note) → Promise<{ id, changedMs }>
  #onSaved
  #onFailed
  #note
  #unsaved = new Set()
  #timer
  #typedFirstMs

  /** `save` writes a note; `onSaved` and `onFailed` are told of each that was, or was not. */
  constructor({ save, onSaved, onFailed }) {
    this.#save = save
    this.#onSaved = onSaved
    this.#onFailed = onFailed
    this.#title.maxLength = titleCharactersMax
    this.#body.maxLength = bodyCharactersMax
    for (const field of [this.#title, this.#body]) {
      field.addEventListener('input', () => this.#typed())
      field.addEventListener('blur', () => void this.flush())
    }
    this.#title.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' || event.isComposing) return
      event.preventDefault()
      this.#body.focus()
    })
  }

  get note() {
    return this.#note
  }

  /** The note with that id as it was typed, while the database does not have it so yet. */
  unsaved(id) {
    for (const note of this.#unsaved) if (note.id === id) return note
    return undefined
  }

  /** Shows a note, or none; what was typed into the one before goes on being saved. */
  show(note) {
    void this.flush()
    this.#note = note
    this.#title.value = note?.title ?? ''
    this.#body.value = note?.body ?? ''
    this.#body.scrollTop = 0
    this.#showState()
  }

  focus() {
    ;(this.#title.value === '' ? this.#title : this.#body).focus()
  }

  /** Saves all that was typed. Resolves when it is in the database, or cannot be brought there. */
  async flush() {
    clearTimeout(this.#timer)
    this.#typedFirstMs = undefined
    await Promise.all([...this.#unsaved].map((note) => this.#saveNote(note)))
  }

  /**
   * Calls `remove` when nothing of this note is on its way any more, and returns its result. After
   * that none of it is saved, unless `remove` failed.
   */
  async drop(note, remove) {
    note.dropped = true
    await note.saving
    try {
      const result = await remove()
      this.#unsaved.delete(note)
      return result
    } catch (error) {
      note.dropped = false
      throw error
    }
  }

  #typed() {
    const note = this.#note
    if (note === undefined) return
    note.title = this.#title.value
    note.body = this.#body.value
    note.dirty = true
    this.#unsaved.add(note)
    this.#showState()
    const now = performance.now()
    this.#typedFirstMs ??= now
    clearTimeout(this.#timer)
    const atLatest = this.#typedFirstMs + saveAtLatestMs - now
    this.#timer = setTimeout(() => void this.flush(), Math.max(0, Math.min(saveAfterMs, atLatest)))
  }

  // One save of a note at a time, so that a new one gets its id once.
  #saveNote(note) {
    note.saving ??= this.#saveUntilClean(note).finally(() => {
      note.saving = undefined
      this.#showState()
    })
    return note.saving
  }

  async #saveUntilClean(note) {
    while (note.dirty && !note.dropped) {
      note.dirty = false
      note.failed = false
      try {
        Object.assign(note, await this.#save(note))
        this.#onSaved(note)
      } catch (error) {
        note.dirty = true
        note.failed = true
        this.#onFailed(error, () => void this.flush())
        return
      }
    }
    this.#unsaved.delete(note)
  }

  #showState() {
    const { id, dirty, failed, saving, changedMs } = this.#note ?? {}
    const [state, text] = failed
      ? ['failed', 'Not saved']
      : dirty || saving
        ? ['typing', 'Saving…']
        : id === undefined
          ? ['new', 'Not written yet']
          : ['saved', `Saved ${timeOfDay(changedMs)}`]
    this.#mark.dataset.state = state
    this.#mark.textContent = text
  }
}
