// The little that this page needs of the DOM. Text goes in as text, never as HTML.

/** The element of index.html with that id. */
export function byId(id) {
  const element = document.getElementById(id)
  if (element === null) throw new Error(`index.html has no #${id}`)
  return element
}

/** Makes an element with properties and children; a child may be a text. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties)
  element.append(...children)
  return element
}

export function button(label, action, className = '') {
  const element = make('button', { type: 'button', className }, label)
  element.addEventListener('click', action)
  return element
}

export function nextFrame() {
  return new Promise((resolve) => requestAnimationFrame(resolve))
}
