// The engine as a WebAssembly module: loading it, its imports and its exports. Every call may trap;
// then the instance is of no use any more.
import { MessageReader } from '../protocol/frame.js'
import type { Storage } from '../protocol/host.js'
import { Cancels } from './cancels.js'
import { type Files, notOpen } from './files.js'
import { errorOf, type Functions } from './functions.js'
import { Problem, textOf } from './problem.js'
import type { Signs } from './signs.js'
import { fillRandom, wasiImports } from './wasi.js'

interface Exports {
  memory: WebAssembly.Memory
  _initialize(): void
  outboard_version(): number
  outboard_alloc(bytes: number): number
  outboard_free(at: number): void
  outboard_open(storage: number): number
  outboard_connect(engine: number): number
  outboard_disconnect(engine: number, client: number): void
  outboard_send(engine: number, client: number, at: number, bytes: number): void
  outboard_run(engine: number): number
  outboard_is_quiet(engine: number): number
  outboard_next(engine: number, client: number): number
  outboard_next_data(engine: number): number
  outboard_wake_ms(engine: number): number
  outboard_close(engine: number): void
  outboard_add_function(
    engine: number,
    number: number,
    name: number,
    bytes: number,
    count: number,
    traits: number,
  ): number
  outboard_read(engine: number, at: number, bytes: number): number
}

const exportNames = [
  'memory',
  '_initialize',
  'outboard_alloc',
  'outboard_open',
  'outboard_connect',
  'outboard_disconnect',
  'outboard_send',
  'outboard_run',
  'outboard_is_quiet',
  'outboard_next',
  'outboard_next_data',
  'outboard_wake_ms',
  'outboard_close',
  'outboard_add_function',
  'outboard_read',
] as const satisfies (keyof Exports)[]

/** Fetches the module and makes an instance. Fails with `unavailable`, naming the address. */
export async function loadModule(url: string, signs: Signs): Promise<Module> {
  const module = new Module(signs)
  const imports = {
    outboard: module.imports(),
    wasi_snapshot_preview1: wasiImports(() => module.memory),
  }
  const response = await fetch(url).catch((error) => {
    throw notLoaded(url, textOf(error))
  })
  if (!response.ok) throw notLoaded(url, `the server answered ${response.status}`)
  try {
    const isWasm = response.headers.get('content-type')?.startsWith('application/wasm')
    const { instance } = isWasm
      ? await WebAssembly.instantiateStreaming(response, imports)
      : await WebAssembly.instantiate(await response.arrayBuffer(), imports)
    module.start(instance)
  } catch (error) {
    throw notLoaded(url, textOf(error))
  }
  return module
}

function notLoaded(url: string, why: string): Problem {
  return new Problem(
    'unavailable',
    `the engine's module could not be loaded (${url}): ${why}`,
    'serve outboard.wasm of the same version beside worker.js, or set `wasmUrl`; a ' +
      "Content-Security-Policy has to allow 'wasm-unsafe-eval'",
  )
}

/** An instance of the module. */
export class Module {
  /** Where the file imports go. */
  files: Files | undefined
  readonly cancels = new Cancels()
  /** What the application added. */
  functions: Functions | undefined
  readonly #signs: Signs
  #exports: Exports | undefined
  #bytes = new Uint8Array(0)

  constructor(signs: Signs) {
    this.#signs = signs
  }

  get memory(): WebAssembly.Memory {
    return this.exports.memory
  }

  get exports(): Exports {
    if (this.#exports === undefined) throw new Error('the module has not been instantiated')
    return this.#exports
  }

  start(instance: WebAssembly.Instance): void {
    for (const name of exportNames) {
      if (!(name in instance.exports)) throw new Error(`it has no export ${name}`)
    }
    this.#exports = instance.exports as unknown as Exports
    this.#exports._initialize()
  }

  /** Its memory; ask anew after each call into it, for it may have grown. */
  bytes(at: number, length: number): Uint8Array<ArrayBuffer> {
    if (this.#bytes.buffer !== this.memory.buffer) this.#bytes = new Uint8Array(this.memory.buffer)
    return this.#bytes.subarray(at >>> 0, (at >>> 0) + length) as Uint8Array<ArrayBuffer>
  }

  /** A copy of those bytes, which the module is given. Throws if it has no room for them. */
  give(bytes: Uint8Array): number {
    const at = this.exports.outboard_alloc(bytes.length)
    if (at === 0) throw new Error('the engine is out of memory')
    this.bytes(at, bytes.length).set(bytes)
    return at
  }

  /** A copy of the frame that begins there. */
  frame(at: number): ArrayBuffer {
    const length = new DataView(this.memory.buffer).getUint32(at >>> 0, true)
    return this.bytes(at, length).slice().buffer
  }

  // Four bytes of length, and the answer; 0 where there is no room for it.
  #callFunction(
    number: number,
    step: number,
    group: number,
    at: number,
    length: number,
  ): number {
    this.#signs.working()
    const answer = this.functions!.call(number, step, group, this.bytes(at, length).slice())
    const to = this.exports.outboard_alloc(answer.length + 4)
    if (to === 0) return 0
    const out = this.bytes(to, answer.length + 4)
    new DataView(out.buffer, out.byteOffset).setUint32(0, answer.length, true)
    out.set(answer, 4)
    return to
  }

  imports(): Record<string, (...parameters: number[]) => number | void> {
    const bytes = (at: number, length: number): Uint8Array<ArrayBuffer> => this.bytes(at, length)
    return {
      wall_ms: () => Date.now(),
      monotonic_us: () => performance.now() * 1000,
      random: (at, length) => fillRandom(bytes(at!, length!)),
      is_cancelled: (client, id) => {
        this.#signs.working()
        return Number(this.cancels.isCancelled(client!, id!))
      },
      call_function: (number, step, group, at, length) =>
        this.#callFunction(number!, step!, group!, at!, length!),
      log: (at, length) =>
        console.info(`outboard: ${new TextDecoder().decode(bytes(at!, length!))}`),
      file_read: (slot, at, length, offset) =>
        this.files?.read(slot!, bytes(at!, length!), offset!) ?? notOpen,
      file_write: (slot, at, length, offset) => {
        this.#signs.working()
        return this.files?.write(slot!, bytes(at!, length!), offset!) ?? notOpen
      },
      file_truncate: (slot, size) => this.files?.truncate(slot!, size!) ?? notOpen,
      file_flush: (slot) => {
        this.#signs.waiting()
        return this.files?.flush(slot!) ?? notOpen
      },
      file_size: (slot) => this.files?.size(slot!) ?? notOpen,
    }
  }
}

/** One engine in a module. */
export class Engine {
  readonly #module: Module
  readonly #engine: number

  /** `watches`: this worker may ask about addresses. */
  constructor(module: Module, storage: Storage, { watches }: { watches: boolean }) {
    this.#module = module
    const { cancels } = module
    this.watch = watches ? (...request) => cancels.watch(...request) : undefined
    this.#engine = module.exports.outboard_open(storage === 'memory' ? 1 : 0)
    if (this.#engine === 0) throw new Error('the engine could not be made')
  }

  /** Has what the application added called from now on. Before the database is opened. */
  add(functions: Functions): void {
    const { exports } = this.#module
    this.#module.functions = functions
    for (const [number, added] of functions.all.entries()) {
      const name = new TextEncoder().encode(added.name)
      const at = this.#module.give(name)
      const { arguments: count, traits } = added
      const refused = exports.outboard_add_function(
        this.#engine,
        number,
        at,
        name.length,
        count,
        traits,
      )
      if (refused === 0) continue
      const { body } = new MessageReader(this.#module.frame(refused)).next()!
      const { code, message, hint } = errorOf(body[0] as { [key: string]: unknown })
      throw new Problem(code, message, hint)
    }
  }

  /** What a function reads: the body of an `exec`. Gives a frame. */
  read(body: Uint8Array): ArrayBuffer {
    const at = this.#module.give(body)
    return this.#module.frame(this.#module.exports.outboard_read(this.#engine, at, body.length))
  }

  /** That request of that client is taken back once `url` leads nowhere. Nothing: it cannot be. */
  readonly watch: ((client: number, id: number, url: string) => void) | undefined

  /** A new client, by its number. */
  connect(): number {
    return this.#module.exports.outboard_connect(this.#engine)
  }

  /** The end of one: what it had open is rolled back, what it asked is dropped. */
  disconnect(client: number): void {
    this.#module.exports.outboard_disconnect(this.#engine, client)
  }

  /** Hands it a message of that client. */
  send(client: number, message: ArrayBuffer): void {
    const at = this.#module.give(new Uint8Array(message))
    this.#module.exports.outboard_send(this.#engine, client, at, message.byteLength)
  }

  /** Works for a few milliseconds. True: there is more to do. */
  run(): boolean {
    return this.#module.exports.outboard_run(this.#engine) !== 0
  }

  /** Whether nobody would lose anything but time if it ended now. */
  isQuiet(): boolean {
    return this.#module.exports.outboard_is_quiet(this.#engine) !== 0
  }

  /** What is to be posted to that client now, if anything. */
  next(client: number): ArrayBuffer | undefined {
    const length = this.#module.exports.outboard_next(this.#engine, client) >>> 0
    if (length === 0) return undefined
    const at = this.#module.exports.outboard_next_data(this.#engine)
    return this.#module.bytes(at, length).slice().buffer
  }

  /** After how long it wants to run again; negative: not before the next message. */
  wakeMs(): number {
    return this.#module.exports.outboard_wake_ms(this.#engine)
  }

  close(): void {
    this.#module.exports.outboard_close(this.#engine)
  }
}
