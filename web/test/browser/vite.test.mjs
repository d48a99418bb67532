// An application that Vite built, without a plug-in and with its defaults, finds worker and module.
import { cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TestServer } from './server.mjs'
import { freshFolder } from './chromium.mjs'

const web = fileURLToPath(new URL('../..', import.meta.url))

// The package as npm installs it: package.json and dist in a node_modules of the application's.
function application() {
  const folder = freshFolder('vite')
  cpSync(join(web, 'test/vite'), folder, { recursive: true })
  const installed = join(folder, 'node_modules/outboard')
  mkdirSync(installed, { recursive: true })
  cpSync(join(web, 'package.json'), join(installed, 'package.json'))
  cpSync(join(web, 'dist'), join(installed, 'dist'), { recursive: true })
  return folder
}

export const tests = {
  'an application built by Vite opens a database': async ({ context, note }) => {
    const { build } = await import('vite')
    const folder = application()
    const built = join(folder, 'dist')
    await build({ root: folder, logLevel: 'error', configFile: false, build: { outDir: built } })
    note(`Vite wrote ${readdirSync(join(built, 'assets')).join(', ')}`)
    const server = await new TestServer({ '/': built }).start()
    server.routes.set('/', (response) => {
      response.setHeader('Location', '/index.html')
      response.statusCode = 302
      response.end()
    })
    const page = await context.newPage()
    try {
      for (const visits of [1, 2]) {
        await page.goto(`${server.address}/index.html`)
        await page.waitForFunction(() => /:/.test(document.title), undefined, { timeout: 20_000 })
        const title = await page.title()
        if (title !== `visits: ${visits}`) throw new Error(title)
      }
    } finally {
      await page.close()
      server.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  },
}
