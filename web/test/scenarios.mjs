// Runs tests/scenarios/*.test in Chromium, against the built package.
//   node web/test/scenarios.mjs [--storage file|memory] [--filter TEXT] [PATH…]
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ScenarioPage } from './scenario/page.mjs'
import { mustNotParse, parseScenario } from './scenario/parse.js'
import { reasonToSkip } from './scenario/run.js'

const timeLimitMs = 20_000
const here = dirname(fileURLToPath(import.meta.url))
const scenarios = join(here, '../../tests/scenarios')
const usage = 'usage: node web/test/scenarios.mjs [--storage file|memory] [--filter TEXT] [PATH…]'

/** Tells each result to `report`, as the other suites of this folder do. */
export async function run({ report, filter = '', storages = ['file', 'memory'], paths = [scenarios] }) {
  const runner = new Runner(report, storages)
  const matches = (path) => path.includes(filter) || readFileSync(path, 'utf8').split('\n', 1)[0].includes(filter)
  try {
    for (const path of paths.flatMap(filesOf).filter(matches).sort()) await runner.runFile(path)
  } finally {
    await runner.end()
  }
}

function filesOf(path) {
  if (!statSync(path).isDirectory()) return [path]
  return readdirSync(path).flatMap((name) => {
    const inside = join(path, name)
    return statSync(inside).isDirectory() || extname(name) === '.test' ? filesOf(inside) : []
  })
}

// A scenario about the runner itself turns its outcome round.
function turned(wanted, found) {
  if (wanted === undefined) return found
  if (found?.includes(wanted)) return undefined
  return `:1: it must fail with /${wanted}/${found ? `, not${found}` : ', but it passed'}`
}

class Runner {
  #report
  #storages
  #page

  constructor(report, storages) {
    this.#report = report
    this.#storages = storages
  }

  async runFile(path) {
    const text = readFileSync(path, 'utf8')
    let scenario
    let found
    try {
      scenario = parseScenario(text)
    } catch (error) {
      found = `:${error.message}`
    }
    const wanted = mustNotParse(text)
    if (found || wanted !== undefined) return this.#tell(path, 'parsing', performance.now(), turned(wanted, found))
    for (const storage of this.#storages) await this.#runIn(path, text, scenario, storage)
  }

  async #runIn(path, text, scenario, storage) {
    const reason = reasonToSkip(scenario, storage)
    if (reason) return this.#report.skip(this.#nameOf(path, storage), reason)
    this.#page ??= await ScenarioPage.open()
    const start = performance.now()
    const { found, usable } = await this.#page.run(text, storage, timeLimitMs)
    if (!usable) await this.end()
    this.#tell(path, storage, start, turned(scenario.mustFail, found))
  }

  #nameOf(path, place) {
    return `${relative(process.cwd(), path)} (web, ${place})`
  }

  #tell(path, place, start, found) {
    const ms = performance.now() - start
    if (found === undefined) this.#report.pass(this.#nameOf(path, place), ms)
    else this.#report.fail(this.#nameOf(path, place), ms, `${relative(process.cwd(), path)}${found}`)
  }

  async end() {
    const page = this.#page
    this.#page = undefined
    await page?.close()
  }
}

// ---- As a program ----

function readArguments(words) {
  const read = { paths: [] }
  for (let i = 0; i < words.length; ++i) {
    const [name, inline] = words[i].split(/=(.*)/s)
    if (!name.startsWith('--')) {
      read.paths.push(words[i])
      continue
    }
    const value = inline ?? words[++i]
    if (name === '--filter' && value !== undefined) read.filter = value
    else if (name === '--storage' && ['file', 'memory'].includes(value)) read.storages = [value]
    else return undefined
  }
  if (read.paths.length === 0) delete read.paths
  return read
}

async function main() {
  const read = readArguments(process.argv.slice(2))
  if (!read) {
    console.error(usage)
    return 2
  }
  const counts = { passed: 0, failed: 0, skipped: 0 }
  const report = {
    pass: () => ++counts.passed,
    skip: () => ++counts.skipped,
    fail(name, ms, found) {
      ++counts.failed
      console.log(`failed ${name.match(/\(.*\)$/)[0]} ${found}`)
    },
  }
  await run({ report, ...read })
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
  return counts.failed === 0 ? 0 : 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main()
