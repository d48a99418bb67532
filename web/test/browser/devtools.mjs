// Chromium by its debugging protocol, without what Playwright switches off: the back/forward cache,
// hidden tabs, focus (rule H17).
//
//   const browser = await Browser.start(profile)
//   const tab = await browser.newTab(url)
//   await tab.evaluate(async (a, b) => …, a, b)
//   await browser.stop()
import { spawn } from 'node:child_process'
import { executable, switches } from './chromium.mjs'

const commandTimeoutMs = 60_000

export class Browser {
  #child
  #exited
  #lastId = 0
  #waiting = new Map() // by id of the command
  #listeners = new Set()
  #rest = ''

  static async start(profile) {
    const browser = new Browser()
    browser.#child = spawn(
      executable,
      [
        ...switches,
        '--headless=new',
        '--remote-debugging-pipe',
        `--user-data-dir=${profile}`,
        'about:blank',
      ],
      { detached: true, stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
    )
    browser.#exited = new Promise((resolve) => browser.#child.on('close', resolve))
    browser.#child.stdio[4].setEncoding('utf8').on('data', (text) => browser.#read(text))
    browser.#child.stdio[3].on('error', () => {}) // it is gone
    await browser.send('Target.setDiscoverTargets', { discover: true })
    return browser
  }

  /** Kills all of its processes. */
  async stop() {
    process.kill(-this.#child.pid, 'SIGKILL')
    await this.#exited
  }

  send(method, params = {}, sessionId = undefined) {
    const id = ++this.#lastId
    this.#child.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    return new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${method}: no answer in ${commandTimeoutMs} ms`))
      const timer = setTimeout(() => this.#settle(id, late), commandTimeoutMs)
      this.#waiting.set(id, { resolve, reject, timer, sessionId })
    })
  }

  /** Calls back for each event; returns how to stop that. */
  listen(listener) {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Opens a page in a tab of its own, which becomes the visible one. */
  async newTab(url) {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true })
    const tab = new Tab(this, targetId, sessionId)
    await tab.send('Page.enable')
    await tab.send('Runtime.enable')
    if (url) await tab.goto(url)
    return tab
  }

  #read(text) {
    const messages = (this.#rest + text).split('\0')
    this.#rest = messages.pop()
    for (const message of messages) this.#take(JSON.parse(message))
  }

  #take(message) {
    if (message.id === undefined) {
      for (const listener of this.#listeners) listener(message)
      // What was asked of a page that is gone has no answer any more.
      if (message.method === 'Target.detachedFromTarget') this.#detached(message.params.sessionId)
      return
    }
    const { error, result } = message
    this.#settle(message.id, ({ resolve, reject }) =>
      error ? reject(new Error(error.message)) : resolve(result),
    )
  }

  #detached(session) {
    for (const [id, { sessionId }] of this.#waiting)
      if (sessionId === session) this.#settle(id, ({ reject }) => reject(new Error('page gone')))
  }

  #settle(id, action) {
    const waiting = this.#waiting.get(id)
    if (!waiting) return
    this.#waiting.delete(id)
    clearTimeout(waiting.timer)
    action(waiting)
  }
}

export class Tab {
  constructor(browser, targetId, sessionId) {
    this.browser = browser
    this.targetId = targetId
    this.sessionId = sessionId
  }

  send(method, params) {
    return this.browser.send(method, params, this.sessionId)
  }

  /** Calls a function in the page; parameters and result travel as JSON. */
  async evaluate(action, ...parameters) {
    const expression = `(${action})(...${JSON.stringify(parameters)})`
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })
    if (exceptionDetails) {
      const { exception, text } = exceptionDetails
      throw new Error(exception?.description ?? JSON.stringify(exception?.value) ?? text)
    }
    return result.value
  }

  async goto(url) {
    const loaded = this.#loaded()
    await this.send('Page.navigate', { url })
    await loaded
  }

  async reload() {
    const loaded = this.#loaded()
    await this.send('Page.reload')
    await loaded
  }

  /** Back by the history: a page may come out of the back/forward cache. */
  async back() {
    const { currentIndex, entries } = await this.send('Page.getNavigationHistory')
    const shown = this.#event('Page.frameNavigated')
    await this.send('Page.navigateToHistoryEntry', { entryId: entries[currentIndex - 1].id })
    await shown
  }

  freeze() {
    return this.send('Page.setWebLifecycleState', { state: 'frozen' })
  }

  unfreeze() {
    return this.send('Page.setWebLifecycleState', { state: 'active' })
  }

  show() {
    return this.browser.send('Target.activateTarget', { targetId: this.targetId })
  }

  close() {
    return this.browser.send('Target.closeTarget', { targetId: this.targetId })
  }

  /** Its process dies; so does every page in it. */
  async crash() {
    const crashed = this.browserEvent('Target.targetCrashed')
    this.send('Page.crash').catch(() => {}) // who would answer?
    await crashed
  }

  browserEvent(method) {
    return this.#event(method, ({ params }) => params.targetId === this.targetId)
  }

  #loaded() {
    return this.#event('Page.loadEventFired')
  }

  #event(method, matches = ({ sessionId }) => sessionId === this.sessionId) {
    return new Promise((resolve) => {
      const stop = this.browser.listen((message) => {
        if (message.method !== method || !matches(message)) return
        stop()
        resolve(message.params)
      })
    })
  }
}
