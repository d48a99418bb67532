// The package as it is published: its surface, and what an application gets of it that takes a part.
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runInNewContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { entries, reportFile, surfaceOf } from '../api/report.mjs'

const web = join(dirname(fileURLToPath(import.meta.url)), '..')
const published = (name) => join(web, 'dist', entries[name].replace(/\.d\.ts$/, '.js'))

function isAsReported(name) {
  const { text } = surfaceOf(name)
  const kept = existsSync(reportFile(name)) ? readFileSync(reportFile(name), 'utf8') : ''
  if (text === kept) return
  const [was, is] = [kept, text].map((all) => all.split('\n'))
  const gone = was.filter((line) => !is.includes(line)).map((line) => `- ${line}`)
  const added = is.filter((line) => !was.includes(line)).map((line) => `+ ${line}`)
  throw new Error(
    `the public surface of ${name} is not that of ${relative(web, reportFile(name))}. ` +
      'If that is meant, `npm run api` in web/ accepts it; say in CHANGELOG.md what changes for ' +
      `applications.\n${[...gone, ...added].join('\n')}`,
  )
}

function saysNoAny(name) {
  const { anys } = surfaceOf(name)
  if (anys.length > 0) throw new Error(`\`any\` is in ${anys.join(', ')}: use unknown`)
}

// Bundles a program as an application would, but for what others publish: `foreign` tells which.
// `trusting`: as package.json says, modules have no side effects; else the bundler has to see it.
async function bundled(program, { trusting }) {
  const foreign = new Set()
  const resolver = {
    name: 'published',
    setup(plugin) {
      plugin.onResolve({ filter: /^[a-z]/ }, ({ path, kind }) => {
        if (kind === 'entry-point') return undefined
        if (path in entries) return { path: published(path), sideEffects: !trusting }
        foreign.add(path)
        return { path, external: true, sideEffects: false }
      })
      plugin.onResolve({ filter: /^\.\.\/index\.js$/ }, () => ({
        path: published('outboard'),
        sideEffects: !trusting,
      }))
    },
  }
  const { outputFiles, metafile } = await build({
    stdin: { contents: program, resolveDir: web },
    bundle: true,
    write: false,
    minify: true,
    metafile: true,
    format: 'esm',
    target: 'es2022',
    plugins: [resolver],
  })
  const [output] = Object.values(metafile.outputs)
  const modules = Object.entries(output.inputs)
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([path]) => path)
  const imports = output.imports.map(({ path }) => path)
  return { text: outputFiles[0].text, modules, imports, foreign: [...foreign] }
}

// What an import alone leaves is a few constants: they need nothing that a page or Node has.
const constantsBytesMax = 300

async function runsNothing(name) {
  const { text } = await bundled(`import '${name}'`, { trusting: false })
  if (text.length > constantsBytesMax)
    throw new Error(`an import alone leaves ${text.length} bytes:\n${text.slice(0, 1000)}`)
  runInNewContext(text, Object.create(null))
}

const parts = {
  open: { from: 'outboard', foreign: [] },
  onMainThread: { from: 'outboard/main', foreign: [] },
  OutboardDialect: { from: 'outboard/kysely', foreign: ['kysely'] },
  useQuery: { from: 'outboard/react', foreign: ['react'] },
}

async function pullsInNothingElse(part, report) {
  const { from, foreign } = parts[part]
  const program = `import { ${part} } from '${from}'\nglobalThis.used = ${part}`
  const { text, modules, imports } = await bundled(program, { trusting: true })
  const odd = imports.filter((path) => !foreign.includes(path))
  if (odd.length > 0) throw new Error(`it pulls in ${odd.join(', ')}`)
  const own = [published(from), published('outboard')].map((path) => relative(process.cwd(), path))
  const others = modules.filter((path) => path !== '<stdin>' && !own.includes(path))
  if (others.length > 0) throw new Error(`it pulls in ${others.join(', ')}`)
  if (from !== 'outboard' && /new Worker\(/.test(text)) throw new Error('it pulls in the client')
  const zipped = gzipSync(text).length
  report.note(`${part} of ${from}: ${text.length} bytes, ${zipped} with gzip`)
}

export async function run({ report, filter }) {
  const tests = {}
  for (const name of Object.keys(entries)) {
    tests[`the surface of ${name} is as api/ has it`] = () => isAsReported(name)
    tests[`there is no any in the surface of ${name}`] = () => saysNoAny(name)
    tests[`importing ${name} runs nothing`] = () => runsNothing(name)
  }
  for (const part of Object.keys(parts))
    tests[`${part} comes with nothing that it does not use`] = () =>
      pullsInNothingElse(part, report)
  for (const [title, body] of Object.entries(tests)) {
    const name = `package: ${title}`
    if (!name.includes(filter)) continue
    const start = performance.now()
    try {
      await body()
      report.pass(name, performance.now() - start)
    } catch (error) {
      report.fail(name, performance.now() - start, error)
    }
  }
}
