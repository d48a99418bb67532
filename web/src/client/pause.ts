// Lets the page breathe in the middle of long work.

const sliceMs = 5

/** Goes on in a later task: input, drawing and other messages come first. */
export function pause(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

/** Tells when a task has worked long enough. */
export class TimeSlice {
  #end = performance.now() + sliceMs

  get over(): boolean {
    return performance.now() >= this.#end
  }

  /** Pauses if the slice is over; then the next one begins. */
  async rest(): Promise<void> {
    if (!this.over) return
    await pause()
    this.restart()
  }

  restart(): void {
    this.#end = performance.now() + sliceMs
  }
}
