// A page and the real `outboard serve`.
import { spawn } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freshFolder } from './chromium.mjs'

const command = fileURLToPath(new URL('../../../build/native/outboard', import.meta.url))
const token = 'tell no one'

async function serve(file, origin, port = '0') {
  if (!existsSync(command)) throw new Error('build the preset `native` first')
  const arguments_ = ['serve', file, '--origin', origin, '--port', port]
  const env = { ...process.env, OUTBOARD_TOKEN: token }
  const server = spawn(command, arguments_, { stdio: ['ignore', 'pipe', 'inherit'], env })
  for await (const line of createInterface(server.stdout)) {
    const { url } = JSON.parse(line)
    const end = () =>
      new Promise((resolve) => {
        server.once('exit', resolve)
        server.kill('SIGKILL')
      })
    return { url, port: new URL(url).port, end }
  }
  throw new Error('the server said nothing')
}

// A page that may connect to that engine, as far as its own policy goes.
function letOut(server, url) {
  server.routes.set('/out', (response) => {
    response.setHeader('Content-Type', 'text/html')
    response.setHeader(
      'Content-Security-Policy',
      `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${url}`,
    )
    response.end('<!doctype html><meta charset="utf-8"><title>test</title>')
  })
}

async function connectHere({ url, token }) {
  const { connect } = await import('/outboard/index.js')
  try {
    window.db = await connect(url, { token })
    return 'connected'
  } catch (error) {
    return error.code
  }
}

export const tests = {
  'a page that is let in shares a served engine, also when that is killed': async ({
    newPage,
    server,
  }) => {
    const folder = freshFolder('served')
    const file = join(folder, 'trial.db')
    let served = await serve(file, server.address)
    try {
      letOut(server, served.url)
      const [page, other] = [await newPage('/out'), await newPage('/out')]
      const { url } = served
      for (const one of [page, other]) {
        const said = await one.evaluate(connectHere, { url, token })
        if (said !== 'connected') throw new Error(`connecting ended in ${said}`)
      }
      const wrong = await other.evaluate(connectHere, { url, token: 'wrong' })
      if (wrong !== 'denied') throw new Error(`a wrong token ended in ${wrong}`)
      await page.evaluate(async () => {
        await db.exec('create table t(v)')
        await db.many('insert into t values (?)', Array.from({ length: 50_000 }, (_, i) => [i]))
      })
      const count = () => db.first('select count(*) as n from t').then(({ n }) => n)
      if ((await other.evaluate(count)) !== 50_000) throw new Error('the other page sees less')
      await served.end()
      const late = page.evaluate(() => db.exec('insert into t values (1)').then((r) => r.changes))
      served = await serve(file, server.address, served.port)
      if ((await late) !== 1) throw new Error('what was asked meanwhile was not done')
      if ((await other.evaluate(count)) !== 50_001) throw new Error('it was not done once')
    } finally {
      await served.end()
      rmSync(folder, { recursive: true, force: true })
    }
  },

  'L11: a page of another origin is not let in, even with the token': async ({ newPage, server }) => {
    const folder = freshFolder('served')
    const served = await serve(join(folder, 'trial.db'), 'http://app.example')
    try {
      letOut(server, served.url)
      const page = await newPage('/out')
      const said = await page.evaluate(connectHere, { url: served.url, token })
      if (said !== 'unavailable') throw new Error(`connecting ended in ${said}`)
    } finally {
      await served.end()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
