// Runs the tests of the npm package: units in Node, the scenarios and the browser tests in
// Chromium, and what it weighs.
//   node test/run.mjs [--filter TEXT] [--only unit|scenarios|browser|size]
// Prints a line per test; the last one is "N passed, N failed, N skipped".
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { compile, compiledIn } from './compile.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const web = dirname(here)

function option(name) {
  const at = process.argv.findIndex(
    (argument) => argument === name || argument.startsWith(`${name}=`),
  )
  if (at < 0) return ''
  return process.argv[at].includes('=')
    ? process.argv[at].slice(name.length + 1)
    : (process.argv[at + 1] ?? '')
}

const filter = option('--filter')
const only = option('--only')

/** What the suites tell their results to. */
class Report {
  passed = 0
  failed = 0
  skipped = 0

  pass(name, ms) {
    ++this.passed
    console.log(`ok    ${name} (${Math.round(ms)} ms)`)
  }

  fail(name, ms, error) {
    ++this.failed
    console.log(`FAIL  ${name} (${Math.round(ms)} ms)`)
    console.log(String(error?.stack ?? error).replace(/^/gm, '      '))
  }

  skip(name, why) {
    ++this.skipped
    console.log(`skip  ${name}${why ? `: ${why}` : ''}`)
  }

  note(text) {
    console.log(`      ${text}`)
  }
}

const report = new Report()

// The sources of the tests, and an application against the types as they are published.
async function types() {
  const projects = {
    'sources and tests are well-typed': 'tsconfig.test.json',
    'an application in strict TypeScript is well-typed': 'test/types/tsconfig.json',
  }
  for (const [title, project] of Object.entries(projects)) {
    const name = `types: ${title}`
    if (!name.includes(filter)) continue
    const start = performance.now()
    const compiler = join(web, 'node_modules/typescript/bin/tsc')
    const child = spawn(process.execPath, [compiler, '-p', join(web, project)])
    let output = ''
    child.stdout.on('data', (text) => (output += text))
    const code = await new Promise((resolve) => child.on('close', resolve))
    if (code === 0) report.pass(name, performance.now() - start)
    else report.fail(name, performance.now() - start, output)
  }
}

// The oldest Kysely that is supported: it has its migrations in the package itself.
const oldKysely = { 'kysely/migration': 'kysely-0.28', kysely: 'kysely-0.28' }

async function unit() {
  await types()
  await (await import('./package.mjs')).run({ report, filter })
  const files = readdirSync(join(here, 'unit'))
    .filter((file) => file.endsWith('.test.ts'))
    .sort()
  const outdir = compiledIn(web)
  rmSync(outdir, { recursive: true, force: true })
  const paths = files.map((file) => `test/unit/${file}`)
  await compile(paths, outdir, web)
  for (const file of files) await unitFile(join(outdir, 'unit', compiled(file)), titleOf(file))

  const again = files.filter((file) => file.startsWith('kysely'))
  const outdirOld = join(outdir, 'kysely-0.28')
  const pathsOld = again.map((file) => `test/unit/${file}`)
  await compile(pathsOld, outdirOld, web, oldKysely)
  for (const file of again) {
    const path = join(outdirOld, 'unit', compiled(file))
    await unitFile(path, titleOf(file).replace('kysely', 'kysely-0.28'))
  }
}

const compiled = (file) => file.replace(/\.ts$/, '.mjs')
const titleOf = (file) => file.replace(/\.test\.ts$/, '')

function unitFile(path, title) {
  return new Promise((resolve) => {
    const child = spawn(
      process.execPath,
      [
        '--enable-source-maps',
        ...webSocketSwitch,
        `--test-reporter=${join(here, 'reporter.mjs')}`,
        '--test-reporter-destination=stdout',
        path,
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...process.env,
          NODE_OPTIONS: '',
          TEST_FILTER: filter,
          TEST_TITLE: title,
          OUTBOARD_TESTS: join(web, '../tests'),
          OUTBOARD_WASM: wasm,
          OUTBOARD_COMMAND: existsSync(command) ? command : '',
        },
      },
    )
    let failures = 0
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text) => {
      const lines = (rest + text).split('\n')
      rest = lines.pop()
      for (const line of lines) {
        if (!line.startsWith('\u0001')) {
          if (line !== '') console.log(line)
          continue
        }
        const { kind, name, ms, error } = JSON.parse(line.slice(1))
        if (kind === 'fail') ++failures
        report[kind](`${title}: ${name}`, ...(kind === 'skip' ? [''] : [ms, error]))
      }
    })
    const limit = setTimeout(() => child.kill('SIGKILL'), 120_000)
    child.on('close', (code, signal) => {
      clearTimeout(limit)
      if (code !== 0 && failures === 0)
        report.fail(`${title}: runs to its end`, 0, `ended with ${code ?? signal}`)
      resolve()
    })
  })
}

async function scenarios() {
  const module = join(here, 'scenarios.mjs')
  if (existsSync(module)) await (await import(pathToFileURL(module).href)).run({ report, filter })
}

async function browser() {
  await (await import('./browser/run.mjs')).run({ report, filter })
}

async function size() {
  await (await import('./size.mjs')).run({ report, filter })
}

const wasm = join(web, 'dist/outboard.wasm')
const command = join(web, '../build/native/outboard')
// From 22 on Node has a WebSocket without being asked; 18 has none.
const webSocketSwitch = /^2[01]\./.test(process.versions.node) ? ['--experimental-websocket'] : []
const suites = { unit, scenarios, browser, size }
if (only && !(only in suites)) {
  console.error(`test/run.mjs: --only takes ${Object.keys(suites).join(', ')}`)
  process.exit(2)
}
if (!existsSync(wasm)) {
  console.error('test/run.mjs: there is no web/dist: run `npm run build` first')
  process.exit(2)
}
for (const [name, suite] of Object.entries(suites)) {
  if (only && only !== name) continue
  try {
    await suite()
  } catch (error) {
    report.fail(`${name} runs to its end`, 0, error)
  }
}
console.log(`${report.passed} passed, ${report.failed} failed, ${report.skipped} skipped`)
process.exit(report.failed === 0 ? 0 : 1)
