// The engine on the page's own thread, for pages that can have no worker: while it works, the page
// does not. Only databases that live in memory can be had here, saved or not.
import type { StartThread } from './client/thread.js'
import type { ToWorker } from './protocol/host.js'
import { EngineHost } from './worker/host.js'

/** For `open(name, { host: onMainThread, storage: 'autosave' })`, or `memory`. */
export const onMainThread: StartThread = (events) => {
  const host = new EngineHost({
    postMessage: (message: unknown) => queueMicrotask(() => events.message(message)),
  })
  return {
    postMessage: (message) => queueMicrotask(() => host.receive(message as ArrayBuffer | ToWorker)),
    terminate: () => host.terminate(),
  }
}
