// The public surface of the package as text, made of the types as they are published: what a change
// does to applications can be read in its diff.
//   node api/report.mjs        writes api/*.md
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'

const here = dirname(fileURLToPath(import.meta.url))
const dist = join(here, '../dist')

/** The name of the report of each entry point. */
export const entries = {
  outboard: 'index.d.ts',
  'outboard/main': 'main.d.ts',
  'outboard/kysely': 'kysely/index.d.ts',
  'outboard/react': 'react/index.d.ts',
}

export const reportFile = (name) => join(here, `${name.replace('/', '-')}.md`)

/** What the entry point exports: `text` is the report, `anys` the names that say \`any\`. */
export function surfaceOf(name) {
  const path = join(dist, entries[name])
  const core = join(dist, entries.outboard)
  const program = ts.createProgram([path, core], {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    types: [],
  })
  const checker = program.getTypeChecker()
  const source = program.getSourceFile(path)
  if (source === undefined) throw new Error(`there is no ${path}: npm run build makes it`)
  const found = (symbol) =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
  const exportsOf = (file) =>
    checker
      .getExportsOfModule(checker.getSymbolAtLocation(file))
      .map((symbol) => ({ name: symbol.name, symbol: found(symbol) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  const exported = exportsOf(source)

  const known = new Set(
    [...exported, ...exportsOf(program.getSourceFile(core))].map(({ symbol }) => symbol),
  )
  const unexported = new Set()
  const anys = new Set()
  const look = (name, node) => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) anys.add(name)
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node)
      const used = symbol && found(symbol)
      if (used && !known.has(used) && isOurType(used)) unexported.add(used.name)
    }
    ts.forEachChild(node, (child) => look(name, child))
  }

  const printer = ts.createPrinter({ removeComments: true })
  const blocks = exported.map(({ name, symbol }) => {
    const declarations = symbol.declarations.map((declaration) => {
      const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration
      look(name, node)
      return printer.printNode(ts.EmitHint.Unspecified, node, node.getSourceFile())
    })
    if (name !== symbol.name) declarations.unshift(`// exported as ${name}`)
    return declarations.join('\n')
  })
  return { text: reportOf(name, blocks, [...unexported].sort()), anys: [...anys] }
}

const types =
  ts.SymbolFlags.Class | ts.SymbolFlags.Interface | ts.SymbolFlags.TypeAlias | ts.SymbolFlags.Enum

function isOurType(symbol) {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName ?? ''
  return (symbol.flags & types) !== 0 && file.startsWith(dist)
}

function reportOf(name, blocks, unexported) {
  const hidden = blocks.map((block) => block.replace(/^ *#private;\n/gm, ''))
  const used = unexported.length
    ? `\nUsed in these, and not exported: ${unexported.join(', ')}.\n`
    : ''
  return `# ${name}\n\nWritten by \`npm run api\`.\n${used}\n\`\`\`ts\n${hidden.join('\n\n')}\n\`\`\`\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const name of Object.keys(entries)) {
    const { text } = surfaceOf(name)
    let before = ''
    try {
      before = readFileSync(reportFile(name), 'utf8')
    } catch {
      // the first report of this entry point
    }
    if (text === before) continue
    writeFileSync(reportFile(name), text)
    console.log(`wrote ${reportFile(name)}`)
  }
