// Web Locks: a name that one worker at a time can hold, and that is free again the moment it dies.

/**
 * Takes a lock, waiting until it can be had or `signal` says otherwise. Returns how to release it;
 * nothing if it could not be had.
 */
export function takeLock(name: string, signal: AbortSignal): Promise<(() => void) | undefined> {
  if (navigator.locks === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const hold = (): Promise<void> => new Promise((release) => resolve(release))
    navigator.locks.request(name, { signal }, hold).catch(() => resolve(undefined))
  })
}
