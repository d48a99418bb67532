// The guides are programs: what their TypeScript prints stands in them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.mjs'
import { TestServer } from './server.mjs'
import { serve } from './support.mjs'

const web = fileURLToPath(new URL('../..', import.meta.url))

// All blocks of that language, one behind the other.
const blocks = (text, language) =>
  [...text.matchAll(new RegExp('```' + language + '\n([^]*?)```', 'g'))].map((m) => m[1]).join('')

async function printedBy(guide, context) {
  const loader = guide.includes('```tsx') ? 'tsx' : 'ts'
  const text = await bundle({ contents: blocks(guide, loader), loader })
  const server = await new TestServer({ '/outboard/': join(web, 'dist') }).start()
  serve(server, '/guide.js', text)
  const page = await context.newPage()
  const printed = []
  page.on('console', (message) => {
    if (message.type() === 'log') printed.push(`${message.text()}\n`)
  })
  try {
    await page.goto(server.address)
    await page.evaluate(() => import('/guide.js'))
    return printed.join('')
  } finally {
    await page.close()
    server.stop()
  }
}

const guide =
  (name) =>
  async ({ context }) => {
    const text = readFileSync(join(web, `../docs/guide-${name}.md`), 'utf8')
    const printed = await printedBy(text, context)
    if (printed !== blocks(text, 'text')) throw new Error(`it printed\n${printed}`)
  }

export const tests = {
  'the guide to Kysely prints what it says': guide('kysely'),
  'the guide to React prints what it says': guide('react'),
}
