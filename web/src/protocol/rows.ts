// Rows out of a batch, a slice at a time, so that no decoding keeps the page from drawing.
import type { Batch } from './batch.js'
import type { ColumnReader, Integers } from './column.js'
import { malformed } from './errors.js'
import type { Row, Value } from './value.js'

/**
 * `object`: by column name; of columns with the same name the last one counts. `array`: in order.
 */
export type Shape = 'object' | 'array'

export interface RowOptions {
  integers: Integers
  shape: Shape
}

// From this many columns on, cloning a row that has all keys is faster than adding them one by one.
const clonedColumnsMin = 13
// About 2 ms of work.
const sliceCells = 32_768

/**
 * Reads the rows of one batch. With `onSet`, its first column is no part of them: the set of each
 * row.
 */
export class RowReader {
  readonly #names: readonly string[]
  readonly #sets: ColumnReader | undefined
  readonly #columns: ColumnReader[]
  readonly #shape: Shape
  readonly #onSet: ((set: number) => unknown) | undefined
  #rowsLeft: number

  constructor(
    batch: Batch,
    names: readonly string[],
    options: RowOptions,
    onSet?: (set: number) => unknown,
  ) {
    const skipped = onSet === undefined ? 0 : 1
    if (batch.columns !== names.length + skipped)
      throw malformed("a batch without its result's columns")
    this.#names = names
    this.#onSet = onSet
    this.#sets = onSet && batch.column(0, 'number')
    this.#columns = names.map((_, i) => batch.column(i + skipped, options.integers))
    this.#shape = options.shape
    this.#rowsLeft = batch.rows
  }

  get done(): boolean {
    return this.#rowsLeft === 0
  }

  /** Appends the next slice of rows, at most `rowsMax`; at least one if any are left. */
  take(rows: unknown[], rowsMax = Infinity): void {
    const sliceRows = Math.max(1, Math.floor(sliceCells / (this.#names.length + 1)))
    const count = Math.min(this.#rowsLeft, sliceRows, rowsMax)
    this.#rowsLeft -= count
    if (this.#onSet) for (const set of this.#sets!.take(count)) this.#onSet(set as number)
    const columns = this.#columns.map((column) => column.take(count))
    if (this.#shape === 'array') appendArrays(rows, columns, count)
    else if (this.#names.includes('__proto__')) appendCarefully(rows, this.#names, columns, count)
    else appendObjects(rows, this.#names, columns, count)
  }
}

function appendArrays(rows: unknown[], columns: Value[][], count: number): void {
  const width = columns.length
  for (let r = 0; r < count; ++r) {
    const row = new Array<Value>(width)
    for (let c = 0; c < width; ++c) row[c] = columns[c]![r]!
    rows.push(row)
  }
}

function appendObjects(
  rows: unknown[],
  names: readonly string[],
  columns: Value[][],
  count: number,
): void {
  const width = names.length
  const template: Row = {}
  if (width >= clonedColumnsMin) for (const name of names) template[name] = null
  for (let r = 0; r < count; ++r) {
    const row: Row = width >= clonedColumnsMin ? { ...template } : {}
    for (let c = 0; c < width; ++c) row[names[c]!] = columns[c]![r]!
    rows.push(row)
  }
}

// An assignment to __proto__ would change what the row inherits from.
function appendCarefully(
  rows: unknown[],
  names: readonly string[],
  columns: Value[][],
  count: number,
): void {
  for (let r = 0; r < count; ++r) {
    rows.push(Object.fromEntries(names.map((name, c) => [name, columns[c]![r]!])))
  }
}
