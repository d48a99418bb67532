// A database in memory that is saved as a whole, soon after it changed (rule H14). A save is what
// the files hold at one moment, just as a crash at that moment would leave them; the engine goes on
// meanwhile.
import { cannotUse } from './directory.js'
import { HeapFiles } from './heap_files.js'
import type { Place } from './place.js'
import { Problem } from './problem.js'
import { loadSaved, writeSaved } from './saved.js'
import { slots } from './files.js'

/** Of a database with its log and its scratch files; it fails as a full disk does. */
const bytesMax = 256 << 20
/** A change waits so long, and so many times as long as the last save took. */
const delayMs = 250
const delayFactor = 4
const failedDelayMs = 5_000

export class Autosave implements Place {
  readonly files = new HeapFiles(bytesMax)
  readonly #directory: FileSystemDirectoryHandle
  readonly #closed = new AbortController()
  #number = 0
  #saving: Promise<void> | undefined
  #timer: ReturnType<typeof setTimeout> | undefined
  #delayMs = delayMs

  private constructor(directory: FileSystemDirectoryHandle) {
    this.#directory = directory
  }

  /** Reads what was saved last. REQUIRES: the directory is this worker's. */
  static async open(directory: FileSystemDirectoryHandle): Promise<Autosave> {
    const place = new Autosave(directory)
    try {
      place.#number = await loadSaved(place.#directory, place.files)
    } catch (error) {
      throw error instanceof Problem ? error : cannotUse(error)
    }
    place.files.changed = false
    return place
  }

  turned(): void {
    if (!this.files.changed || this.#timer !== undefined || this.#saving !== undefined) return
    if (this.#closed.signal.aborted) return
    this.#timer = setTimeout(() => void this.#save().catch(() => {}), this.#delayMs)
  }

  async flush(): Promise<void> {
    // One that is under way may have begun before the last change.
    await this.#saving?.catch(() => {})
    if (this.#saving !== undefined || this.files.changed) await this.#save()
  }

  async leave(): Promise<void> {
    try {
      await this.flush()
    } finally {
      this.close()
    }
  }

  close(): void {
    this.#closed.abort()
    clearTimeout(this.#timer)
  }

  #save(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#saving ??= this.#saveNow().finally(() => {
      this.#saving = undefined
      this.turned()
    })
    return this.#saving
  }

  async #saveNow(): Promise<void> {
    const start = performance.now()
    const { files } = this
    files.changed = false
    const parts = [files.keep(slots.database), files.keep(slots.log)] as const
    try {
      await writeSaved(this.#directory, ++this.#number, parts, this.#closed.signal)
      this.#delayMs = Math.max(delayMs, delayFactor * (performance.now() - start))
    } catch (error) {
      files.changed = true
      this.#delayMs = failedDelayMs
      throw cannotUse(error)
    }
  }
}
