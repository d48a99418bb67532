// The functions of an application, as the engine's module calls them: by number, in and out of its
// memory. Nothing here throws at the module: what goes wrong is an answer too.
import { batchesOf } from '../protocol/batch.js'
import { decodeCbor } from '../protocol/cbor_reader.js'
import { CborWriter } from '../protocol/cbor_writer.js'
import { type Code, codeOf, isCode, OutboardError } from '../protocol/errors.js'
import { asMap, Kind, MessageReader } from '../protocol/frame.js'
import { statementOf, writeParam, writeStatement } from '../protocol/query.js'
import { RowReader } from '../protocol/rows.js'
import type { Aggregate, FunctionOptions, FunctionResult, ReadOptions } from '../protocol/set_up.js'
import type { Params, Value } from '../protocol/value.js'
import { Problem, textOf } from './problem.js'

/** The numbers are those of src/worker/exports_wasm.cc. */
const steps = { call: 0, begin: 1, step: 2, finish: 3, drop: 4 } as const

export interface Added {
  name: string
  arguments: number // -1: any
  traits: number
  integers: NonNullable<FunctionOptions['integers']>
  call?: (...values: Value[]) => unknown
  aggregate?: Aggregate<unknown>
}

/** How a function reads: gives the frame of the engine's answer. */
export type Read = (body: Uint8Array) => ArrayBuffer

export class Functions {
  /** By number. */
  readonly all: Added[] = []
  /** Told at each call. */
  calling: ((name: string) => void) | undefined
  #groups = new Map<number, unknown>()

  add(name: string, options: FunctionOptions, call: (...values: Value[]) => unknown): void {
    if (typeof call !== 'function') throw badFunction(name, 'there is nothing to call')
    this.#add(name, options, call.length, { call })
  }

  addAggregate(name: string, aggregate: Aggregate<unknown>): void {
    const { start, step, finish } = aggregate
    if ([start, step, finish].some((part) => typeof part !== 'function'))
      throw badFunction(name, 'an aggregate has start, step and finish')
    this.#add(name, aggregate, Math.max(step.length - 1, 0), { aggregate })
  }

  #add(
    name: string,
    { arguments: wanted, deterministic, inSchema, integers = 'auto' }: FunctionOptions,
    length: number,
    what: Pick<Added, 'call' | 'aggregate'>,
  ): void {
    if (typeof name !== 'string') throw badFunction(String(name), 'its name is no text')
    const count = wanted === 'any' ? -1 : (wanted ?? length)
    if (!Number.isInteger(count)) throw badFunction(name, "`arguments` is a number, or 'any'")
    const traits = (deterministic ? 1 : 0) | (inSchema ? 2 : 0) | (what.aggregate ? 4 : 0)
    this.all.push({ name, arguments: count, traits, integers, ...what })
  }

  /** Does that step of that function with values in CBOR. Gives a value or an error in CBOR. */
  call(number: number, step: number, group: number, values: Uint8Array): Uint8Array {
    const writer = new CborWriter(256)
    try {
      const added = this.all[number]!
      if (step !== steps.drop) this.calling?.(added.name)
      const result = this.#do(added, step, group, values)
      writeResult(writer, result as FunctionResult)
    } catch (error) {
      writer.reset()
      writer.item(errorItem(error))
    }
    return writer.bytes.subarray(0, writer.at)
  }

  #do(added: Added, step: number, group: number, values: Uint8Array): unknown {
    const groups = this.#groups
    const { aggregate } = added
    switch (step) {
      case steps.call:
        return added.call!(...valuesOf(values, added))
      case steps.begin:
        groups.set(group, aggregate!.start())
        return null
      case steps.step: {
        const state = groups.get(group)
        const next = aggregate!.step(state, ...valuesOf(values, added))
        if (isPromise(next)) throw promised()
        if (next !== undefined) groups.set(group, next)
        return null
      }
      case steps.finish:
        return aggregate!.finish(groups.get(group))
      default:
        groups.delete(group)
        return null
    }
  }
}

/** The rows of a SELECT, through the engine. */
export function readRows(
  read: Read,
  sql: string,
  params: Params | undefined,
  { integers = 'auto', shape = 'object' }: ReadOptions,
): unknown[] {
  const statement = statementOf(sql, params)
  const writer = new CborWriter(256)
  writer.text('exec')
  writeStatement(writer, statement)
  const frame = new MessageReader(read(writer.bytes.subarray(0, writer.at))).next()!
  const body = asMap(frame.body[0], 'an answer')
  if (frame.kind === Kind.error) throw errorOf(body)
  const rows: unknown[] = []
  for (const batch of batchesOf(frame.tail)) {
    const reader = new RowReader(batch, body['columns'] as string[], { integers, shape })
    while (!reader.done) reader.take(rows)
  }
  return rows
}

/** What an error frame of the engine says. */
export function errorOf(body: { [key: string]: unknown }): OutboardError {
  const { code, message, hint } = body
  return new OutboardError(codeOf(String(code)), String(message), { hint: String(hint ?? '') })
}

function valuesOf(bytes: Uint8Array, { integers }: Added): Value[] {
  const values = decodeCbor(bytes) as Value[]
  if (integers === 'auto') return values
  // Reals come as numbers as well, and stay so unless they are whole.
  return values.map((value) => {
    if (integers === 'number') return typeof value === 'bigint' ? Number(value) : value
    return typeof value === 'number' && Number.isInteger(value) ? BigInt(value) : value
  })
}

function isPromise(value: unknown): boolean {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function'
}

function promised(): OutboardError {
  return new OutboardError('bad_request', 'it gave a promise', {
    hint: 'SQL waits for no promise: fetch what it needs in the set-up, before it is called',
  })
}

function writeResult(writer: CborWriter, result: FunctionResult): void {
  if (isPromise(result)) throw promised()
  const problem = writeParam(writer, result)
  if (problem === undefined) return
  throw new OutboardError('bad_request', `what it gave ${problem[0]}`, { hint: problem[1] })
}

// What is of the engine itself to say is no function's word.
const engines: ReadonlySet<string> = new Set(['worker_lost', 'corrupt', 'outdated', 'internal'])

/** The code, sentence and hint of whatever the application threw. */
export function thrownBy(error: unknown): { code: Code; message: string; hint: string } {
  const { code, hint, message } = (error ?? {}) as Record<string, unknown>
  const known = typeof code === 'string' && isCode(code) && !engines.has(code)
  return {
    code: known ? (code as Code) : 'bad_request',
    message: known && typeof message === 'string' ? message : `it threw ${textOf(error)}`,
    hint: typeof hint === 'string' ? hint : '',
  }
}

function errorItem(error: unknown): { code: string; message: string; hint: string } {
  const told = thrownBy(error)
  return { ...told, message: wellFormed(told.message), hint: wellFormed(told.hint) }
}

function wellFormed(text: string): string {
  return new TextDecoder().decode(new TextEncoder().encode(text.slice(0, 4_000)))
}

function badFunction(name: string, why: string): Problem {
  return new Problem('bad_request', `the function ${name} cannot be added: ${why}`, '')
}
