// What a cell of a row holds, and what a parameter of a statement may be.

/**
 * A cell. Integers are numbers while a number can hold them exactly, else bigints (see `integers`).
 */
export type Value = null | number | bigint | string | Uint8Array

/** A parameter: booleans become 0 and 1, an ArrayBuffer a blob. */
export type Param = Value | boolean | ArrayBuffer

/** By position, or by name (with or without the leading `:`, `@` or `$`). */
export type Params = readonly Param[] | Readonly<Record<string, Param>>

export type Row = Record<string, Value>
