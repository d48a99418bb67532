// A disk that is full, or a power cut, at every physical write of a mixed trace: what was answered
// is so, once, and what was refused has left nothing (rules L4, H8, H12).
import { equal, openDatabase, publishedWorker } from './support.mjs'

// For a worker over OPFS, where the `at`-th change of a file goes wrong.
//   full  it fails for want of space, and so do the two behind it
//   cut   all that was not flushed is undone, half of this is done, and the worker is gone
const prelude = (mode, at) => `{
  const { prototype } = FileSystemSyncAccessHandle
  const { write, truncate, flush, read, getSize, close } = prototype
  const undo = new Map() // by handle, what would take back what is not flushed
  let count = 0
  let isCut = false
  let isRunning = false // its page has said something
  addEventListener('message', ({ data }) => (isRunning ||= data instanceof ArrayBuffer))
  const remember = (handle, from, length) => {
    const size = getSize.call(handle)
    const old = new Uint8Array(Math.max(0, Math.min(length, size - from)))
    read.call(handle, old, { at: from })
    if (!undo.has(handle)) undo.set(handle, [])
    undo.get(handle).push(() => {
      write.call(handle, old, { at: from })
      truncate.call(handle, size)
    })
  }
  const cut = () => {
    isCut = true
    self.close()
    throw new Error('the power is gone')
  }
  const before = (half) => {
    if (isCut) throw new Error('the power is gone')
    if (!isRunning) return
    const number = count++
    if ('${mode}' === 'full' && number >= ${at} && number < ${at} + 3)
      throw new DOMException('no space', 'QuotaExceededError')
    if ('${mode}' === 'cut' && number === ${at}) {
      for (const actions of undo.values()) for (const action of actions.reverse()) action()
      half()
      cut()
    }
  }
  prototype.write = function (bytes, options) {
    const half = bytes.subarray(0, bytes.length >> 1)
    before(() => write.call(this, half, options))
    if ('${mode}' === 'cut') remember(this, options.at, bytes.length)
    return write.call(this, bytes, options)
  }
  prototype.truncate = function (size) {
    before(() => {})
    if ('${mode}' === 'cut') remember(this, size, getSize.call(this))
    return truncate.call(this, size)
  }
  prototype.flush = function () {
    before(() => {})
    undo.delete(this)
    return flush.call(this)
  }
  prototype.close = function () {
    undo.delete(this)
    return close.call(this)
  }
  const counter = new BroadcastChannel('changes')
  counter.onmessage = ({ data }) => data === 'ask' && counter.postMessage(count)
}`

// Each step leaves its number in the same commit as its work; told: what each ended with.
async function trace() {
  const one = (step) => db.exec('insert into done values (?)', [step])
  const steps = [
    one,
    (step) =>
      db.transaction(async (tx) => {
        await tx.exec(
          'with recursive n(i) as (select 1 union all select i + 1 from n where i < 40) ' +
            'insert into t select i, zeroblob(2000) from n',
        )
        await tx.exec('insert into done values (?)', [step])
      }),
    one,
    (step) =>
      db.batch(
        [
          'update t set x = zeroblob(1500) where i % 3 = 0',
          { sql: 'insert into done values (?)', params: [step] },
        ],
        { atomic: true },
      ),
    (step) => db.many('insert into done values (?)', [[step]]),
    // Enough for a checkpoint.
    (step) =>
      db.transaction(async (tx) => {
        await tx.exec('insert into big values (zeroblob(4500000))')
        await tx.exec('insert into done values (?)', [step])
      }),
    (step) =>
      db.transaction(async (tx) => {
        await tx.exec('delete from t where i % 2 = 0')
        await tx.exec('delete from big')
        await tx.exec('insert into done values (?)', [step])
      }),
    one,
  ]
  const told = []
  for (const [step, run] of steps.entries()) {
    const end = await run(step).then(
      () => 'applied',
      ({ code, outcome, message }) => outcome ?? (code === 'unavailable' ? 'full' : message),
    )
    told.push(end)
  }
  return told
}

async function prepare() {
  await db.exec('create table done(step); create table t(i, x); create table big(x)')
}

async function clear() {
  const fails = () => db.exec('delete from done; delete from t; delete from big').catch(() => true)
  while ((await fails()) === true); // the last of the faults may be left
  await db.close()
}

async function findings() {
  const steps = await db.all('select step from done order by step', [], { shape: 'array' })
  const [check] = await db.all('pragma integrity_check', [], { shape: 'array' })
  return { steps: steps.flat(), check: check[0] }
}

const changes = () =>
  new Promise((resolve) => {
    const counter = new BroadcastChannel('changes')
    counter.onmessage = ({ data }) => data !== 'ask' && resolve(data)
    counter.postMessage('ask')
  })

const workerUrl = '/outboard/faulty.js'

/** Some sixty openings in each. */
export const timeoutMs = 300_000

// What the test asks for is served once; who comes behind gets the worker as it should be.
function serveOnce(server) {
  const preludes = []
  server.routes.set(workerUrl, (response) => {
    response.setHeader('Content-Type', 'text/javascript')
    response.end(`${preludes.shift() ?? ''};${publishedWorker()}`)
  })
  return (prelude) => preludes.splice(0, 1, prelude)
}

async function atEveryWrite({ page, server, database, note }, mode, durability) {
  const arm = serveOnce(server)
  const asked = [database, { workerUrl, durability }]
  await page.evaluate(openDatabase, asked)
  await page.evaluate(prepare)
  await page.evaluate(() => db.close())
  const run = async (at) => {
    arm(prelude(mode, at))
    await page.evaluate(openDatabase, asked)
    const told = await page.evaluate(trace)
    const count = at === Infinity ? await page.evaluate(changes) : at
    const found = await page.evaluate(findings)
    await page.evaluate(clear)
    return { told, found, count }
  }
  const { told, count } = await run(Infinity)
  equal(new Set(told).size, 1, 'the ends without a fault')
  const ends = {}
  for (let at = 0; at < count; ++at) {
    const { told, found } = await run(at)
    const there = told.flatMap((end, step) => (end === 'applied' ? [step] : []))
    equal(found.steps, there, `at ${at} of ${count}, told ${told}: what is there`)
    equal(found.check, 'ok', `at ${at}: the file`)
    for (const end of told) ends[end] = (ends[end] ?? 0) + 1
  }
  note(`${count} changes of files; ${JSON.stringify(ends)}`)
  equal(
    Object.keys(ends).filter((end) => !['applied', 'full', 'not_applied'].includes(end)),
    [],
    'other ends',
  )
}

export const tests = {
  'H12: a disk that is full at any write refuses what does not fit, and nothing else': (given) =>
    atEveryWrite(given, 'full', 'process'),
  'L4: a power cut at any write leaves what was answered, once': (given) =>
    atEveryWrite(given, 'cut', 'power'),
}
