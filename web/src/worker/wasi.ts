// The few system calls that the module's C library may make. Files are not among them.

const success = 0
const badFile = 8
const notImplemented = 52

type Call = (...parameters: never[]) => number

/** The imports `wasi_snapshot_preview1`; what is not here answers "not implemented". */
export function wasiImports(memory: () => WebAssembly.Memory): Record<string, Call> {
  const view = (): DataView => new DataView(memory().buffer)
  const nothing = (countAt: number, bytesAt: number): number => {
    view().setUint32(countAt, 0, true)
    view().setUint32(bytesAt, 0, true)
    return success
  }
  const calls: Record<string, Call> = {
    args_get: () => success,
    args_sizes_get: nothing,
    environ_get: () => success,
    environ_sizes_get: nothing,
    fd_close: () => badFile,
    fd_fdstat_get: () => badFile,
    fd_prestat_get: () => badFile,
    fd_read: () => badFile,
    fd_seek: () => badFile,
    sched_yield: () => success,

    clock_time_get: (clock: number, _precision: bigint, at: number) => {
      const ms = clock === 0 ? Date.now() : performance.now()
      view().setBigUint64(at, BigInt(Math.round(ms * 1000)) * 1000n, true)
      return success
    },

    fd_write: (_file: number, parts: number, count: number, writtenAt: number) => {
      let text = ''
      let written = 0
      for (let i = 0; i < count; ++i) {
        const at = view().getUint32(parts + 8 * i, true)
        const bytes = view().getUint32(parts + 8 * i + 4, true)
        text += new TextDecoder().decode(new Uint8Array(memory().buffer, at, bytes))
        written += bytes
      }
      if (text.trim() !== '') console.warn(`outboard: ${text.trimEnd()}`)
      view().setUint32(writtenAt, written, true)
      return success
    },

    random_get: (at: number, bytes: number) => {
      fillRandom(new Uint8Array(memory().buffer, at, bytes))
      return success
    },

    // Must not return: what is thrown here ends the engine, as a trap does.
    proc_exit: (status: number) => {
      throw new Error(`the engine ended itself with status ${status}`)
    },
  }
  return new Proxy(calls, { get: (known, name: string) => known[name] ?? (() => notImplemented) })
}

/** Fills it with bytes fit for keys. */
export function fillRandom(bytes: Uint8Array<ArrayBuffer>): void {
  const callBytesMax = 65_536
  for (let at = 0; at < bytes.length; at += callBytesMax) {
    crypto.getRandomValues(bytes.subarray(at, at + callBytesMax))
  }
}
