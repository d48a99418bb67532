// Web Locks: a name that one worker at a time can hold, and that is free again the moment it dies.

/**
 * Takes a lock, waiting for it at most that long. Returns how to release it; nothing if it could
 * not be had.
 */
export function takeLock(name: string, waitMs: number): Promise<(() => void) | undefined> {
  if (navigator.locks === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(waitMs)
    const hold = (): Promise<void> => new Promise((release) => resolve(release))
    navigator.locks.request(name, { signal }, hold).catch(() => resolve(undefined))
  })
}
