// What is measured, and who takes part. The first contender is ours. `side` says what a peer is:
//   public  by a public asynchronous API: the fastest of these is what judges ours
//   inside  a worker written for this very work: shown, not judged
//   bare    no database
import { commits, count, expected, reads, trips } from './page/rows.js'

const ours = (name, way, more) => ({ name, contender: 'outboard', way, side: 'ours', ...more })
const promised = (name, way, more) => ({
  name: `sqlite-wasm, promiser: ${name}`,
  contender: 'promiser',
  way,
  side: 'public',
  ...more,
})
const insides = (way, more) =>
  Object.entries({
    inside: 'sqlite-wasm, opfs-sahpool',
    wa_pool: 'wa-sqlite, AccessHandlePoolVFS',
    wa_coop: 'wa-sqlite, OPFSCoopSyncVFS',
  }).map(([contender, name]) => ({
    name: `${name}, driven inside its worker`,
    contender,
    way,
    side: 'inside',
    ...more,
  }))
const idb = (way, more) => ({ name: 'IndexedDB', contender: 'idb', way, side: 'other', ...more })
const bare = (name, way) => ({ name, contender: 'echo', way, side: 'bare', check: 'none' })
const scaled = { scale: count / reads, check: expected.points(reads) }
const scaledName = `(of ${reads.toLocaleString('en')}, × ${count / reads})`

const inserters = [
  ours('outboard: many, from a generator', 'insert'),
  promised('2,000 rows in each exec', 'insertValues'),
  promised('one exec, rows as JSON', 'insertJson'),
  promised('an exec for each row, 1,000 at once', 'insertOneByOne'),
  ...insides('insert'),
  idb('insert'),
]
const openers = [ours('outboard: open, first'), promised('open, exec'), ...insides().slice(0, 1)]
const committers = [
  ours('outboard: exec', 'commits'),
  promised('exec', 'commits'),
  ...insides('commits'),
  idb('commits'),
]

export const figures = [
  {
    title: 'bulk insert of 100,000 rows, in one transaction',
    unit: 'ms',
    reach: 0.5,
    check: expected.written(0, count),
    contenders: inserters,
  },
  {
    title: '100,000 point reads, to row objects on the page',
    unit: 'ms',
    reach: 0.5,
    check: expected.points(count),
    options: { filled: true },
    contenders: [
      ours('outboard: many', 'points'),
      promised('one exec, ids as JSON', 'pointsJson'),
      promised(`an exec for each ${scaledName}`, 'pointsOneByOne', scaled),
      ...insides('points'),
      idb('points'),
      ours(`outboard: a first for each ${scaledName}`, 'pointsOneByOne', {
        ...scaled,
        side: 'other',
      }),
    ],
  },
  {
    title: 'scan of 100,000 rows, to row objects on the page',
    unit: 'ms',
    reach: 0.5,
    check: expected.scan(),
    options: { filled: true },
    contenders: [
      ours('outboard: all', 'scan'),
      promised("exec, rowMode 'object'", 'scanObjects'),
      promised("exec, rowMode 'array', made objects", 'scanArrays'),
      ...insides('scan'),
      idb('scan'),
    ],
  },
  {
    title: '1,000 commits of one row, awaited one by one; survive the process',
    unit: 'µs each',
    per: commits,
    reach: 1,
    check: expected.written(count, commits),
    contenders: committers,
  },
  {
    title: '1,000 commits of one row, awaited one by one; survive a power cut',
    unit: 'µs each',
    per: commits,
    reach: 1,
    check: expected.written(count, commits),
    options: { power: true },
    contenders: committers,
  },
  {
    title: 'round trip of a point read, awaited one by one',
    unit: 'µs each',
    per: trips,
    reach: 1.5,
    beside: 'bare',
    check: expected.point(trips - 1),
    options: { filled: true, warm: true },
    contenders: [
      ours('outboard: exec', 'trips'),
      bare('a bare echo between page and worker', 'trips'),
      promised('exec', 'trips'),
      ...insides('trips'),
      idb('trips'),
    ],
  },
  {
    title: 'how long the page is held while 100,000 rows are written',
    unit: 'ms',
    kind: 'held',
    reachMs: 16,
    check: expected.written(0, count),
    contenders: inserters,
  },
  {
    title: 'peak memory of the page and its worker: 100,000 rows written, read by id, scanned',
    unit: 'MB',
    kind: 'memory',
    reach: 1,
    check: expected.scan(),
    contenders: [
      ours('outboard: many, many, all', undefined, { ways: ['insert', 'points', 'scan'] }),
      promised('exec, its fastest ways', undefined, {
        ways: ['insertJson', 'pointsJson', 'scanArrays'],
      }),
      promised('exec, rows as parameters, objects back', undefined, {
        ways: ['insertValues', 'pointsJson', 'scanObjects'],
      }),
      ...insides(undefined, { ways: ['insert', 'points', 'scan'] }),
    ],
  },
  {
    title: 'open to first row, cold: new page, empty cache',
    unit: 'ms',
    kind: 'cold',
    check: expected.point(1),
    contenders: openers,
  },
  {
    title: 'open to first row, warm: the third time in a page',
    unit: 'ms',
    kind: 'warm',
    check: expected.point(1),
    contenders: openers,
  },
]
