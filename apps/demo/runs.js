// The runs beside the chart: much work for the engine and, for contrast, as much for the page.
import { byId, nextFrame } from './dom.js'
import { count, duration, frameTime } from './format.js'
import { judge } from './frames.js'

const rowsPerRun = 100_000
const blockDefaultMs = 500

const makeTable = `create table if not exists sample_row(
  id integer primary key, title text not null, body text not null, value real not null)`

function sampleOf(number) {
  return [
    number,
    `Row ${number}`,
    `What is written in row ${number}: about as much as a short note.`,
    number / 7,
  ]
}

/** One run at a time; each shows its figures beside its button. */
export class Runs {
  #meter
  #onChange
  #onFailed
  #db
  #running = false
  #writeMs = blockDefaultMs

  /**
   * `onChange` is called when the database has grown or shrunk, `onFailed` with an error and a way
   * to try again.
   */
  constructor(meter, { onChange, onFailed }) {
    this.#meter = meter
    this.#onChange = onChange
    this.#onFailed = onFailed
    byId('write').addEventListener('click', () => this.#run('write', () => this.#write()))
    byId('scan').addEventListener('click', () => this.#run('scan', () => this.#scan()))
    byId('clear').addEventListener('click', () => this.#run('clear', () => this.#clear()))
    byId('block').addEventListener('click', () => this.#run('block', () => this.#block()))
    this.#describeBlock()
    this.use(undefined)
  }

  /** Works with that database from now on, or without one. */
  use(db) {
    this.#db = db
    this.#enable()
  }

  // A disabled button would lose the focus, so buttons only say that they are.
  #enable() {
    for (const id of ['write', 'scan', 'clear', 'block']) {
      const off = this.#running || (this.#db === undefined && id !== 'block')
      byId(id).disabled = false
      byId(id).setAttribute('aria-disabled', String(off))
    }
  }

  async #run(id, action) {
    if (byId(id).getAttribute('aria-disabled') === 'true') return
    this.#running = true
    this.#enable()
    byId('propeller').classList.toggle('turning', id !== 'block')
    try {
      await action()
    } catch (error) {
      show(id, ['Failed'])
      this.#onFailed(error, () => void this.#run(id, action))
    } finally {
      this.#running = false
      byId('propeller').classList.remove('turning')
      this.#enable()
    }
  }

  async #write() {
    await this.#db.exec(makeTable)
    await this.#db.exec('delete from sample_row')
    let taken = 0
    function* rows() {
      for (taken = 1; taken <= rowsPerRun; ++taken) yield sampleOf(taken)
    }
    const start = performance.now()
    let going = true
    const progress = () => {
      if (!going) return
      show('write', [
        `${count(Math.min(taken, rowsPerRun))} sent`,
        duration(performance.now() - start),
      ])
      requestAnimationFrame(progress)
    }
    progress()
    const { result, longestMs } = await this.#meter.during('worker writes', async () => {
      try {
        const { changes } = await this.#db.many(
          'insert into sample_row values (?, ?, ?, ?)',
          rows(),
        )
        return { rows: changes, ms: performance.now() - start }
      } finally {
        going = false
      }
    })
    this.#writeMs = result.ms
    this.#describeBlock()
    report('write', 'Written by the engine', { ...result, longestMs })
    this.#onChange()
  }

  async #scan() {
    await this.#db.exec(makeTable)
    show('scan', ['…'])
    const { result, longestMs } = await this.#meter.during('worker reads', async () => {
      const start = performance.now()
      const rows = await this.#db.all('select id, title, body, value from sample_row')
      return { rows: rows.length, ms: performance.now() - start }
    })
    report('scan', 'Read as objects', { ...result, longestMs })
  }

  async #clear() {
    await this.#db.exec('drop table if exists sample_row')
    await this.#db.exec('vacuum')
    for (const id of ['write', 'scan', 'block']) show(id, [])
    byId('runs-status').textContent = 'The rows are gone.'
    this.#onChange()
  }

  async #block() {
    show('block', ['…'])
    // The button shows that it was pressed.
    for (let frame = 0; frame < 2; ++frame) await nextFrame()
    const { result, longestMs } = await this.#meter.during('page works', async () =>
      workHere(this.#writeMs),
    )
    report('block', 'Built and sorted by this page', { ...result, noun: 'object', longestMs })
  }

  #describeBlock() {
    byId('block-text').textContent =
      `“The same” uses no database: this page builds and sorts ${count(rowsPerRun)} ` +
      `objects, again and again for ${duration(this.#writeMs)}, on its own thread.`
  }
}

/** Holds this thread for about that long, with work as a page has that keeps rows by itself. */
function workHere(durationMs) {
  const start = performance.now()
  let objects = 0
  do {
    const rows = []
    for (let number = 1; number <= rowsPerRun; ++number) {
      const [id, title, body, value] = sampleOf((number * 7919) % rowsPerRun)
      rows.push({ id, title, body, value })
    }
    rows.sort((a, b) => a.id - b.id)
    objects += rows.length
  } while (performance.now() - start < durationMs)
  return { rows: objects, ms: performance.now() - start }
}

function report(id, what, { rows, ms, longestMs, noun = 'row' }) {
  const perSecond = noun === 'row' ? `${count(Math.round(rows / (ms / 1000)))}/s` : ''
  show(
    id,
    [count(rows, noun), duration(ms), perSecond, `longest frame ${frameTime(longestMs)}`],
    judge(longestMs),
  )
  byId('runs-status').textContent =
    `${what}: ${count(rows, noun)} in ${duration(ms)}. ` +
    `The longest frame took ${frameTime(longestMs)}.`
}

function show(id, parts, verdict = '') {
  const holder = document.getElementById(`${id}-figures`)
  if (holder === null) return
  holder.dataset.verdict = verdict
  holder.replaceChildren(
    ...parts.map((part) => Object.assign(document.createElement('span'), { textContent: part })),
  )
}
