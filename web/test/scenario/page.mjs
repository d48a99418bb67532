// A page in Chromium, with the built package and the scenario runner in it.
import { rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { freshFolder, launch } from '../browser/chromium.mjs'
import { TestServer } from '../browser/server.mjs'

const here = dirname(fileURLToPath(import.meta.url))

export class ScenarioPage {
  #server = new TestServer({ '/outboard/': join(here, '../../dist'), '/scenario/': here })
  #profile = freshFolder('scenarios')
  #context
  #page
  #line = 1
  #count = 0

  static async open() {
    const opened = new ScenarioPage()
    await opened.#open()
    return opened
  }

  async #open() {
    await this.#server.start()
    this.#context = await launch(this.#profile)
    this.#page = await this.#context.newPage()
    await this.#page.exposeFunction('onLine', (line) => (this.#line = line))
    await this.#page.goto(this.#server.address)
  }

  /** What differed, if anything; and whether the page can be used again. */
  async run(text, storage, timeLimitMs) {
    const prefix = `scenario-${++this.#count}`
    this.#line = 1
    let timer
    const late = new Promise((resolve) => {
      const found = () => `:${this.#line}: not done after ${timeLimitMs / 1000} seconds`
      timer = setTimeout(() => resolve({ found: found(), usable: false }), timeLimitMs)
    })
    const ran = this.#page.evaluate(runInPage, { text, storage, prefix }).then(
      (found) => ({ found: found ?? undefined, usable: true }),
      (error) => ({ found: `:${this.#line}: the page: ${error.message}`, usable: false }),
    )
    const outcome = await Promise.race([ran, late])
    clearTimeout(timer)
    return outcome
  }

  async close() {
    await this.#context.close().catch(() => {})
    this.#server.stop()
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

// Runs in the page.
async function runInPage({ text, storage, prefix }) {
  const [outboard, { parseScenario }, { runScenario }] = await Promise.all(
    ['/outboard/index.js', '/scenario/parse.js', '/scenario/run.js'].map((path) => import(path)))
  const onLine = (line) => void window.onLine(line)
  const found = await runScenario(outboard, parseScenario(text), { prefix, storage, onLine })
  const root = await navigator.storage.getDirectory()
  await root.removeEntry('outboard', { recursive: true }).catch(() => {}) // a database that failed to close stays
  return found
}
