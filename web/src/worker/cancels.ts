// What was taken back while it runs (rule H9). A worker in the middle of a statement hears nothing,
// but it can ask whether an address of the page's still leads anywhere: a request that can be taken
// back has one of its own, and the page revokes it.

/** So many addresses are kept: of requests that ended there are always some. */
const watchedMax = 4_096
/** A statement that takes no longer is not asked about. */
const firstMs = 50
/** Between two questions, and so many times as long as one took. */
const pauseMs = 10
const pauseFactor = 10

/** Whether a policy lets this worker ask. On a page's own thread there is nobody to take back. */
export async function canAsk(): Promise<boolean> {
  if (typeof XMLHttpRequest === 'undefined' || 'document' in globalThis) return false
  const url = URL.createObjectURL(new Blob())
  try {
    await fetch(url)
    return true
  } catch {
    return false
  } finally {
    URL.revokeObjectURL(url)
  }
}

export class Cancels {
  readonly #watched = new Map<string, string>() // the oldest first
  #running = ''
  #askAt = 0

  /** That request is taken back once `url` leads nowhere. */
  watch(client: number, id: number, url: string): void {
    const [oldest] = this.#watched.size < watchedMax ? [] : this.#watched.keys()
    if (oldest !== undefined) this.#watched.delete(oldest)
    this.#watched.set(`${client}.${id}`, url)
  }

  /** Asked by the engine, again and again, about the request that it works on. */
  isCancelled(client: number, id: number): boolean {
    if (this.#watched.size === 0) return false
    const request = `${client}.${id}`
    const url = this.#watched.get(request)
    if (url === undefined) return false
    const now = performance.now()
    if (this.#running !== request) {
      this.#running = request
      this.#askAt = now + firstMs
    }
    if (now < this.#askAt) return false
    const isGone = leadsNowhere(url)
    const end = performance.now()
    this.#askAt = end + Math.max(pauseMs, pauseFactor * (end - now))
    return isGone
  }
}

function leadsNowhere(url: string): boolean {
  const request = new XMLHttpRequest()
  request.open('GET', url, false)
  try {
    request.send()
    return false
  } catch {
    return true
  }
}
