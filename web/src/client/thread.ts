// Where an engine runs, as a client sees it: messages go in, messages come out, and it can be ended.

/** What an engine's thread tells its client. */
export interface ThreadEvents {
  message(data: unknown): void
  /** It did not start, or is gone. */
  failed(why: string): void
}

export interface Thread {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void
  /** Ends it at once. */
  terminate(): void
}

/** Starts one. Throws if that cannot be done here. */
export type StartThread = (events: ThreadEvents) => Thread
