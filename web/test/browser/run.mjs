// Runs the browser tests: each gets a page of its own in one Chromium with a fresh profile.
import { readdirSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { freshFolder, launch } from './chromium.mjs'
import { TestServer } from './server.mjs'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, '../../dist')
const testTimeoutMs = Number(process.env.OUTBOARD_TEST_TIMEOUT_MS ?? 90_000)

export async function run({ report, filter }) {
  const tests = []
  for (const file of readdirSync(here)
    .filter((name) => name.endsWith('.test.mjs'))
    .sort()) {
    const module = await import(pathToFileURL(join(here, file)).href)
    const title = file.replace(/\.test\.mjs$/, '')
    for (const [name, body] of Object.entries(module.tests)) {
      const { timeoutMs = testTimeoutMs } = module
      if (`${title}: ${name}`.includes(filter))
        tests.push({ name: `${title}: ${name}`, body, timeoutMs })
    }
  }
  if (tests.length === 0) return

  const profile = freshFolder('profile')
  const server = await new TestServer({ '/outboard/': dist }).start()
  const context = await launch(profile)
  try {
    let number = 0
    for (const { name, body, timeoutMs } of tests)
      await runTest({ name, body, timeoutMs, report, context, server, database: `test ${++number}` })
  } finally {
    await context.close().catch(() => {})
    server.stop()
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function runTest({ name, body, timeoutMs, report, context, server, database }) {
  const start = performance.now()
  const pages = []
  const log = []
  const newPage = async (path = '/') => {
    const page = await context.newPage()
    pages.push(page)
    page.on('console', (message) => log.push(`${message.type()}: ${message.text()}`))
    page.on('pageerror', (error) => log.push(`error: ${error.stack ?? error}`))
    await page.goto(server.address + path)
    return page
  }
  let timer
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`not done after ${timeoutMs} ms`)),
        timeoutMs,
      )
    })
    const page = await newPage()
    await Promise.race([
      body({ page, newPage, server, context, database, note: (text) => report.note(text) }),
      late,
    ])
    report.pass(name, performance.now() - start)
  } catch (error) {
    report.fail(name, performance.now() - start, error)
    if (log.length > 0) report.note(`the page said:\n${log.slice(-20).join('\n')}`)
  } finally {
    clearTimeout(timer)
    server.routes.clear()
    for (const page of pages) await page.close().catch(() => {})
  }
}
