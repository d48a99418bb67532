// What the cases of the hooks share: an application on a page, and what it did.
import { Component, createElement as h, StrictMode, Suspense } from 'react'
import { createRoot } from 'react-dom/client'
import { open } from 'outboard'
import { OutboardProvider } from 'outboard/react'

export class Stage {
  /** What `database.all` was asked, and the signals of it. */
  asked = []
  signals = []
  complaints = []

  static async open(name) {
    const stage = new Stage()
    stage.database = await open(name, { storage: 'memory' })
    await stage.database.exec('create table note(id integer primary key, title text)')
    await stage.database.exec("insert into note(title) values ('Sea'), ('Shore'), ('Sand')")
    const all = stage.database.all.bind(stage.database)
    stage.database.all = (query, ...rest) => {
      stage.asked.push(typeof query === 'string' ? query : query.sql)
      stage.signals.push(rest.at(-1).signal)
      return all(query, ...rest)
    }
    stage.error = console.error
    console.error = (...words) => void stage.complaints.push(words.join(' '))
    stage.place = document.body.appendChild(document.createElement('div'))
    stage.root = createRoot(stage.place, { onCaughtError: () => {}, onUncaughtError: () => {} })
    return stage
  }

  /** Shows `element` in strict mode. */
  show(element) {
    this.root.render(h(StrictMode, null, h(OutboardProvider, { database: this.database }, element)))
  }

  get text() {
    return this.place.textContent
  }

  async until(expected) {
    const end = performance.now() + 20_000
    while (this.text !== expected) {
      if (performance.now() > end) throw new Error(`'${this.text}' instead of '${expected}'`)
      await tick()
    }
  }

  async close() {
    this.root.unmount()
    await tick()
    console.error = this.error
    this.place.remove()
    await this.database.close()
  }
}

export const tick = (ms = 1) => new Promise((resolve) => setTimeout(resolve, ms))

export function equal(found, expected, what = '') {
  const [a, b] = [JSON.stringify(found), JSON.stringify(expected)]
  if (a !== b) throw new Error(`${what} ${a} instead of ${b}`)
}

/** An error boundary that shows the code, and forgets it when its `attempt` changes. */
export class Boundary extends Component {
  state = { error: undefined, attempt: this.props.attempt }
  static getDerivedStateFromError(error) {
    return { error }
  }
  static getDerivedStateFromProps(props, state) {
    return props.attempt === state.attempt ? null : { error: undefined, attempt: props.attempt }
  }
  render() {
    return this.state.error ? `caught ${this.state.error.code}` : this.props.children
  }
}

export const waitingFor = (child) => h(Suspense, { fallback: 'fallback' }, child)
