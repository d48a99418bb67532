// No database at all: what a round trip to a worker costs at least.
import { pointOf, trips } from './rows.js'

export async function open() {
  return new Echo(new Worker('/bench/echo_worker.js'))
}

class Echo {
  #worker

  constructor(worker) {
    this.#worker = worker
  }

  create() {}
  fill() {}
  close = () => this.#worker.terminate()

  async trips() {
    for (let i = 0; i < trips; ++i)
      await new Promise((resolve) => {
        this.#worker.onmessage = resolve
        this.#worker.postMessage({ id: pointOf(i) })
      })
  }
}
