// The guides are programs: what their TypeScript prints stands in them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { TestServer } from './server.mjs'

const web = fileURLToPath(new URL('../..', import.meta.url))
const installed = { 'outboard/kysely': 'kysely/index.js' }

// All blocks of that language, one behind the other.
const blocks = (text, language) =>
  [...text.matchAll(new RegExp('```' + language + '\n([^]*?)```', 'g'))].map((m) => m[1]).join('')

// The core is served as it is, beside its worker; what stands on it is bundled with its packages.
const asInstalled = {
  name: 'as-installed',
  setup(plugin) {
    const core = { path: '/outboard/index.js', external: true }
    plugin.onResolve({ filter: /^(outboard|\.\.\/index\.js)$/ }, () => core)
    plugin.onResolve({ filter: /^outboard\// }, ({ path }) => ({
      path: join(web, 'dist', installed[path]),
    }))
  },
}

async function printedBy(guide, context) {
  const language = guide.includes('```tsx') ? 'tsx' : 'ts'
  const { outputFiles } = await build({
    stdin: { contents: blocks(guide, language), loader: language, resolveDir: web },
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    plugins: [asInstalled],
  })
  const server = await new TestServer({ '/outboard/': join(web, 'dist') }).start()
  server.routes.set('/guide.js', (response) => {
    response.setHeader('Content-Type', 'text/javascript; charset=utf-8')
    response.end(outputFiles[0].text)
  })
  const page = await context.newPage()
  const printed = []
  page.on('console', (message) => printed.push(`${message.text()}\n`))
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
}
