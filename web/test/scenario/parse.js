// From the text of a scenario to what is to be run. The format: tests/scenarios/README.md.
import { Scanner } from './literal.js'

const expandedMax = 32 << 20
const setsMax = 1_000_000
const places = ['inline', 'thread', 'web', 'file', 'memory']
const codes = [
  'bad_request', 'not_found', 'constraint', 'conflict', 'busy', 'timeout', 'cancelled', 'too_large', 'denied',
  'unavailable', 'worker_lost', 'corrupt', 'outdated', 'internal',
]

const asks = { sql: true, rows: true, start: true, timeout: true }

// What stands behind each directive, and what may be expected of it.
const directives = {
  exec: asks,
  rows: { ...asks, mustSay: true },
  many: asks,
  batch: asks,
  error: { sql: true, timeout: true },
  columns: { sql: true, rows: true, mustSay: true },
  stream: { sql: true, number: true, rows: true, mustSay: true },
  read: { sql: true, name: true, number: true },
  next: { name: true, rows: true, mustSay: true },
  rest: { name: true, rows: true, mustSay: true },
  drop: { name: true },
  begin: { start: true, session: true },
  commit: { session: true },
  rollback: { session: true },
  waiting: { name: true },
  cancel: { name: true },
  finish: { name: true, rows: true },
  reopen: {},
  open: { name: true },
  sleep: { number: true },
  export: { name: true },
  import: { name: true, start: true },
  file: { sql: true, name: true },
  cut: { name: true, number: true },
  overwrite: { name: true, number: true },
}

/** Replaces each {{N x text}} by N times that text, in which # is the running number from 1. */
export function expandRepetitions(line) {
  return line.replace(/\{\{(.*?)\}\}/g, (_, inside) => {
    const found = /^ *([0-9]+) x (.*)$/.exec(inside)
    if (!found) throw new Error('say {{N x text}}')
    const [, count, text] = found
    if (count * text.length > expandedMax) throw new Error('a repetition may not exceed 32 MiB')
    if (!text.includes('#')) return text.repeat(count)
    return Array.from({ length: count }, (__, i) => text.replaceAll('#', i + 1)).join('')
  })
}

function readFailure(scanner) {
  const code = scanner.word()
  if (!codes.includes(code)) throw new Error(`no such error code: ${code}`)
  scanner.skipSpaces()
  return { code, text: scanner.peek() === '/' ? scanner.quotedText() : '' }
}

// `NAME:` at the beginning, followed by a space.
function takePrefix(scanner) {
  const found = /^([A-Za-z0-9_.-]+): +/.exec(scanner.rest)
  scanner.at += found?.[0].length ?? 0
  return found?.[1] ?? ''
}

function expectEnd(scanner) {
  if (!scanner.atEnd()) throw new Error(`not understood: ${scanner.rest}`)
}

class BlockReader {
  #directive
  #part
  #section = 'body'
  #hasBody = false
  #hasSets = false
  #mayHaveRows = false

  constructor(line, number) {
    const scanner = new Scanner(line)
    const block = { line: number, startedAs: '', session: '', name: '', number: 0, parts: [], sets: [] }
    this.block = block
    this.#addPart(number)
    if (scanner.take('start ')) {
      block.startedAs = takePrefix(scanner)
      if (!block.startedAs) throw new Error('after start a name and : are expected')
    }
    block.session = takePrefix(scanner)
    block.verb = scanner.word()
    this.#directive = Object.hasOwn(directives, block.verb) ? directives[block.verb] : undefined
    if (!this.#directive) throw new Error(`no such directive: ${block.verb}`)
    this.#readDirective(scanner)
    this.#readArguments(scanner)
  }

  #readDirective(scanner) {
    const { block } = this
    const { verb } = block
    const directive = this.#directive
    if (block.startedAs && !directive.start) throw new Error(`${verb} cannot be started`)
    if (directive.session && !block.session) throw new Error(`${verb} needs a session: a: ${verb}`)
    if (verb === 'error') this.#part.expected.failure = readFailure(scanner)
    scanner.skipSpaces()
    if (directive.name || (verb === 'reopen' && !scanner.atEnd())) {
      block.name = scanner.word()
      if (!block.name) throw new Error(`a name is expected after ${verb}`)
    }
    if (directive.number) block.number = scanner.integer()
    if (verb === 'open' && block.name !== 'again') throw new Error('say: open again')
    scanner.skipSpaces()
    if (verb === 'batch') block.atomic = scanner.take('atomic')
    if (verb === 'overwrite') block.bytes = scanner.literal()
  }

  // [timeout MS] [parameters], then the end of the line.
  #readArguments(scanner) {
    scanner.skipSpaces()
    if (scanner.take('timeout ')) {
      if (!this.#directive.timeout) throw new Error('this directive has no time limit')
      this.block.timeoutMs = scanner.integer()
      scanner.skipSpaces()
    }
    if (scanner.peek() === '[' || scanner.peek() === '{') {
      if (!this.#directive.sql) throw new Error('no parameters are expected here')
      this.#part.params = scanner.params()
    }
    expectEnd(scanner)
  }

  #addPart(line) {
    this.#part = { sql: '', params: undefined, expected: { line } }
    this.block.parts.push(this.#part)
  }

  line(line, number) {
    if (line.startsWith(' ')) this.#indented(line)
    else this.#readSection(new Scanner(line), number)
  }

  #readSection(scanner, number) {
    const { verb } = this.block
    if (scanner.take('=>')) {
      this.#mayHaveRows = true
      this.#section = 'rows'
      this.#readExpectation(scanner, number)
    } else if (verb === 'many' && scanner.take('sets')) {
      this.#section = 'sets'
      this.#hasSets = true
      if (!scanner.atEnd()) throw new Error('sets stand in the lines below')
    } else if (verb === 'batch' && scanner.take('then')) {
      if (!this.#hasBody) throw new Error('an indented SQL text is missing before this')
      this.#section = 'body'
      this.#hasBody = this.#mayHaveRows = false
      this.#addPart(number)
      this.#readArguments(scanner)
    } else {
      throw new Error(`a blank line is missing before: ${scanner.line}`)
    }
  }

  // After `=>`: none | error CODE [/text/] | items with commas between them.
  #readExpectation(scanner, number) {
    const { expected } = this.#part
    if (this.block.startedAs) throw new Error('what a started block comes to stands with its finish')
    expected.line = number
    if (scanner.atEnd()) return
    do {
      const item = scanner.word()
      if (item === 'error') expected.failure = readFailure(scanner)
      else if (!this.#directive.rows) throw new Error('this directive expects nothing but an error')
      else if (item === 'none') expected.rows = []
      else if (['changes', 'rowid', 'rows', 'pieces'].includes(item)) {
        expected[item === 'rows' ? 'rowCount' : item] = scanner.integer()
      } else throw new Error(`no such expectation: ${item}`)
      scanner.skipSpaces()
    } while (scanner.take(','))
    expectEnd(scanner)
  }

  #indented(line) {
    if (this.#section === 'sets') return this.#setLine(line)
    if (this.#section === 'body') {
      if (!this.#directive.sql) throw new Error('nothing is expected below this directive')
      this.#part.sql += (this.#hasBody ? '\n' : '') + line.replace(/^ {1,2}/, '')
      this.#hasBody = true
      return
    }
    if (!this.#directive.rows) throw new Error('this directive has no rows')
    this.#part.expected.rows ??= []
    this.#part.expected.rows.push(new Scanner(line).literals('|'))
  }

  // 1 | 'a', or 1..100 | 'a' for a hundred sets.
  #setLine(line) {
    const { sets } = this.block
    const range = /^ *([0-9]+)\.\.([0-9]+)/.exec(line)
    if (!range) return void sets.push(new Scanner(line).literals('|'))
    const [first, last] = [Number(range[1]), Number(range[2])]
    if (last < first || last - first >= setsMax) throw new Error('a range runs upwards, over a million at most')
    const scanner = new Scanner(line.slice(range[0].length))
    scanner.skipSpaces()
    const others = scanner.take('|') ? scanner.literals('|') : []
    expectEnd(scanner)
    for (let value = first; value <= last; ++value) sets.push([BigInt(value), ...others])
  }

  finish() {
    const { block } = this
    const { expected } = block.parts.at(-1)
    if (this.#directive.sql && !this.#hasBody) throw new Error('an indented text is missing below this')
    if (block.verb === 'many' && !this.#hasSets) throw new Error('many needs its sets')
    const { rows, rowCount, failure, changes, rowid, pieces } = expected
    const saysRows = (rows ?? rowCount ?? failure ?? pieces) !== undefined
    if (this.#directive.mustSay && !block.startedAs && !saysRows) {
      throw new Error('it must say what it comes to, below =>')
    }
    if (this.#mayHaveRows && !saysRows && (changes ?? rowid) === undefined) {
      throw new Error('nothing is expected below =>; for no rows say => none')
    }
    return block
  }
}

// `skip …`, `must fail …`, `must not parse …`: about the file, not a block.
function readOption(line, scenario) {
  const scanner = new Scanner(line)
  if (scanner.take('skip ')) {
    do {
      const place = scanner.word()
      if (!places.includes(place)) throw new Error(`no such host or storage: ${place}`)
      scenario.skippedOn.push(place)
    } while (scanner.take(','))
  } else if (scanner.take('must fail ')) scenario.mustFail = scanner.quotedText()
  else if (scanner.take('must not parse ')) scenario.mustNotParse = scanner.quotedText()
  else return false
  expectEnd(scanner)
  return true
}

/** What a file that must not parse says so with, if it does: its `must not parse /text/`. */
export function mustNotParse(text) {
  return /^must not parse \/(.*)\/$/m.exec(text)?.[1]
}

/** Throws an Error whose message begins with the number of the line that is wrong. */
export function parseScenario(text) {
  if (!text.startsWith('# ')) throw new Error('1: the first line says what holds, after # and a space')
  const lines = text.replace(/\n$/, '').split('\n')
  const scenario = { title: lines[0].slice(2), skippedOn: [], blocks: [] }
  let reader
  let blockLine = 1
  const endBlock = () => {
    if (reader) scenario.blocks.push(reader.finish())
    reader = undefined
  }
  const takeLine = (raw, number) => {
    const line = expandRepetitions(raw)
    if (reader) reader.line(line, number)
    else if (line.startsWith(' ')) throw new Error('an indented line that belongs to nothing')
    else if (!readOption(line, scenario)) {
      blockLine = number
      reader = new BlockReader(line, number)
    }
  }
  const at = (number, work) => {
    try {
      work()
    } catch (error) {
      throw new Error(`${number}: ${error.message}`)
    }
  }
  lines.forEach((raw, i) => {
    if (raw.startsWith('#')) return
    if (raw.trim() === '') at(blockLine, endBlock)
    else at(i + 1, () => takeLine(raw, i + 1))
  })
  at(blockLine, endBlock)
  if (scenario.blocks.length === 0) throw new Error('1: there is nothing below the title')
  return scenario
}
