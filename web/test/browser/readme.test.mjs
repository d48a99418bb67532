// The TypeScript of the README is a program: it prints what stands below it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transform } from 'esbuild'
import { TestServer } from './server.mjs'
import { serve } from './support.mjs'

const web = fileURLToPath(new URL('../..', import.meta.url))

// The first block of that kind behind the heading.
function block(readme, heading, language) {
  const section = readme.slice(readme.indexOf(heading))
  const start = section.indexOf('```' + language + '\n') + language.length + 4
  return section.slice(start, section.indexOf('```', start))
}

export const tests = {
  'the TypeScript of the README prints what it says': async ({ context }) => {
    const readme = readFileSync(join(web, '../README.md'), 'utf8')
    const { code } = await transform(block(readme, '## In the browser', 'ts'), { loader: 'ts' })
    const server = await new TestServer({ '/outboard/': join(web, 'dist') }).start()
    serve(server, '/readme.js', code.replace(/from ["']outboard["']/, "from '/outboard/index.js'"))
    const page = await context.newPage()
    const printed = []
    page.on('console', (message) => printed.push(`${message.text()}\n`))
    try {
      await page.goto(server.address)
      await page.evaluate(() => import('/readme.js'))
      const expected = block(readme, '## In the browser', 'text')
      if (printed.join('') !== expected) throw new Error(`it printed\n${printed.join('')}`)
    } finally {
      await page.close()
      server.stop()
    }
  },
}
