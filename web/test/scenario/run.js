// Runs one scenario in a page, over the public interface of the npm package.
import { columnsDifference, difference, shownError } from './expect.js'

const waitingMs = 50 // what has not ended after that is said to be waiting
const rolledBack = Symbol('rolled back')
const options = { integers: 'bigint', shape: 'array' }

const after = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

async function outcomeOf(work) {
  try {
    return (await work()) ?? { pieces: [] }
  } catch (error) {
    return { error }
  }
}

function outcomeOfResult({ rows, columns, changes, lastInsertRowid }) {
  return { pieces: [rows], columns, changes, rowid: lastInsertRowid }
}

/** A transaction whose end is told from outside, though the package ends it when a function returns. */
class HeldTransaction {
  static async begin(owner) {
    const held = new HeldTransaction()
    await new Promise((begun, failed) => {
      held.done = owner.transaction((tx) => {
        held.session = tx
        begun()
        return new Promise((commit, rollback) => Object.assign(held, { commit, rollback }))
      })
      held.done.catch(failed)
    })
    return held
  }

  async end(verb) {
    if (verb === 'commit') this.commit()
    else this.rollback(rolledBack)
    await this.done.catch((error) => {
      if (error !== rolledBack) throw error
    })
  }
}

class Run {
  #outboard
  #prefix
  #storage
  #file = 'scenario.db'
  #database
  #sessions = new Map() // name -> { open: HeldTransaction[], ended }
  #streams = new Map()
  #started = new Map()
  #files = new Map()
  #known = new Set(['scenario.db']) // files that are databases of their own by now

  constructor(outboard, prefix, storage) {
    this.#outboard = outboard
    this.#prefix = prefix
    this.#storage = storage
  }

  #open() {
    const storage = this.#storage === 'file' ? 'opfs' : 'memory'
    return this.#outboard.open(`${this.#prefix}-${this.#file}`, { storage })
  }

  async open() {
    this.#database = await this.#open()
  }

  /** What differs from what is expected; undefined if nothing does. */
  async block(block) {
    if (block.startedAs) return this.#start(block)
    const outcome = await outcomeOf(() => this.#comeTo(block))
    if (outcome.misuse) return ` ${outcome.misuse}`
    const expected = block.parts.at(-1).expected
    if (block.verb === 'columns') return columnsDifference(expected, outcome)
    if (!outcome.results) return difference(expected, outcome)
    if (expected.failure) return difference(expected, { pieces: outcome.results.map(({ rows }) => rows) })
    if (outcome.results.length !== block.parts.length) return ' a result for each statement is expected'
    return block.parts
      .map((part, i) => difference(part.expected, outcomeOfResult(outcome.results[i])))
      .find((found) => found !== undefined)
  }

  /** After every scenario: nothing is left under way, and the file is sound. */
  async check() {
    for (const name of this.#started.keys()) return ` ${name} was started and not finished`
    await this.#letGo()
    const sound = await outcomeOf(() => this.#database.exec('pragma integrity_check', [], options).then(outcomeOfResult))
    const found = difference({ rows: [['ok']] }, sound)
    return found && ` the check of the file at the end${found}`
  }

  async close() {
    await this.#letGo()
    await this.#database?.close()
  }

  async #letGo() {
    for (const { stream } of this.#streams.values()) await stream.return().catch(() => {})
    this.#streams.clear()
    for (const { open } of this.#sessions.values()) {
      for (const held of open.reverse()) await held.end('rollback').catch(() => {})
    }
    this.#sessions.clear()
  }

  #comeTo(block) {
    switch (block.verb) {
      case 'exec':
      case 'error':
      case 'columns':
      case 'rows':
      case 'many':
      case 'batch': return this.#withSession(block, (session) => this.#ask(session, block))
      case 'stream': return this.#withSession(block, (session) => this.#stream(session, block))
      case 'read': return this.#withSession(block, (session) => this.#read(session, block))
      case 'next': return this.#next(block)
      case 'rest': return this.#rest(block)
      case 'drop': return this.#drop(block)
      case 'begin': return this.#begin(block.session)
      case 'commit':
      case 'rollback': return this.#endTransaction(block)
      case 'waiting': return this.#waiting(block)
      case 'cancel': return this.#cancel(block)
      case 'finish': return this.#finish(block)
      case 'reopen': return this.#reopen(block)
      case 'open': return this.#openAgain()
      case 'sleep': return after(block.number).then(() => undefined)
      case 'export': return this.#export(block)
      case 'import': return this.#database.import(this.#files.get(block.name))
      default: return this.#changeFile(block)
    }
  }

  #session(name) {
    if (!name) return this.#database
    const { open, ended } = this.#sessions.get(name) ?? { open: [] }
    return (open.at(-1) ?? ended)?.session
  }

  #withSession(block, work) {
    const session = this.#session(block.session)
    return session ? work(session) : { misuse: `session ${block.session} has not begun: ${block.session}: begin` }
  }

  async #ask(session, block, signal) {
    const [{ sql, params }] = block.parts
    const call = { ...options, timeoutMs: block.timeoutMs, signal }
    if (block.verb === 'many') return outcomeOfResult(await session.many(sql, block.sets, call))
    if (block.verb === 'batch') {
      const queries = block.parts.map((part) => ({ sql: part.sql, params: part.params ?? [] }))
      return { results: await session.batch(queries, { ...call, atomic: block.atomic }), pieces: [] }
    }
    return outcomeOfResult(await session.exec(sql, params ?? [], call))
  }

  // ---- Started and finished ----

  #start(block) {
    const { startedAs, verb } = block
    if (this.#started.has(startedAs)) return ` ${startedAs} was started before`
    const stop = new AbortController()
    const work = ['begin', 'import'].includes(verb)
      ? () => this.#comeTo(block)
      : () => this.#withSession(block, (asked) => this.#ask(asked, block, stop.signal))
    const started = { stop, ended: false }
    started.outcome = outcomeOf(work).finally(() => (started.ended = true))
    this.#started.set(startedAs, started)
    return undefined
  }

  async #waiting({ name }) {
    const started = this.#started.get(name)
    if (!started) return { misuse: `${name} was not started` }
    await Promise.race([started.outcome, after(waitingMs)])
    return started.ended ? { misuse: `${name} is not waiting: it has ended` } : undefined
  }

  #cancel({ name }) {
    if (!this.#started.has(name)) return { misuse: `${name} was not started` }
    this.#started.get(name).stop.abort()
    return undefined
  }

  async #finish({ name }) {
    const started = this.#started.get(name)
    if (!started) return { misuse: `${name} was not started` }
    this.#started.delete(name)
    const { results, ...outcome } = await started.outcome
    return outcome
  }

  // ---- Transactions ----

  async #begin(name) {
    if (!this.#sessions.has(name)) this.#sessions.set(name, { open: [], ended: undefined })
    const { open } = this.#sessions.get(name)
    open.push(await HeldTransaction.begin(open.at(-1)?.session ?? this.#database))
  }

  // The innermost one. It is over even if its commit failed.
  async #endTransaction({ session, verb }) {
    const named = this.#sessions.get(session)
    if (!named?.open.length) return { misuse: `session ${session} has not begun, or ended before` }
    named.ended = named.open.pop()
    await named.ended.end(verb)
    return undefined
  }

  // ---- Streams ----

  async #stream(session, block) {
    const { stream } = await this.#openStream(session, block)
    return drain(stream, [])
  }

  #openStream(session, block) {
    const [{ sql, params }] = block.parts
    const stream = session.stream(sql, params ?? [], { ...options, chunkRows: block.number }).chunks()
    return { stream }
  }

  // The package begins to read with the first chunk that is taken; a scenario begins with `read`.
  async #read(session, block) {
    const { stream } = this.#openStream(session, block)
    this.#streams.set(block.name, { stream, first: stream.next() })
    const { first } = this.#streams.get(block.name)
    first.catch(() => {})
    await Promise.race([first.catch(() => {}), after(waitingMs)])
  }

  #withStream({ name }, work) {
    const read = this.#streams.get(name)
    return read ? work(read) : { misuse: `no such read: ${name}` }
  }

  #next(block) {
    return this.#withStream(block, async (read) => {
      const { done, value } = await (read.first ?? read.stream.next())
      read.first = undefined
      return { pieces: done ? [] : [value] }
    })
  }

  #rest(block) {
    return this.#withStream(block, async (read) => {
      const first = read.first && (await read.first)
      read.first = undefined
      return drain(read.stream, first && !first.done ? [first.value] : [])
    })
  }

  #drop(block) {
    return this.#withStream(block, async ({ stream }) => {
      await stream.return()
      this.#streams.delete(block.name)
    })
  }

  // ---- Files ----

  async #reopen({ name }) {
    await this.#letGo()
    await this.#database.close()
    if (name) this.#file = name
    this.#database = await this.#open()
    if (this.#known.has(this.#file)) return
    this.#known.add(this.#file)
    await this.#database.import(this.#files.get(this.#file))
  }

  async #openAgain() {
    const second = await this.#open()
    await second.close()
  }

  async #export({ name }) {
    const blob = await this.#database.exportBlob()
    this.#files.set(name, new Uint8Array(await blob.arrayBuffer()))
  }

  #changeFile({ verb, name, number, bytes, parts }) {
    if (verb === 'file') this.#files.set(name, new TextEncoder().encode(parts[0].sql))
    else if (verb === 'cut') this.#files.set(name, this.#files.get(name).slice(0, number))
    else this.#files.get(name).set(bytes, number)
    return undefined
  }
}

async function drain(stream, pieces) {
  for await (const rows of stream) if (rows.length > 0) pieces.push(rows)
  return { pieces }
}

/** Why the scenario cannot run there; undefined if it can. */
export function reasonToSkip({ skippedOn, blocks }, storage) {
  if (skippedOn.includes('web')) return 'web'
  if (skippedOn.includes(storage)) return storage
  const needsFile = blocks.some(({ verb }) => verb === 'reopen' || verb === 'open')
  return needsFile && storage === 'memory' ? 'a database in memory ends with its closing' : undefined
}

/**
 * Runs it in databases whose names begin with `prefix`, with storage 'file' or 'memory'; says what differed,
 * beginning with ":LINE:". `onLine` hears the line of each block before it runs.
 */
export async function runScenario(outboard, { blocks }, { prefix, storage, onLine }) {
  const run = new Run(outboard, prefix, storage)
  let line = 1
  try {
    await run.open()
    for (const block of blocks) {
      onLine((line = block.line))
      const found = await run.block(block)
      if (found) return `:${line}:${found}`
    }
    const found = await run.check()
    return found && `:${line}:${found}`
  } catch (error) {
    return `:${line}: ${shownError(error)}`
  } finally {
    await run.close()
  }
}
