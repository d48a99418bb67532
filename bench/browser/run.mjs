// Outboard beside sqlite-wasm, wa-sqlite and IndexedDB, in Chromium: the same work, in turns, in one
// run.
//   node bench/browser/run.mjs [--rounds N] [--filter TEXT] [--json FILE]
import { createHash } from 'node:crypto'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { longestTask } from '../../web/test/browser/trace.mjs'
import { Browser } from './browser.mjs'
import { figures } from './figures.mjs'
import { peakMegabytes } from './memory.mjs'
import { compare, load, machine, tableOf } from './report.mjs'
import { serve } from './server.mjs'

const here = fileURLToPath(new URL('.', import.meta.url))
const web = join(here, '../../web')

function fail(message) {
  console.error(`bench/browser/run.mjs: ${message}`)
  process.exit(2)
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: '5' },
        filter: { type: 'string', default: '' },
        json: { type: 'string' },
      },
    })
    const rounds = Number(values.rounds)
    if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a number from 1')
    return { ...values, rounds }
  } catch (error) {
    return fail(`${error.message}\nusage: run.mjs [--rounds N] [--filter TEXT] [--json FILE]`)
  }
}

const digestOf = (bytes) =>
  `${bytes.length} bytes, sha256 ${createHash('sha256').update(bytes).digest('hex').slice(0, 16)}`

// Calls a function of page/bench.js in the page.
const inPage = (page, name, args) =>
  page.evaluate(async ([name, args]) => (await import('/bench/bench.js'))[name](args), [name, args])

async function measureWork(browser, task) {
  return browser.page((page) => inPage(page, 'work', task))
}

// Twice: once with a heartbeat, once under the browser's trace, which each disturb the other.
async function measureHeld(browser, task) {
  const beaten = await browser.page((page) => inPage(page, 'work', { ...task, heartbeat: true }))
  await browser.page((page) => inPage(page, 'clear'))
  const traced = await browser.page((page) =>
    longestTask(browser.context, page, () => inPage(page, 'work', task)),
  )
  const { longestGapMs, longestFrameGapMs, longestTaskMs } = beaten.heartbeat
  return {
    ms: longestGapMs,
    check: beaten.check,
    details: {
      ...(traced.cpuMs === undefined ? {} : { 'CPU of the longest task': traced.cpuMs }),
      'longest task': traced.wallMs,
      'longtask entry': longestTaskMs,
      'between frames': longestFrameGapMs,
    },
  }
}

async function measureOpening(browser, task, kind) {
  await browser.page((page) => inPage(page, 'store', task))
  return browser.page(async (page) => {
    if (kind === 'cold') {
      const debug = await browser.context.newCDPSession(page)
      await debug.send('Network.clearBrowserCache')
      await debug.detach()
    }
    return inPage(page, 'opening', { ...task, warm: kind === 'warm' })
  })
}

// In a browser of its own, so that nothing else has been in its process.
async function measureMemory({ address }, task) {
  const browser = await Browser.launch(address)
  try {
    return await browser.page(async (page) => {
      const { check } = await inPage(page, 'works', task)
      return { ms: peakMegabytes(browser.profile), check }
    })
  } finally {
    await browser.stop()
  }
}

async function measure(browser, { kind, check, options }, { contender, way, ways, check: own }) {
  const task = { contender, way, ways, ...options }
  const result =
    kind === 'held'
      ? await measureHeld(browser, task)
      : kind === 'memory'
        ? await measureMemory(browser, task)
        : kind
          ? await measureOpening(browser, task, kind)
          : await measureWork(browser, task)
  await browser.page((page) => inPage(page, 'clear'))
  const wanted = own ?? check
  if (result.check !== wanted)
    throw new Error(`${contender}, ${way}: gave ${result.check} instead of ${wanted}`)
  return result
}

// Another order in each round: turned by one, and there and back.
function turns(length, round) {
  const order = Array.from({ length }, (_, i) => (i + round) % length)
  return round % 2 === 0 ? order : order.reverse()
}

async function measureFigure(browser, figure, rounds) {
  process.stderr.write(figure.title)
  const samples = figure.contenders.map(() => [])
  for (let round = 0; round < rounds; ++round) {
    process.stderr.write('.')
    for (const i of turns(samples.length, round))
      samples[i].push(await measure(browser, figure, figure.contenders[i]))
  }
  process.stderr.write('\n')
  return compare(figure, samples)
}

// Fills the browser's caches, of compiled code too, and tells with which settings each one works.
async function warmUp(browser) {
  const settings = []
  for (const contender of ['outboard', 'promiser', 'inside', 'wa_pool', 'wa_coop']) {
    const task = { contender, way: contender === 'promiser' ? 'insertJson' : 'insert' }
    settings.push((await measureWork(browser, { ...task, settings: true })).settings)
    await browser.page((page) => inPage(page, 'clear'))
  }
  return settings.filter(Boolean)
}

const options = readOptions()
const chosen = figures.filter(({ title }) => title.includes(options.filter))
if (chosen.length === 0) fail(`no figure is called ${options.filter}`)
for (const [what, how] of [
  ['web/dist/outboard.wasm', 'run `npm run build` in web/'],
  ['web/node_modules/@sqlite.org/sqlite-wasm', 'run `npm ci` in web/'],
  ['web/node_modules/@journeyapps/wa-sqlite', 'run `npm ci` in web/'],
])
  if (!existsSync(join(here, '../..', what))) fail(`there is no ${what}: ${how}`)

const wa = join(web, 'node_modules/@journeyapps/wa-sqlite')
const server = await serve({
  '/outboard/': join(web, 'dist'),
  '/sqlite/': join(web, 'node_modules/@sqlite.org/sqlite-wasm/dist'),
  '/wa/dist/': join(wa, 'dist'),
  '/wa/src/': join(wa, 'src'),
  '/wa/src/examples/': join(wa, 'src/examples'),
  '/bench/': join(here, 'page'),
})
const browser = await Browser.launch(server.address)
try {
  const settings = await warmUp(browser)
  settings.push(`outboard.wasm: ${digestOf(server.files.get('/outboard/outboard.wasm'))}`)
  const report = {
    machine: machine(browser.version()),
    load: [load()],
    rounds: options.rounds,
    settings,
    figures: [],
  }
  console.log(report.machine)
  for (const line of settings) console.log(line)
  console.log(
    `medians of ${options.rounds} runs in turns, each in a fresh page with a fresh worker and ` +
      'database (lowest to highest)\n',
  )
  for (const figure of chosen) {
    const comparison = await measureFigure(browser, figure, options.rounds)
    report.figures.push(comparison)
    console.log(`${tableOf(comparison)}\n`)
  }
  report.load.push(load())
  console.log(`load of the machine: ${report.load.join(' at the beginning, ')} at the end`)
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`)
} catch (error) {
  console.error(`bench/browser/run.mjs: ${error.message}`)
  process.exitCode = 1
} finally {
  await browser.stop()
  server.stop()
}
