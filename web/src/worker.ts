// The script of the Web Worker.
import type { ToWorker } from './protocol/host.js'
import { EngineHost } from './worker/host.js'

declare const self: DedicatedWorkerGlobalScope

const host = new EngineHost(self)
self.onmessage = (event: MessageEvent<ArrayBuffer | ToWorker>) => host.receive(event.data)
