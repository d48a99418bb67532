// Writes tests/golden/: run it after a change of frames.ts.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compile, compiledIn } from '../compile.mjs'

const web = join(dirname(fileURLToPath(import.meta.url)), '../..')
const outdir = compiledIn(web)
await compile(['test/golden/frames.ts'], outdir, web)
const { framesText, readmeText } = await import(join(outdir, 'golden/frames.mjs'))
const golden = join(web, '../tests/golden')
mkdirSync(golden, { recursive: true })
writeFileSync(join(golden, 'frames.txt'), framesText())
writeFileSync(join(golden, 'README.md'), readmeText())
