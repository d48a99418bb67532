// The list of notes beside the editor.
import { make } from './dom.js'
import { moment } from './format.js'
import { pieces } from './search.js'

/** Shows rows as buttons. Those that stay keep their element, and with it the focus. */
export class NoteList {
  #element
  #onChoose
  #items = new Map() // by the id of the note
  #chosen

  constructor(element, onChoose) {
    this.#element = element
    this.#onChoose = onChoose
    element.addEventListener('keydown', (event) => this.#onKey(event))
  }

  show(rows) {
    const kept = new Set(rows.map(({ id }) => id))
    for (const [id, item] of this.#items) {
      if (kept.has(id)) continue
      item.remove()
      this.#items.delete(id)
    }
    let previous = null
    for (const row of rows) {
      const item = this.#items.get(row.id) ?? this.#add(row.id)
      fill(item.firstChild, row)
      const place = previous === null ? this.#element.firstChild : previous.nextSibling
      if (place !== item) this.#element.insertBefore(item, place)
      previous = item
    }
    this.choose(this.#chosen)
  }

  /** Marks the note that the editor shows. */
  choose(id) {
    this.#chosen = id
    for (const [of, item] of this.#items)
      item.firstChild.setAttribute('aria-current', String(of === id))
  }

  focusFirst() {
    this.#element.querySelector('button')?.focus()
  }

  #add(id) {
    const item = make('li', {}, make('button', { type: 'button', className: 'item' }))
    item.firstChild.addEventListener('click', () => this.#onChoose(id))
    this.#items.set(id, item)
    return item
  }

  #onKey(event) {
    const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key]
    if (step === undefined) return
    const next = document.activeElement.closest('li')?.[step]
    if (next == null) return
    event.preventDefault()
    next.firstChild.focus()
  }
}

function fill(element, { title, excerpt, changedMs }) {
  const heading = title.trim() === '' ? ['Untitled'] : marked(title)
  element.replaceChildren(
    make('span', { className: 'item-title' }, ...heading),
    make(
      'time',
      { className: 'item-time', dateTime: new Date(changedMs).toISOString() },
      moment(changedMs),
    ),
    make('span', { className: 'item-excerpt' }, ...marked(excerpt)),
  )
}

function marked(text) {
  return pieces(text).map(({ text, matched }) => (matched ? make('mark', {}, text) : text))
}
