// How long this page's frames take: the time from one animation frame to the next, always measured.

export const windowMs = 10_000
/** One frame at 60 a second. */
export const frameMs = 1000 / 60

// Enough for the window on a screen of 400 frames a second.
const framesMax = 4_096
const spansMax = 32

/** How a frame is judged. A little late is what a screen and a busy machine do by themselves. */
export function judge(ms) {
  if (ms <= frameMs * 1.5) return 'smooth'
  return ms <= 50 ? 'uneven' : 'stutters'
}

export class FrameMeter {
  /** What ran when, newest last: { label, startMs, endMs }; endMs is undefined while it runs. */
  spans = []
  #endsMs = new Float64Array(framesMax)
  #durationsMs = new Float64Array(framesMax)
  #frames = 0
  #lastMs

  /** Calls `onFrame(now)` in every frame from now on. */
  start(onFrame) {
    // A hidden page draws nothing: that is no long frame.
    document.addEventListener('visibilitychange', () => (this.#lastMs = undefined))
    const tick = (now) => {
      if (this.#lastMs !== undefined) this.#add(now, now - this.#lastMs)
      this.#lastMs = now
      onFrame(now)
      requestAnimationFrame(tick)
    }
    requestAnimationFrame(tick)
  }

  /** Calls `visit(startMs, endMs)` for each frame that ended after `sinceMs`, oldest first. */
  each(sinceMs, visit) {
    let first = this.#frames
    const oldest = Math.max(0, this.#frames - framesMax)
    while (first > oldest && this.#endsMs[(first - 1) % framesMax] > sinceMs) --first
    for (let frame = first; frame < this.#frames; ++frame) {
      const endMs = this.#endsMs[frame % framesMax]
      visit(endMs - this.#durationsMs[frame % framesMax], endMs)
    }
  }

  longestSince(sinceMs) {
    let longestMs = 0
    this.each(sinceMs, (startMs, endMs) => (longestMs = Math.max(longestMs, endMs - startMs)))
    return longestMs
  }

  /**
   * Runs `action` and returns { result, longestMs }: the longest frame from its start to the frame
   * after its end.
   */
  async during(label, action) {
    const span = { label, startMs: performance.now(), endMs: undefined }
    this.spans = [...this.spans, span].slice(-spansMax)
    try {
      const result = await action()
      span.endMs = performance.now()
      // The frame that shows the result counts too; its length is known when the next one begins.
      for (let frame = 0; frame < 2; ++frame)
        await new Promise((resolve) => requestAnimationFrame(resolve))
      return { result, longestMs: this.longestSince(span.startMs) }
    } finally {
      span.endMs ??= performance.now()
    }
  }

  #add(endMs, durationMs) {
    this.#endsMs[this.#frames % framesMax] = endMs
    this.#durationsMs[this.#frames % framesMax] = durationMs
    ++this.#frames
  }
}
