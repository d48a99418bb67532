// What a component asks, and a text by which equal questions are known.
import type { CallOptions, Params, Sql } from '../index.js'

export interface Question<Options extends CallOptions = CallOptions> {
  readonly query: string | Sql
  readonly params: Params | undefined
  readonly options: Options
}

/** A string is followed by parameters and options; an object brings its parameters. */
export function questionOf<Options extends CallOptions>(
  query: string | Sql,
  second: Params | Options | undefined,
  third: Options | undefined,
): Question<Options> {
  if (typeof query === 'string')
    return { query, params: second as Params | undefined, options: third ?? ({} as Options) }
  return { query, params: undefined, options: (second as Options | undefined) ?? ({} as Options) }
}

/** The same for two questions if and only if they have the same answer. */
export function keyOf({ query, params, options }: Question): string {
  const { integers = 'auto', shape = 'object' } = options
  const sql = typeof query === 'string' ? query : query.sql
  const values = typeof query === 'string' ? (params ?? []) : query.parameters
  const parts = Array.isArray(values)
    ? (values as readonly unknown[]).map(keyOfValue)
    : Object.entries(values)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, value]) => [name, keyOfValue(value)])
  return JSON.stringify([integers, shape, sql, parts])
}

function keyOfValue(value: unknown): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return [Object.is(value, -0) ? '-0' : String(value)]
  if (value instanceof ArrayBuffer) return ['blob', String(new Uint8Array(value))]
  if (value instanceof Uint8Array) return ['blob', String(value)]
  return [typeof value, String(value)]
}
