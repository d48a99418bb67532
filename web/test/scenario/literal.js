// The small pieces of a scenario's line: words, numbers, SQL literals, parameters. The values are those
// that the client gives with `integers: 'bigint'`: null, bigint, number (a real), string, Uint8Array.

const generatedBytesMax = 80 << 20
const shownMax = 80

const wordPattern = /[A-Za-z0-9_.\u0080-\uffff-]*/y
const integerPattern = /-?[0-9]+/y
const numberPattern = /-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/y
const hexPattern = /x'([0-9A-Fa-f]*)'/y

export class Scanner {
  constructor(line) {
    this.line = line
    this.at = 0
  }

  get rest() {
    return this.line.slice(this.at)
  }

  peek() {
    return this.line[this.at] ?? ''
  }

  skipSpaces() {
    while (this.peek() === ' ') ++this.at
  }

  atEnd() {
    this.skipSpaces()
    return this.at === this.line.length
  }

  take(token) {
    if (!this.line.startsWith(token, this.at)) return false
    this.at += token.length
    return true
  }

  match(pattern, what) {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.line)
    if (!found) throw new Error(`${what} expected at: ${this.rest}`)
    this.at += found[0].length
    return found
  }

  word() {
    this.skipSpaces()
    return this.match(wordPattern, 'a word')[0]
  }

  integer() {
    this.skipSpaces()
    return Number(this.match(integerPattern, 'a whole number')[0])
  }

  /** `/text/`, without its slashes; the last slash before a space or the end of the line closes it. */
  quotedText() {
    return this.match(/\/(.*?)\/(?= |$)/y, 'a text between slashes')[1]
  }

  /** null, 42, 1.5, 9e999, nan, 'it''s', x'00ff', text(N), text(x'ff'), blob(N), char(N, …); texts joined by ||. */
  literal() {
    let value = this.#oneLiteral()
    for (;;) {
      this.skipSpaces()
      if (!this.take('||')) return value
      this.skipSpaces()
      const next = this.#oneLiteral()
      if (typeof value !== 'string' || typeof next !== 'string') throw new Error('only texts can be joined by ||')
      value += next
    }
  }

  /** Literals with `separator` between them, up to `closing`, or to the end of the line without one. */
  literals(separator, closing = '') {
    const cells = []
    this.skipSpaces()
    if (closing && this.take(closing)) return cells
    for (;;) {
      this.skipSpaces()
      cells.push(this.literal())
      if (closing ? this.take(closing) : this.atEnd()) return cells
      if (!this.take(separator)) throw new Error(`the next value, or the end, expected at: ${this.rest}`)
    }
  }

  /** [1, 'a'] or {id: 7, :title: 'Sea'}. */
  params() {
    if (this.take('[')) return this.literals(',', ']').map(checkedParameter)
    this.take('{')
    const named = {}
    for (;;) {
      this.skipSpaces()
      const sign = ':@$'.includes(this.peek()) ? this.line[this.at++] : ''
      const name = sign + this.word()
      if (!this.take(':')) throw new Error(`a name and : expected at: ${this.rest}`)
      this.skipSpaces()
      named[name] = checkedParameter(this.literal())
      this.skipSpaces()
      if (this.take('}')) return named
      if (!this.take(',')) throw new Error(`, or } expected at: ${this.rest}`)
    }
  }

  #oneLiteral() {
    if (this.peek() === "'") return this.match(/'((?:[^']|'')*)'/y, 'a closing quote')[1].replaceAll("''", "'")
    if (this.line.startsWith("x'", this.at)) return this.#hexadecimal()
    if (/[-0-9]/.test(this.peek())) return this.#number()
    const name = this.word()
    if (name === 'null') return null
    if (name === 'nan') return NaN
    if (this.take('(')) return this.#call(name)
    throw new Error(`a literal expected at: ${this.rest}`)
  }

  #number() {
    const [text, fraction, exponent] = this.match(numberPattern, 'a number')
    if (fraction !== undefined || exponent !== undefined) return Number(text)
    const integer = BigInt(text)
    if (BigInt.asIntN(64, integer) !== integer) throw new Error(`not an integer of 64 bits: ${text}`)
    return integer
  }

  #hexadecimal() {
    const digits = this.match(hexPattern, 'hexadecimal digits and a closing quote')[1]
    if (digits.length % 2) throw new Error(`an even number of hexadecimal digits expected at: ${this.rest}`)
    return Uint8Array.from({ length: digits.length / 2 }, (_, i) => parseInt(digits.slice(i * 2, i * 2 + 2), 16))
  }

  #call(name) {
    this.skipSpaces()
    if (name === 'char') return this.literals(',', ')').map((point) => String.fromCodePoint(Number(point))).join('')
    if (name === 'text' && this.peek() === 'x') {
      const bytes = this.#hexadecimal()
      if (!this.take(')')) throw new Error(`) expected at: ${this.rest}`)
      return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
    }
    if (name !== 'text' && name !== 'blob') throw new Error(`text(N), blob(N) or char(N, …) expected at: ${this.rest}`)
    const length = this.integer()
    if (length < 0 || length > generatedBytesMax) throw new Error('a length up to 80 MiB is expected')
    if (!this.take(')')) throw new Error(`) expected at: ${this.rest}`)
    return name === 'text' ? generatedText(length) : Uint8Array.from({ length }, (_, i) => i % 251)
  }
}

function generatedText(length) {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz'
  return alphabet.repeat(Math.ceil(length / alphabet.length)).slice(0, length)
}

// A page has one kind of number: 2.0 would leave it as the integer 2.
function checkedParameter(value) {
  const isLost = typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0)
  if (isLost) throw new Error('a parameter cannot be a whole real: write cast(? as real)')
  return value
}

/** For messages: as an SQL literal, cut where it gets long. */
export function shown(value) {
  const text = asLiteral(value)
  return text.length <= shownMax ? text : `${text.slice(0, shownMax)}… (${text.length} characters)`
}

export function shownRow(cells) {
  return cells.map(shown).join(' | ')
}

function asLiteral(value) {
  if (typeof value === 'string') return `'${value.replaceAll("'", "''")}'`
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) return value > 0 ? '9e999' : '-9e999'
    const text = Object.is(value, -0) ? '-0' : String(value)
    return /[.e]/.test(text) ? text : `${text}.0`
  }
  if (value instanceof Uint8Array) {
    return `x'${Array.from(value.subarray(0, shownMax), (byte) => byte.toString(16).padStart(2, '0')).join('')}'`
  }
  return String(value)
}
