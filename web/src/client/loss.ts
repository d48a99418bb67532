// What becomes of the requests under way when the engine is gone and another will take its place
// (rule H8). Writing requests are numbered, and the next engine tells which of them were applied.
import { OutboardError, type Outcome } from '../protocol/errors.js'
import type { PendingRequest } from './pending_request.js'

/** `clean`: the engine took its leave, so it did not die of anything. */
export type Loss = 'clean' | 'unclean'

/** A request that was under way when so many engines died is not sent to a third one. */
const lossesMax = 2

/** The error that the request ends with at once; nothing if the next engine is to be asked. */
export function fateAtLoss(
  request: PendingRequest,
  loss: Loss,
  why?: string,
): OutboardError | undefined {
  const { frame, isNumbered, left, session } = request
  if (!left) {
    const canWait = session === undefined && frame !== undefined
    return canWait ? undefined : workerLost('it had not been sent yet', 'not_applied')
  }
  if (!request.restart()) return workerLost('it went in the middle of the answer')
  if (loss === 'unclean') ++request.losses
  if (why !== undefined) request.lastLoss = why
  if (isNumbered) return undefined
  if (request.isOverdue()) return timedOut()
  if (session !== undefined) return transactionLost()
  return frame === undefined || request.losses >= lossesMax ? diedOfIt(request) : undefined
}

/** The same, once the next engine has told its outcome. Nothing: it is to be sent again. */
export function fateByOutcome(
  request: PendingRequest,
  outcome: Outcome,
): OutboardError | undefined {
  if (outcome === 'unknown') return workerLost('a part of it may be there', outcome)
  if (outcome === 'applied') {
    // Sent again it brings its answer, and does nothing.
    const canAsk = request.frame !== undefined && request.losses < lossesMax
    return canAsk ? undefined : workerLost('its answer was lost', outcome)
  }
  if (request.session !== undefined) return transactionLost()
  if (request.isOverdue()) return timedOut()
  if (request.losses >= lossesMax) return diedOfIt(request, outcome)
  if (request.frame === undefined) return workerLost('it is too large to be kept', outcome)
  return undefined
}

/** What a session is told whose engine is gone. */
export function transactionLost(): OutboardError {
  return workerLost('its transaction went with the engine', 'not_applied')
}

// What the engine would have said, had it been able to.
function timedOut(): OutboardError {
  const hint = 'give it more time, or ask for less at once'
  return new OutboardError('timeout', 'the deadline passed', { hint })
}

function diedOfIt({ lastLoss }: PendingRequest, outcome?: Outcome): OutboardError {
  const last = lastLoss === undefined ? '' : `; of the last: ${lastLoss}`
  return workerLost(`it was under way when ${lossesMax} engines died${last}`, outcome)
}

const hints = {
  applied: 'all of it is there: read what its answer would have told',
  not_applied: 'nothing of it is there: do it again',
  unknown: 'see what is there before doing it again',
}

function workerLost(why: string, outcome?: Outcome): OutboardError {
  return new OutboardError('worker_lost', `the engine that was asked is gone: ${why}`, {
    hint: outcome === undefined ? 'ask again' : hints[outcome],
    ...(outcome === undefined ? {} : { outcome }),
  })
}
