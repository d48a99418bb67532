// The Chromium that tests and benches drive.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export const executable = process.env.OUTBOARD_CHROMIUM ?? '/usr/bin/chromium'
export const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Plain contexts of Playwright keep OPFS in memory: this one has a profile on disk. */
export function launch(profile) {
  return chromium.launchPersistentContext(profile, {
    executablePath: executable,
    args: switches,
    headless: true,
  })
}

export function freshFolder(purpose) {
  return mkdtempSync(join(tmpdir(), `outboard-${purpose}-`))
}
