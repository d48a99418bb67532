// What the package weighs, room by room, and how long it takes to open. Only the weight has a
// limit: times are of this machine and this moment.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))
const brotliMax = 450_000

const tests = {
  'size: the module is within its limit': [
    'tools/module-size.mjs',
    '--max-brotli',
    String(brotliMax),
  ],
  'size: how long opening takes, beside sqlite-wasm': [
    'bench/browser/run.mjs',
    '--rounds',
    '1',
    '--filter',
    'open to first row',
  ],
}

export async function run({ report, filter }) {
  for (const [name, [script, ...parameters]] of Object.entries(tests)) {
    if (!name.includes(filter)) continue
    const start = performance.now()
    const child = spawn(process.execPath, [script, ...parameters], { cwd: root })
    let output = ''
    child.stdout.on('data', (text) => (output += text))
    child.stderr.on('data', (text) => (output += text))
    const code = await new Promise((resolve) => child.on('close', resolve))
    if (code === 0) report.pass(name, performance.now() - start)
    else report.fail(name, performance.now() - start, `${script} ended with ${code}`)
    for (const line of output.trimEnd().split('\n')) report.note(line)
  }
}
