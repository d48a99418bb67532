// The hooks in strict mode, with the newest React and with the oldest one that is supported.
import { bundle } from './bundle.mjs'
import { cases } from '../react/cases.js'
import { serve } from './support.mjs'

const versions = { 19: {}, 18: { react: 'react-18', 'react-dom': 'react-dom-18' } }
const bundles = new Map()

async function textFor(version) {
  if (!bundles.has(version))
    bundles.set(version, bundle({ file: 'test/react/cases.js', alias: versions[version] }))
  return bundles.get(version)
}

const inReact =
  (version, name) =>
  async ({ page, server, database }) => {
    serve(server, '/react.js', await textFor(version))
    await page.evaluate(
      async ([name, database]) => (await import('/react.js')).run(name, database),
      [name, database],
    )
  }

export const tests = {}
for (const version of Object.keys(versions))
  for (const name of Object.keys(cases)) tests[`${version}: ${name}`] = inReact(version, name)
