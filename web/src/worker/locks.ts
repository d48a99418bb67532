// Web Locks: a name that one worker at a time can hold, and that is free again the moment it dies.

/**
 * Takes a lock, waiting until it can be had or `signal` says otherwise. Returns how to release it,
 * which resolves when others can have it; nothing if it could not be had.
 */
export function takeLock(name: string, signal: AbortSignal): Promise<Release | undefined> {
  if (navigator.locks === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const hold = (): Promise<void> =>
      new Promise((release) => {
        resolve(() => {
          release()
          return released
        })
      })
    const released = navigator.locks.request(name, { signal }, hold).then(
      () => {},
      () => resolve(undefined),
    )
  })
}

export type Release = () => Promise<void>
