// Bundles a program of the tests as an application would: the package as it is published, its core
// served at /outboard/, beside its worker.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const web = fileURLToPath(new URL('../..', import.meta.url))
const dist = join(web, 'dist')

const asInstalled = {
  name: 'as-installed',
  setup(plugin) {
    const core = { path: '/outboard/index.js', external: true }
    plugin.onResolve({ filter: /^(outboard|\.\.\/index\.js)$/ }, () => core)
    plugin.onResolve({ filter: /^outboard\// }, ({ path }) => ({
      path: join(dist, path.slice('outboard/'.length), 'index.js'),
    }))
  },
}

/** The text of a module. `source` has `contents`, or the path of a file in `file`. */
export async function bundle({ contents, file, loader = 'js', alias = {} }) {
  const entry =
    file === undefined
      ? { stdin: { contents, loader, resolveDir: web } }
      : { entryPoints: [join(web, file)] }
  const { outputFiles } = await build({
    ...entry,
    absWorkingDir: web,
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    define: { 'process.env.NODE_ENV': '"development"' },
    alias,
    plugins: [asInstalled],
  })
  return outputFiles[0].text
}
