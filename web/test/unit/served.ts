// The real `outboard serve`, as a process of its own.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect, type ConnectOptions, type Database } from '../../src/index.ts'
import { test } from './check.ts'

const command = process.env['OUTBOARD_COMMAND'] ?? ''

export class Served {
  readonly token = 'tell no one: é%/'
  url = ''
  readonly #folder = mkdtempSync(join(tmpdir(), 'outboard-served-'))
  readonly #databases: Database[] = []
  #process: ChildProcess | undefined

  async start(port = '0'): Promise<void> {
    const file = join(this.#folder, 'trial.db')
    const server = spawn(command, ['serve', file, '--port', port], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, OUTBOARD_TOKEN: this.token },
    })
    this.#process = server
    for await (const line of createInterface(server.stdout)) {
      this.url = (JSON.parse(line) as { url: string }).url
      break
    }
  }

  /** At the same address. */
  startAgain(): Promise<void> {
    return this.start(new URL(this.url).port)
  }

  /** Resolves when it stands still. */
  async standStill(): Promise<void> {
    const server = this.#process!
    server.kill('SIGSTOP')
    const threads = `/proc/${server.pid}/task`
    const isStill = (thread: string) =>
      / T /.test(readFileSync(join(threads, thread, 'stat'), 'utf8'))
    while (!readdirSync(threads).every(isStill)) await new Promise((resolve) => setTimeout(resolve, 1))
  }

  goOn(): void {
    this.#process!.kill('SIGCONT')
  }

  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
    const server = this.#process!
    if (server.exitCode !== null || server.signalCode !== null) return
    const ended = new Promise((resolve) => server.once('exit', resolve))
    server.kill(signal)
    await ended
  }

  async connect(options: ConnectOptions = {}): Promise<Database> {
    const db = await connect(this.url, { token: this.token, ...options })
    this.#databases.push(db)
    return db
  }

  async stop(): Promise<void> {
    for (const db of this.#databases) await db.close()
    await this.end('SIGKILL')
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** A test with a server of its own, where this Node can connect to one. */
export function withServed(name: string, body: (served: Served) => Promise<void>): void {
  const why =
    command === ''
      ? 'the `outboard` command is not built'
      : typeof WebSocket === 'undefined'
        ? 'this Node has no WebSocket'
        : undefined
  test(
    name,
    async () => {
      const served = new Served()
      await served.start()
      try {
        await body(served)
      } finally {
        await served.stop()
      }
    },
    why,
  )
}
