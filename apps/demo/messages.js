// What the page has to say: errors that stay until they are dealt with, and short notes that go by
// themselves.
import { button, byId, make } from './dom.js'

const messagesMax = 3
const toastMs = 8_000

/** The sentence, what to do about it, and the code: for the page's errors as for Outboard's. */
export function explain(error) {
  const sentence = capital(error?.message || String(error))
  const parts = [make('strong', {}, ending(sentence))]
  if (error?.hint) parts.push(' ', make('span', {}, ending(capital(error.hint))))
  if (error?.code) parts.push(' ', make('code', {}, error.code))
  return parts
}

/** Shows an error above the notes. `actions` are [label, action]; each of them ends the message. */
export function showError(error, actions = []) {
  show('error', explain(error), actions)
}

/** Shows a sentence that is no error, but stays. */
export function showNotice(text) {
  show('notice', [text], [])
}

/** Takes away what became untrue. */
export function clearMessages() {
  byId('messages').replaceChildren()
}

const actionsOf = new WeakMap() // by message

function show(kind, content, actions) {
  const holder = byId('messages')
  const text = make('p', {}, ...content)
  // Said again, a message stays where it is: somebody may be pressing its button.
  for (const message of holder.children) {
    if (message.firstChild.textContent === text.textContent) return actionsOf.set(message, actions)
  }
  const message = make(
    'div',
    { className: `message ${kind}`, role: kind === 'error' ? 'alert' : 'status' },
    text,
  )
  actionsOf.set(message, actions)
  const press = (label) => () => {
    message.remove()
    actionsOf
      .get(message)
      .find(([other]) => other === label)?.[1]()
  }
  const buttons = actions.map(([label]) => button(label, press(label)))
  message.append(
    make('div', { className: 'actions' }, ...buttons, button('Dismiss', press('Dismiss'), 'quiet')),
  )
  holder.append(message)
  while (holder.children.length > messagesMax) holder.firstChild.remove()
}

/** Says something for a few seconds, with a way back; longer while somebody points at it. */
export function toast(text, undo) {
  const element = make('div', { className: 'toast' }, make('span', {}, text))
  let timer
  const stay = () => clearTimeout(timer)
  const leave = () => {
    stay()
    timer = setTimeout(() => element.remove(), toastMs)
  }
  if (undo !== undefined) {
    element.append(
      button('Undo', () => {
        stay()
        element.remove()
        undo()
      }),
    )
  }
  for (const event of ['pointerenter', 'focusin']) element.addEventListener(event, stay)
  for (const event of ['pointerleave', 'focusout']) element.addEventListener(event, leave)
  byId('toasts').replaceChildren(element)
  leave()
}

function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function ending(text) {
  return /[.!?…]$/.test(text) ? text : `${text}.`
}
