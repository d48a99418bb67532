// A failure on the worker's side, to be told to the page.
import type { Code } from '../protocol/errors.js'

export class Problem extends Error {
  readonly code: Code
  readonly hint: string

  constructor(code: Code, message: string, hint: string) {
    super(message)
    this.code = code
    this.hint = hint
  }
}

/** What the storage needs is not there, nor will be: another one may do. */
export class Missing extends Problem {}

export function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}

/** Whether that is a DOMException of that name. */
export function isNamed(error: unknown, name: string): boolean {
  return error instanceof DOMException && error.name === name
}
