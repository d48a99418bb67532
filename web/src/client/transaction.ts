// A transaction: what is asked through it is kept together, or not at all.
import { badRequest, OutboardError } from '../protocol/errors.js'
import type { Connection } from './connection.js'
import { Lane, noArguments } from './lane.js'
import { Session } from './session.js'

/** So many engines may go before a transaction has begun. */
const beginsMax = 3

export class Transaction extends Session {
  /** @internal */
  constructor(lane: Lane) {
    super(lane)
  }

  /**
   * A transaction inside this one: if `fn` throws, only what `inner` did is taken back. Until it
   * ends, this transaction cannot be used.
   */
  async transaction<T>(fn: (inner: Transaction) => Promise<T> | T): Promise<T> {
    const { lane } = this
    if (lane.refusal !== undefined) throw lane.refusal()
    const innerIsOpen = () =>
      badRequest(
        'a transaction was used while one inside it is open',
        'use the inner one, or await its end',
      )
    lane.refusal = innerIsOpen
    const inner = nested(new Lane(lane.connection, lane.session), fn)
    lane.inner = inner.then(
      () => {},
      () => {},
    )
    try {
      return await inner
    } finally {
      if (lane.refusal === innerIsOpen) lane.refusal = undefined
    }
  }
}

/**
 * Begins a transaction of its own session, runs `fn`, and commits; rolls back if anything fails.
 */
export async function transact<T>(
  connection: Connection,
  fn: (tx: Transaction) => Promise<T> | T,
): Promise<T> {
  for (let losses = 1; ; ++losses) {
    const lane = new Lane(connection, connection.newSession())
    try {
      await lane.ask('begin', {}, noArguments)
    } catch (error) {
      // The engine went before anything was done; the next one can begin it as well.
      if (isLoss(error) && connection.lost === undefined && losses < beginsMax) continue
      throw error
    }
    return perform(lane, fn)
  }
}

function isLoss(error: unknown): boolean {
  return error instanceof OutboardError && error.code === 'worker_lost'
}

async function nested<T>(lane: Lane, fn: (tx: Transaction) => Promise<T> | T): Promise<T> {
  await lane.ask('begin', {}, noArguments)
  return perform(lane, fn)
}

// What has begun: commits or rolls back.
async function perform<T>(lane: Lane, fn: (tx: Transaction) => Promise<T> | T): Promise<T> {
  const end = new Lane(lane.connection, lane.session) // can still be used when `lane` cannot
  try {
    const result = await fn(new Transaction(lane))
    await settle(lane)
    await end.ask('commit', {}, noArguments)
    return result
  } catch (error) {
    await settle(lane)
    // What matters is the first error; if this fails too, the engine has ended the transaction
    // already.
    await end.ask('rollback', {}, noArguments).catch(() => {})
    throw error
  }
}

// Lets in nothing more, and waits for what was not awaited: half a `many` must not miss the commit.
async function settle(lane: Lane): Promise<void> {
  lane.refusal = () =>
    badRequest(
      'a transaction was used after its end',
      'await every call inside the function given to transaction()',
    )
  await lane.inner
  await lane.settled()
}
