// A narrow page shows the list or the note; the browser's way back leads from the note to the list.
import { byId } from './dom.js'

export const isNarrow = matchMedia('(max-width: 46rem)')

/** Shows the `list` or the `note`. A wide page shows both. */
export function view(name) {
  if (byId('notes').dataset.view === name) return
  byId('notes').dataset.view = name
  if (!isNarrow.matches) return
  if (name === 'note') history.pushState({ view: 'note' }, '')
  else if (history.state?.view === 'note') history.back()
}

/** Begins with the list, and follows the browser's way back. */
export function followHistory() {
  history.replaceState(null, '')
  addEventListener('popstate', ({ state }) => {
    byId('notes').dataset.view = state?.view ?? 'list'
  })
}
