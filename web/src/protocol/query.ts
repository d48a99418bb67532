// What a caller may ask: SQL as a string, as a tagged template, or as an object such as Kysely
// compiles.
import { badRequest } from './errors.js'
import type { CborWriter } from './cbor_writer.js'
import { canonicalKeys } from './cbor_writer.js'
import type { Param, Params } from './value.js'

/** SQL with its parameters. A `CompiledQuery` of Kysely is one as it is. */
export interface Sql {
  readonly sql: string
  readonly parameters: readonly unknown[]
}

export type Query = string | Sql

const fragments = /* @__PURE__ */ new WeakSet<Sql>()

/**
 * Makes a query whose values are parameters, never text:
 *   db.all(sql`select * from note where title = ${title}`)
 * A value that is itself such a query is put in its place.
 */
export function sql(strings: TemplateStringsArray, ...values: readonly (Param | Sql)[]): Sql {
  let text = strings[0]!
  const parameters: unknown[] = []
  values.forEach((value, i) => {
    if (typeof value === 'object' && value !== null && fragments.has(value as Sql)) {
      const fragment = value as Sql
      text += fragment.sql
      parameters.push(...fragment.parameters)
    } else {
      text += '?'
      parameters.push(value)
    }
    text += strings[i + 1]!
  })
  const query: Sql = Object.freeze({ sql: text, parameters: Object.freeze(parameters) })
  fragments.add(query)
  return query
}

/**
 * A query and its parameters, whichever way they were given. Throws `bad_request` if it is neither.
 */
export interface Statement {
  sql: string
  params: readonly unknown[] | Readonly<Record<string, unknown>>
}

export function statementOf(query: Query, params?: Params): Statement {
  if (typeof query === 'string') return { sql: query, params: checkedParams(params) }
  if (typeof query !== 'object' || query === null || typeof query.sql !== 'string') {
    throw badRequest(
      'a query is a string or has `sql` and `parameters`',
      'pass SQL as a string, or use the tag sql`…`',
    )
  }
  if (params !== undefined) {
    throw badRequest(
      'parameters were given twice',
      'leave out the second: this query brings its own',
    )
  }
  return { sql: query.sql, params: checkedParams(query.parameters as readonly Param[]) }
}

function checkedParams(params: Params | undefined): Params {
  if (params === undefined) return []
  const isRecord = typeof params === 'object' && params !== null && !isBytes(params)
  if (Array.isArray(params) || isRecord) return params
  throw badRequest('parameters are an array or a record of names', 'wrap a single one: [value]')
}

function isBytes(value: object): boolean {
  return value instanceof ArrayBuffer || ArrayBuffer.isView(value)
}

/** Writes `{ ? params, sql }`, with `more` keys of the caller's behind them. */
export function writeStatement(writer: CborWriter, { sql, params }: Statement, more = 0): void {
  const count = Array.isArray(params) ? params.length : Object.keys(params).length
  writer.map((count === 0 ? 1 : 2) + more)
  writer.text('sql')
  writeSql(writer, sql)
  if (count === 0) return
  writer.text('params')
  if (Array.isArray(params)) writeSet(writer, params as readonly unknown[])
  else writeNamed(writer, params as Readonly<Record<string, unknown>>)
}

export function writeSql(writer: CborWriter, sql: string): void {
  if (!writer.text(sql)) {
    throw badRequest(
      'the SQL holds half of a surrogate pair',
      'check how this text was cut: String.prototype.toWellFormed mends it',
    )
  }
}

/** Parameters by position. `set` is their number among the sets of `many`, for the error. */
export function writeSet(writer: CborWriter, params: readonly unknown[], set = -1): void {
  const count = params.length
  writer.array(count)
  for (let i = 0; i < count; ++i) {
    const problem = writeParam(writer, params[i])
    if (problem !== undefined) {
      throw badRequest(
        `parameter ${i + 1}${set < 0 ? '' : ` of set ${set}`} ${problem[0]}`,
        problem[1],
      )
    }
  }
}

function writeNamed(writer: CborWriter, params: Readonly<Record<string, unknown>>): void {
  const names = canonicalKeys(Object.keys(params))
  writer.map(names.length)
  for (const name of names) {
    if (!writer.text(name))
      throw badRequest('a name of a parameter is not well-formed', 'use another name')
    const problem = writeParam(writer, params[name])
    if (problem !== undefined) throw badRequest(`parameter '${name}' ${problem[0]}`, problem[1])
  }
}

type Problem = readonly [what: string, hint: string]

const problems = {
  undefined: ['is undefined', 'pass null for no value'],
  surrogate: [
    'is a text that holds half of a surrogate pair',
    'check how it was cut: String.prototype.toWellFormed mends it',
  ],
  bigint: ['is a bigint beyond 64 bits', 'pass it as a text or a blob'],
} as const satisfies Record<string, Problem>

/** Nothing: it is written. Else what is wrong with it, and what to do. */
export function writeParam(writer: CborWriter, value: unknown): Problem | undefined {
  switch (typeof value) {
    case 'number':
      writer.number(value)
      return undefined
    case 'string':
      return writer.text(value) ? undefined : problems.surrogate
    case 'boolean':
      writer.integer(value ? 1 : 0)
      return undefined
    case 'bigint':
      return writer.bigint(value) ? undefined : problems.bigint
    case 'undefined':
      return problems.undefined
    default:
      return writeObject(writer, value)
  }
}

function writeObject(writer: CborWriter, value: unknown): Problem | undefined {
  if (value === null) writer.null()
  else if (value instanceof Uint8Array) writer.blob(value)
  else if (value instanceof ArrayBuffer) writer.blob(new Uint8Array(value))
  else if (value instanceof Date) {
    return ['is a Date', 'pass date.toISOString() or date.getTime(), as the column keeps it']
  } else if (ArrayBuffer.isView(value)) {
    return [
      'is a view that is no Uint8Array',
      'pass new Uint8Array(view.buffer, view.byteOffset, view.byteLength)',
    ]
  } else {
    const kind =
      typeof value === 'object'
        ? Array.isArray(value)
          ? 'an array'
          : 'an object'
        : `a ${typeof value}`
    return [
      `is ${kind}`,
      'pass null, a number, bigint, boolean, string or Uint8Array, and JSON.stringify the rest',
    ]
  }
  return undefined
}
