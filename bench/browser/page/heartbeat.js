// How long the page's main thread is held: a message to itself, again and again, and the longest
// time between two of them. Beside it, the longest time between two frames, and the browser's own
// list of tasks over 50 ms.

export class Heartbeat {
  longestGapMs = 0
  longestFrameGapMs = 0
  longestTaskMs = 0
  #over = false
  #channel = new MessageChannel()
  #observer = new PerformanceObserver((list) => this.#observe(list.getEntries()))

  constructor() {
    let last = performance.now()
    this.#channel.port1.onmessage = () => {
      const now = performance.now()
      this.longestGapMs = Math.max(this.longestGapMs, now - last)
      last = now
      if (!this.#over) this.#channel.port2.postMessage(null)
    }
    this.#channel.port2.postMessage(null)
    this.#frame(performance.now())
    this.#observer.observe({ type: 'longtask' })
  }

  stop() {
    this.#over = true
    this.#observe(this.#observer.takeRecords())
    this.#observer.disconnect()
    const { longestGapMs, longestFrameGapMs, longestTaskMs } = this
    return { longestGapMs, longestFrameGapMs, longestTaskMs }
  }

  #frame(last) {
    requestAnimationFrame(() => {
      if (this.#over) return
      const now = performance.now()
      this.longestFrameGapMs = Math.max(this.longestFrameGapMs, now - last)
      this.#frame(now)
    })
  }

  #observe(entries) {
    for (const { duration } of entries) this.longestTaskMs = Math.max(this.longestTaskMs, duration)
  }
}
