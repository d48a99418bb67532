// Compiles TypeScript tests into plain modules.
import { build } from 'esbuild'
import { join } from 'node:path'

/** Where compiled tests lie: where they find the packages that they import. */
export function compiledIn(web) {
  return join(web, 'node_modules/.cache/outboard-test')
}

/**
 * Bundles each file, without what is in node_modules. test/a/b.ts becomes outdir/a/b.mjs. `alias`
 * puts packages in the place of others.
 */
export async function compile(files, outdir, web, alias = {}) {
  await build({
    absWorkingDir: web,
    entryPoints: files.map((file) => join(web, file)),
    outbase: join(web, 'test'),
    outdir,
    bundle: true,
    packages: 'external',
    alias,
    platform: 'node',
    format: 'esm',
    target: 'node18',
    sourcemap: 'inline',
    outExtension: { '.js': '.mjs' },
    logLevel: 'warning',
  })
}
