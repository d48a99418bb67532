// Runs the set-up of an application: imports its module, and lets it say what it adds.
import type { FunctionOptions, SetUp, SetUpModule, SetUpOrder } from '../protocol/set_up.js'
import type { Value } from '../protocol/value.js'
import { Functions, type Read, readRows, thrownBy } from './functions.js'
import { Problem, textOf } from './problem.js'

const nobodyReads: Read = () => {
  throw new Problem(
    'bad_request',
    'only a function that SQL is calling can read',
    'read inside of it, before it returns',
  )
}

/** What a set-up added, for the engine that is made next. */
export class Additions {
  readonly functions = new Functions()
  /** Set while there is an engine. */
  read: Read = nobodyReads
}

/**
 * Runs it to its end. Fails with `not_found`, `unavailable` or `denied` where the module cannot be
 * had, `bad_request` where it is none, and as the set-up does.
 */
export async function runSetUp(order: SetUpOrder): Promise<Additions> {
  const additions = new Additions()
  const setUp = await moduleOf(order)
  try {
    await setUp(contextOf(additions, order.config))
  } catch (error) {
    if (error instanceof Problem) throw error
    const { code, message, hint } = thrownBy(error)
    throw new Problem(code, `the set-up failed: ${message}`, hint)
  }
  return additions
}

function contextOf(additions: Additions, config: unknown): SetUp {
  const { functions } = additions
  return {
    config,
    function: (name: string, ...rest: unknown[]) => {
      const [options, fn] = rest.length > 1 ? rest : [{}, rest[0]]
      functions.add(name, options as FunctionOptions, fn as (...values: Value[]) => unknown)
    },
    aggregate: (name, aggregate) => functions.addAggregate(name, aggregate as never),
    read: (sql, params, options = {}) =>
      readRows(additions.read, sql, params, options) as never,
  }
}

async function moduleOf({ url, source }: SetUpOrder): Promise<SetUpModule> {
  const blob =
    source === undefined
      ? undefined
      : URL.createObjectURL(new Blob([source], { type: 'text/javascript' }))
  const address = blob ?? url!
  const where = blob === undefined ? address : 'its source'
  const policy = watchPolicy()
  let module: { default?: unknown }
  try {
    module = (await import(/* @vite-ignore */ /* webpackIgnore: true */ address)) as typeof module
  } catch (error) {
    throw await notLoaded(error, blob === undefined ? address : undefined, where, policy)
  } finally {
    policy.end()
    if (blob !== undefined) URL.revokeObjectURL(blob)
  }
  if (typeof module.default === 'function') return module.default as SetUpModule
  throw new Problem(
    'bad_request',
    `the module of the set-up (${where}) has no function as its default export`,
    'write: export default (setUp) => { … }',
  )
}

// The browser reports what a policy forbids apart from the import that fails of it.
function watchPolicy(): { forbade(): boolean; end(): void } {
  const off = new AbortController()
  let forbade = false
  const target = globalThis as unknown as EventTarget
  const notice = (): void => void (forbade = true)
  target.addEventListener('securitypolicyviolation', notice, { signal: off.signal })
  return { forbade: () => forbade, end: () => off.abort() }
}

async function notLoaded(
  error: unknown,
  url: string | undefined,
  where: string,
  policy: { forbade(): boolean },
): Promise<Problem> {
  const what = `the module of the set-up could not be loaded (${where})`
  // A module that was fetched, and is none or failed while it was evaluated.
  if (!(error instanceof TypeError) || !/import/i.test(error.message))
    return new Problem('bad_request', `${what}: ${textOf(error)}`, 'see the module itself')
  await new Promise((resolve) => setTimeout(resolve))
  if (policy.forbade())
    return new Problem(
      'denied',
      `${what}: the Content-Security-Policy forbids it`,
      url === undefined
        ? 'serve worker.js with a script-src that allows blob:, or give a `module` with an address'
        : 'serve worker.js with a script-src that allows this address',
    )
  const status = url === undefined ? undefined : await statusOf(url)
  if (status === 404)
    return new Problem('not_found', `${what}: the server answered 404`, 'check its address')
  const answered = status === undefined ? textOf(error) : `the server answered ${status}`
  return new Problem(
    'unavailable',
    `${what}: ${answered}`,
    'it and all that it imports have to be served as JavaScript, to this origin',
  )
}

function statusOf(url: string): Promise<number | undefined> {
  return fetch(url, { method: 'HEAD' }).then(
    ({ status, ok }) => (ok ? undefined : status),
    () => undefined,
  )
}
