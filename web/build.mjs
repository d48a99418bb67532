// Builds the npm package into dist/ and the demo page into ../build/demo/.
//   node build.mjs [--wasm FILE]
import { build } from 'esbuild'
import { execFileSync } from 'node:child_process'
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib'
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, extname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const web = dirname(fileURLToPath(import.meta.url))
const dist = join(web, 'dist')
const demoSource = join(web, '../apps/demo')
const demo = join(web, '../build/demo')
const wasmOption = process.argv.indexOf('--wasm')
const wasm =
  wasmOption > 0 ? process.argv[wasmOption + 1] : join(web, '../build/wasm/outboard.min.wasm')

const common = {
  absWorkingDir: web,
  bundle: true,
  format: 'esm',
  target: 'es2022',
  sourcemap: true,
  logLevel: 'warning',
}

async function buildPackage() {
  if (!existsSync(wasm))
    fail(`there is no ${relative(process.cwd(), wasm)}: build the preset \`wasm\` first`)
  rmSync(dist, { recursive: true, force: true })
  await build({ ...common, entryPoints: ['src/index.ts', 'src/main.ts'], outdir: dist })
  await build({
    ...common,
    entryPoints: ['src/kysely/index.ts', 'src/react/index.ts'],
    outbase: 'src',
    outdir: dist,
    packages: 'external',
    plugins: [besideTheCore],
  })
  await build({ ...common, entryPoints: ['src/worker.ts'], outdir: dist, minify: true })
  cpSync(wasm, join(dist, 'outboard.wasm'))
  checkTypes('tsconfig.worker.json')
  checkTypes('tsconfig.dist.json')
}

// What stands on the package imports it, instead of holding a copy of it.
const besideTheCore = {
  name: 'beside-the-core',
  setup(plugin) {
    plugin.onResolve({ filter: /^\.\.\/index\.js$/ }, ({ path }) => ({ path, external: true }))
  },
}

function checkTypes(project) {
  const compiler = join(web, 'node_modules/typescript/bin/tsc')
  try {
    execFileSync(process.execPath, [compiler, '-p', join(web, project)], { stdio: 'inherit' })
  } catch {
    fail(`the types of ${project} are wrong`)
  }
}

// The demo's modules stay modules, one file each; they import the package as 'outboard'.
async function buildDemo() {
  mkdirSync(demo, { recursive: true })
  const kept = new Set()
  const modules = []
  for (const file of filesIn(demoSource)) {
    if (/\.d\.ts$/.test(file)) continue
    if (/\.(ts|js|mjs)$/.test(file)) modules.push(file)
    else {
      cpSync(join(demoSource, file), join(demo, file))
      kept.add(file)
    }
  }
  if (modules.length > 0) {
    await build({
      ...common,
      absWorkingDir: demoSource,
      entryPoints: modules.map((file) => join(demoSource, file)),
      outbase: demoSource,
      outdir: demo,
      plugins: [keptApart],
    })
  }
  for (const file of modules)
    kept.add(file.replace(extname(file), '.js')).add(file.replace(extname(file), '.js.map'))

  for (const file of filesIn(dist)) {
    if (file.endsWith('.d.ts')) continue
    cpSync(join(dist, file), join(demo, 'outboard', file))
    kept.add(join('outboard', file))
  }
  for (const file of ['index.js', 'worker.js', 'outboard.wasm']) {
    compress(join(demo, 'outboard', file))
    kept.add(join('outboard', `${file}.br`))
  }
  for (const file of filesIn(demo)) if (!kept.has(file)) rmSync(join(demo, file))
}

// Leaves every import of a module as it is, but for where the built file lies.
const keptApart = {
  name: 'kept-apart',
  setup(plugin) {
    plugin.onResolve({ filter: /.*/ }, ({ path, kind, resolveDir }) => {
      if (kind === 'entry-point') return undefined
      if (path !== 'outboard') return { path: path.replace(/\.(ts|mjs)$/, '.js'), external: true }
      const built = relative(resolveDir, join(demoSource, 'outboard/index.js'))
      return { path: built.startsWith('.') ? built : `./${built}`, external: true }
    })
  },
}

// Writes file.br. The best compression takes seconds, so one that is still right is kept.
function compress(file) {
  const bytes = readFileSync(file)
  if (existsSync(`${file}.br`) && brotliDecompressSync(readFileSync(`${file}.br`)).equals(bytes))
    return
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  }
  writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params }))
}

function filesIn(folder, below = '') {
  if (!existsSync(join(folder, below))) return []
  return readdirSync(join(folder, below)).flatMap((name) => {
    const path = join(below, name)
    return statSync(join(folder, path)).isDirectory() ? filesIn(folder, path) : [path]
  })
}

function fail(message) {
  console.error(`web/build.mjs: ${message}`)
  process.exit(1)
}

await buildPackage()
await buildDemo()
