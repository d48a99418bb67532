// A result that is read at the reader's pace.
import { batchesOf } from '../protocol/batch.js'
import { malformed } from '../protocol/errors.js'
import { mapOf } from '../protocol/frame.js'
import { type RowOptions, RowReader } from '../protocol/rows.js'
import { replyKeys } from './result.js'
import { Mailbox } from './mailbox.js'

/**
 * The rows of a query, as a snapshot of the moment when the reading starts. Leaving the loop
 * cancels the rest. Each loop runs the query anew.
 */
export class RowStream<T> implements AsyncIterable<T> {
  readonly #start: (mailbox: Mailbox) => Promise<void>
  readonly #options: RowOptions

  /** For sessions: `start` sends the request whose answer the mailbox gets. */
  constructor(start: (mailbox: Mailbox) => Promise<void>, options: RowOptions) {
    this.#start = start
    this.#options = options
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    for await (const rows of this.chunks()) yield* rows
  }

  /** The same rows, many at a time: much faster than one by one. */
  async *chunks(): AsyncGenerator<T[], void, undefined> {
    const mailbox = new Mailbox()
    await this.#start(mailbox)
    try {
      const { columns } = mapOf(await mailbox.body(), 'a reply', replyKeys)
      if (!Array.isArray(columns)) throw malformed('a stream without columns')
      for (let tail = await mailbox.next(); tail !== undefined; tail = await mailbox.next()) {
        for (const batch of batchesOf(tail)) {
          const reader = new RowReader(batch, columns as string[], this.#options)
          while (!reader.done) {
            const rows: T[] = []
            reader.take(rows)
            yield rows
          }
        }
      }
    } finally {
      mailbox.request?.cancel()
    }
  }
}
