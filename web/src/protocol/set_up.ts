// What a set-up is: an application's own code beside the engine. A module says so by its default
// export, which is called with one of these before the engine opens its files.
import type { Integers } from './column.js'
import type { Shape } from './rows.js'
import type { Params, Row, Value } from './value.js'

/** What a function may give back: booleans become 0 and 1, an ArrayBuffer a blob. */
export type FunctionResult = Value | boolean | ArrayBuffer

export interface FunctionOptions {
  /** How many arguments it takes, up to 100, or `any`. Otherwise as many as `fn.length`. */
  arguments?: number | 'any'
  /**
   * The same arguments always give the same result: it may be called less often than it says there,
   * and by indexes and generated columns. It may not read.
   */
  deterministic?: boolean
  /**
   * Indexes, CHECKs, generated columns, triggers and views may call it. Whoever made the file then
   * may: only for what does no harm, and tells nothing, whatever it is given.
   */
  inSchema?: boolean
  /** How it is given integers: `auto` (default), `number` or `bigint`. */
  integers?: Integers
}

/** An aggregate function: `start` for each group, `step` for each row, `finish` for its result. */
export interface Aggregate<State> extends FunctionOptions {
  /** How many arguments it takes, or `any`. Otherwise one less than `step.length`. */
  arguments?: number | 'any'
  start(): State
  /** What it returns is the state from then on; nothing: the state is as it was. */
  step(state: State, ...values: Value[]): State | void
  finish(state: State): FunctionResult
}

export interface ReadOptions {
  integers?: Integers
  shape?: Shape
}

/** What a set-up is given. */
export interface SetUp<Config = unknown> {
  /** What `open` was told for it. */
  readonly config: Config
  /**
   * Adds an SQL function. What it throws fails the statement, with its `code` and `hint` if it has
   * any. Throws `bad_request` if it cannot be added; a name of SQLite's fails the opening.
   */
  function(name: string, fn: (...values: never[]) => FunctionResult): void
  function(
    name: string,
    options: FunctionOptions,
    fn: (...values: never[]) => FunctionResult,
  ): void
  /** Adds an aggregate function. */
  aggregate<State>(name: string, aggregate: Aggregate<State>): void
  /**
   * Inside a function: the rows of a SELECT, up to 16 MiB, as the calling statement sees them.
   * Throws `bad_request` if the SQL does anything else, or the function is deterministic.
   */
  read<T = Row>(sql: string, params?: Params, options?: ReadOptions): T[]
}

/** The default export of a module that is a set-up. */
export type SetUpModule<Config = unknown> = (setUp: SetUp<Config>) => void | Promise<void>

/** What the worker is told of a set-up. */
export interface SetUpOrder {
  /** The address of its module, or the text of it. */
  url?: string
  source?: string
  config: unknown
  /** Of two tabs, the one with the greater number runs its own. */
  version: number
}
