// The package as it was, or will be, when the messages between tabs are others.
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import { publishedModule, serve } from './support.mjs'

const source = (path) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url))

/** Serves it in that folder, e.g. '/newer'. */
export async function serveBuild(server, folder, tabsVersion) {
  const { outputFiles } = await build({
    entryPoints: [source('index.ts'), source('worker.ts')],
    outdir: folder,
    bundle: true,
    format: 'esm',
    write: false,
    plugins: [
      {
        name: 'other-version',
        setup: ({ onLoad }) =>
          onLoad({ filter: /protocol\/tabs\.ts$/ }, async ({ path }) => ({
            contents: (await readFile(path, 'utf8')).replace(
              /tabsVersion = \d+/,
              `tabsVersion = ${tabsVersion}`,
            ),
            loader: 'ts',
          })),
      },
    ],
  })
  for (const { path, contents } of outputFiles) serve(server, path, contents)
  serve(server, `${folder}/outboard.wasm`, publishedModule(), 'application/wasm')
}
