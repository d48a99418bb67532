// What becomes of the requests under way when the engine is gone and another will take its place.
import { decodeCbor } from '../protocol/cbor_reader.js'
import { OutboardError, type Outcome } from '../protocol/errors.js'
import type { PendingRequest } from './pending_request.js'

/**
 * `clean`: what was not answered was not done; the engine took its leave. `unclean`: nobody knows.
 */
export type Loss = 'clean' | 'unclean'

/** A request that was under way when so many engines died is not sent to a third one (rule H8). */
const lossesMax = 2

/** The error that the request ends with; nothing if the next engine is to be asked. */
export function fateOf(request: PendingRequest, loss: Loss): OutboardError | undefined {
  if (request.session !== undefined) return transactionLost(outcomeInSession(request, loss))
  if (!request.left) return request.frame === undefined ? notApplied() : undefined
  if (request.answered) return workerLost('the engine went in the middle of the answer')
  if (loss === 'clean') return request.frame === undefined ? notApplied() : undefined
  ++request.losses
  if (!readsOnly(request.frame)) return unknown()
  if (request.losses < lossesMax) return undefined
  return workerLost(`it was under way when ${lossesMax} engines died`)
}

/** What a session is told whose engine is gone. */
export function transactionLost(outcome: Outcome): OutboardError {
  return workerLost('its transaction went with the engine', outcome)
}

/** As `fateOf`, where no other engine is there to be asked. */
export function outcomeOf(request: PendingRequest): Outcome {
  return request.left ? 'unknown' : 'not_applied'
}

function workerLost(why: string, outcome?: Outcome): OutboardError {
  const hint =
    outcome === 'unknown'
      ? 'unknown outcome: see whether it is there before doing it again'
      : 'nothing of it was kept: do it again'
  return new OutboardError('worker_lost', `the engine that was asked is gone: ${why}`, {
    hint: outcome === undefined ? 'ask again' : hint,
    ...(outcome === undefined ? {} : { outcome }),
  })
}

function notApplied(): OutboardError {
  return workerLost('it was too large to be kept and sent again', 'not_applied')
}

function unknown(): OutboardError {
  return workerLost('it may have written before that', 'unknown')
}

// Nothing of a transaction is kept but by its commit.
function outcomeInSession(request: PendingRequest, loss: Loss): Outcome {
  if (!request.left || loss === 'clean') return 'not_applied'
  const { operation, texts } = asked(request.frame)
  if (['begin', 'rollback', 'many', 'stream'].includes(operation)) return 'not_applied'
  const mayCommit = texts.some((sql) => /\b(commit|end|release)\b/i.test(sql))
  return operation === 'commit' || operation === '' || mayCommit ? 'unknown' : 'not_applied'
}

function readsOnly(frame: Uint8Array<ArrayBuffer> | undefined): boolean {
  const { operation, texts } = asked(frame)
  if (operation === 'stream' || operation === 'export') return true
  if (operation !== 'exec' && operation !== 'batch' && operation !== 'many') return false
  return texts.every((sql) => /^\s*(select|values)\b[^;]*;?\s*$/i.test(sql))
}

// A frame of a request, taken apart again: this is rare, and keeping its parts would not be.
function asked(frame: Uint8Array<ArrayBuffer> | undefined): { operation: string; texts: string[] } {
  if (frame === undefined) return { operation: '', texts: [] }
  const headBytes = new DataView(frame.buffer, frame.byteOffset).getUint32(4, true)
  const envelope = decodeCbor(frame, 8, 8 + headBytes) as unknown as [
    number,
    number,
    unknown,
    string,
    { sql?: string; statements?: { sql: string }[] },
  ]
  const [, , , operation, { sql, statements }] = envelope
  return { operation, texts: statements?.map((one) => one.sql) ?? (sql === undefined ? [] : [sql]) }
}
