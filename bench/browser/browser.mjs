// One Chromium with a profile on disk (a plain context of Playwright keeps OPFS in memory), and
// fresh pages of it.
import { rmSync } from 'node:fs'
import { freshFolder, launch } from '../../web/test/browser/chromium.mjs'

const runTimeoutMs = 180_000

export class Browser {
  static async launch(address) {
    const profile = freshFolder('bench')
    return new Browser(address, profile, await launch(profile))
  }

  constructor(address, profile, context) {
    this.address = address
    this.profile = profile
    this.context = context
  }

  version() {
    return this.context.browser()?.version() ?? 'of unknown version'
  }

  /** Gives `use` a fresh page, and closes it. */
  async page(use) {
    const page = await this.context.newPage()
    const said = []
    page.on('console', (message) => said.push(message.text()))
    page.on('pageerror', (error) => said.push(String(error)))
    let timer
    try {
      await page.goto(this.address)
      const late = new Promise((_, reject) => {
        const tooLate = () => reject(new Error(`not done after ${runTimeoutMs} ms`))
        timer = setTimeout(tooLate, runTimeoutMs)
      })
      return await Promise.race([use(page), late])
    } catch (error) {
      throw new Error([error.message, ...said.slice(-10)].join('\n  '))
    } finally {
      clearTimeout(timer)
      await page.close()
    }
  }

  async stop() {
    await this.context.close().catch(() => {})
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 })
  }
}
