// The browser is killed with SIGKILL in the middle of writing. What was acknowledged is there
// afterwards.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { chromium } from 'playwright-core'
import { executable, freshFolder, switches } from './chromium.mjs'

const startTimeoutMs = 30_000

// A browser of its own process group, so that all of its processes can be killed at once.
async function start(profile) {
  const child = spawn(
    executable,
    [
      ...switches,
      '--headless=new',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  )
  const exited = new Promise((resolve) => child.on('close', resolve))
  const endpoint = await new Promise((resolve, reject) => {
    let said = ''
    const timer = setTimeout(
      () => reject(new Error(`Chromium did not start: ${said}`)),
      startTimeoutMs,
    )
    child.stderr.setEncoding('utf8').on('data', (text) => {
      said += text
      const found = /DevTools listening on (ws:\S+)/.exec(said)
      if (!found) return
      clearTimeout(timer)
      resolve(found[1])
    })
  })
  const browser = await chromium.connectOverCDP(endpoint)
  const kill = async () => {
    process.kill(-child.pid, 'SIGKILL')
    await exited
    await browser.close().catch(() => {})
  }
  return { page: await browser.contexts()[0].newPage(), kill }
}

async function openDatabase([name, durability]) {
  const { open } = await import('/outboard/index.js')
  window.db = await open(name, { durability })
}

// Transactions of two rows each, for ever; those that were acknowledged are told to the test as
// they are.
async function writeOn(told) {
  await db.exec('create table if not exists t(number integer, half integer)')
  for (let number = 1; ; ++number) {
    await db.transaction(async (tx) => {
      await tx.exec('insert into t values (?, 1)', [number])
      await tx.exec('insert into t values (?, 2)', [number])
    })
    await window[told](number)
  }
}

async function killedWhileWriting({ server, database, note }, durability) {
  const profile = freshFolder('crash')
  try {
    let acknowledged = 0
    const first = await start(profile)
    await first.page.exposeFunction('told', (number) => void (acknowledged = number))
    await first.page.goto(server.address)
    await first.page.evaluate(openDatabase, [database, durability])
    const writing = first.page.evaluate(writeOn, 'told').catch(() => {})
    for (let i = 0; acknowledged < 50; ++i) {
      if (i === 3000) throw new Error(`only ${acknowledged} transactions in 30 seconds`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await first.kill()
    await writing

    const second = await start(profile)
    await second.page.goto(server.address)
    await second.page.evaluate(openDatabase, [database, durability])
    const found = await second.page.evaluate(() =>
      db.batch([
        'select count(*) as n, sum(half = 1) as a, sum(half = 2) as b from t',
        'pragma integrity_check',
      ]),
    )
    await second.kill()
    const { n, a, b } = found[0].rows[0]
    note(`${acknowledged} transactions acknowledged, ${a} there`)
    if (a !== b || n !== a + b)
      throw new Error(`half a transaction is there: ${a} first halves, ${b} second ones`)
    if (a < acknowledged) throw new Error(`${acknowledged - a} acknowledged transactions are gone`)
    if (found[1].rows[0].integrity_check !== 'ok') throw new Error(found[1].rows[0].integrity_check)
  } finally {
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 })
  }
}

export const tests = {
  'acknowledged transactions survive the SIGKILL of the browser': (given) =>
    killedWhileWriting(given, 'process'),
  'and so they do with durability power': (given) => killedWhileWriting(given, 'power'),
}
