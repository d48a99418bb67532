// What went wrong, for a program (code), for a person (message) and for whoever mends it (hint).

/** The whole list, the same in C++, C and TypeScript. */
export type Code =
  | 'bad_request' // the request itself is wrong: SQL, parameters, encoding, order of calls
  | 'not_found' // something that was named does not exist
  | 'constraint' // a UNIQUE, NOT NULL, CHECK, FOREIGN KEY or STRICT rule refused the rows
  | 'conflict' // somebody else's change got there first
  | 'busy' // held by another process or session, or a queue is full: try again
  | 'timeout' // the deadline passed
  | 'cancelled' // taken back: by the caller, by an idle limit, by the end of a transaction
  | 'too_large' // beyond a named limit
  | 'denied' // not allowed
  | 'unavailable' // storage, disk space, script or network is not there at present
  | 'worker_lost' // the engine is gone
  | 'corrupt' // the file is damaged or is not a database
  | 'outdated' // the other side speaks a newer version
  | 'internal' // a bug of Outboard: please report it

const codes: ReadonlySet<string> = new Set<Code>([
  'bad_request',
  'not_found',
  'constraint',
  'conflict',
  'busy',
  'timeout',
  'cancelled',
  'too_large',
  'denied',
  'unavailable',
  'worker_lost',
  'corrupt',
  'outdated',
  'internal',
])

export function isCode(name: string): name is Code {
  return codes.has(name)
}

/** A code as it came over the wire; one that this client does not know is `internal`. */
export function codeOf(name: string): Code {
  return isCode(name) ? name : 'internal'
}

/** What became of a write whose reply was lost, where that is known. */
export type Outcome = 'applied' | 'not_applied' | 'unknown'

/** Whether that is one, as it came over the wire. */
export function isOutcome(name: unknown): name is Outcome {
  return name === 'applied' || name === 'not_applied' || name === 'unknown'
}

/** By the numbers that travel in the answer to `open`. */
export const outcomes: readonly Outcome[] = ['not_applied', 'applied', 'unknown']

export interface ErrorDetails {
  hint?: string
  outcome?: Outcome
  cause?: unknown
}

/**
 * Every failure of Outboard. `message` says what happened, `hint` what to do about it (may be
 * empty).
 */
export class OutboardError extends Error {
  readonly code: Code
  readonly hint: string
  readonly outcome?: Outcome

  constructor(code: Code, message: string, details: ErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.name = 'OutboardError'
    this.code = code
    this.hint = details.hint ?? ''
    if (details.outcome !== undefined) this.outcome = details.outcome
  }

  override toString(): string {
    return `${this.code}: ${this.message}${this.hint ? ` (${this.hint})` : ''}`
  }
}

export function badRequest(message: string, hint = ''): OutboardError {
  return new OutboardError('bad_request', message, { hint })
}

/** The engine sent what it never should: its bug or ours. */
export function malformed(message: string): OutboardError {
  return new OutboardError('internal', `the engine's answer is malformed: ${message}`, {
    hint: 'please report this, with the statement that caused it',
  })
}
