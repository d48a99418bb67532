// A transaction that is begun and ended by calls, where a Database has one around a function.
import type { Database, Session, Transaction } from '../index.js'

// What a rollback that was asked for throws through the function.
const takenBack = /* @__PURE__ */ Symbol('taken back')

export class OpenTransaction {
  readonly session: Session
  readonly #finish: Finish
  readonly #ended: Promise<void>

  private constructor(session: Session, finish: Finish, ended: Promise<void>) {
    this.session = session
    this.#finish = finish
    this.#ended = ended
  }

  /** Waits for its turn to write. */
  static begin(database: Database): Promise<OpenTransaction> {
    return new Promise((resolve, reject) => {
      const ended = database.transaction(
        (session: Transaction) =>
          new Promise<void>((commit, rollBack) => {
            const finish = { commit, rollBack: () => rollBack(takenBack) }
            // `ended` is there once this has returned.
            queueMicrotask(() => resolve(new OpenTransaction(session, finish, ended)))
          }),
      )
      ended.catch(reject)
    })
  }

  /** Fails if the engine could not commit, or has ended the transaction before. */
  async commit(): Promise<void> {
    this.#finish.commit()
    await this.#ended
  }

  async rollback(): Promise<void> {
    this.#finish.rollBack()
    await this.#ended.catch((error: unknown) => {
      if (error !== takenBack) throw error
    })
  }
}

interface Finish {
  commit: () => void
  rollBack: () => void
}
