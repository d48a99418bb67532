// The golden frames: tests/golden/frames.txt and README.md are made of these, and both codecs are
// held to them.
import { canonicalKeys, CborWriter } from '../../src/protocol/cbor_writer.ts'
import { endFrame, Kind } from '../../src/protocol/frame.ts'
import { batch, type Cell, RawText, Real } from '../unit/batch_builder.ts'

type Item =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Real
  | Sequence
  | Item[]
  | { [key: string]: Item }

/** Bytes that are items, one behind the other. */
class Sequence {
  readonly items: Item[]
  constructor(...items: Item[]) {
    this.items = items
  }
}

export interface GoldenFrame {
  name: string
  about: string
  envelope: Item[]
  batches: { columns: number; rows: Cell[][] }[]
}

const bytes = (...values: number[]): Uint8Array => new Uint8Array(values)
const real = (value: number): Real => new Real(value)
const head = { epoch: 1_790_000_000_000, commit: 42 }

const integers: bigint[] = [
  0n,
  1n,
  23n,
  24n,
  255n,
  256n,
  65_535n,
  65_536n,
  4_294_967_295n,
  4_294_967_296n,
  9_007_199_254_740_991n,
  9_007_199_254_740_992n,
  9_223_372_036_854_775_807n,
  -1n,
  -24n,
  -25n,
  -256n,
  -257n,
  -65_536n,
  -65_537n,
  -4_294_967_296n,
  -4_294_967_297n,
  -9_007_199_254_740_992n,
  -9_223_372_036_854_775_808n,
]
const reals = [
  0,
  -0,
  1,
  -1,
  0.5,
  1.5,
  65_504,
  65_505,
  2 ** -14,
  2 ** -15,
  2 ** -24,
  2 ** -25,
  2048,
  2049,
  1.1,
  3.5e38,
  1e300,
  3.4028234663852886e38,
  1.401298464324817e-45,
  16_777_217,
  5e-324,
  Infinity,
  -Infinity,
  NaN,
].map(real)
const texts = [
  '',
  'a',
  'twenty-three characters',
  'twenty-four characters..',
  'é',
  '日本',
  '🙂',
  '\uFEFFbom',
  'nul\0inside',
]

export const goldenFrames: GoldenFrame[] = [
  frame('hello', 'a client says hello', [Kind.hello, 1, {}, { build: '0.1.0', protocol: [1, 1] }]),
  frame('hello_named', 'a client that numbers what it writes', [
    Kind.hello,
    1,
    {},
    {
      build: '0.1.0',
      client: new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 255]),
      protocol: [1, 1],
    },
  ]),
  frame('hello_answer', 'the engine answers', [
    Kind.hello,
    1,
    head,
    { build: '0.1.0', protocol: 1 },
  ]),
  frame('open', 'with every argument', [
    Kind.request,
    2,
    {},
    'open',
    { name: 'notes', path: '/data/notes.db', storage: 'file', durability: 'power' },
  ]),
  frame('open_again', 'after an engine was lost', [
    Kind.request,
    2,
    {},
    'open',
    { path: '/data/notes.db', storage: 'file', durability: 'process', unanswered: [7, 8, 300] },
  ]),
  frame('open_reply', '', [
    Kind.reply,
    2,
    head,
    {
      path: '/data/notes.db',
      build: '0.1.0',
      sqlite: '3.53.2',
      created: true,
      storage: 'file',
      durability: 'power',
    },
  ]),
  frame('open_again_reply', 'the first was applied, the second was not, the third nobody knows', [
    Kind.reply,
    2,
    head,
    {
      path: '/data/notes.db',
      build: '0.1.0',
      sqlite: '3.53.2',
      created: false,
      storage: 'file',
      outcomes: [1, 0, 2],
      durability: 'process',
    },
  ]),
  frame('exec', 'without parameters', [Kind.request, 3, {}, 'exec', { sql: 'select 1' }]),
  frame('exec_integers', 'integers at the edges of each width', [
    Kind.request,
    256,
    {},
    'exec',
    { sql: 'select ?', params: integers },
  ]),
  frame('exec_reals', 'reals in the shortest of three widths', [
    Kind.request,
    65_536,
    {},
    'exec',
    { sql: 'select ?', params: reals },
  ]),
  frame('exec_texts', 'texts, blobs and null', [
    Kind.request,
    5,
    {},
    'exec',
    { sql: 'select ?', params: [...texts, 'x'.repeat(256), bytes(), bytes(0, 255), null] },
  ]),
  frame('exec_named', 'in a session, with a deadline; names with and without their sign', [
    Kind.request,
    6,
    { session: 7, timeout_ms: 1500 },
    'exec',
    { sql: 'select :a, $b, @long', params: { ':a': 1, b: 'two', '@long': null } },
  ]),
  frame('many', 'all sets at once', [
    Kind.request,
    7,
    { n: 3 },
    'many',
    { sql: 'insert into t values (?, ?)', sets: new Sequence([1, 'a'], [2, null], []) },
  ]),
  frame('many_more', 'chunks will follow', [
    Kind.request,
    8,
    {},
    'many',
    { sql: 'insert into t values (?)', more: true, sets: new Sequence([1]) },
  ]),
  frame('chunk_sets', 'one of them', [Kind.chunk, 8, {}, { more: true, sets: new Sequence([2], [3]) }]),
  frame('chunk_sets_last', 'the last', [Kind.chunk, 8, {}, { sets: new Sequence([real(4.5)]) }]),
  frame('batch', 'atomic', [
    Kind.request,
    9,
    {},
    'batch',
    {
      atomic: true,
      statements: [{ sql: 'delete from t' }, { sql: 'insert into t values (?)', params: [1] }],
    },
  ]),
  frame('stream', '', [
    Kind.request,
    10,
    {},
    'stream',
    { sql: 'select ?', params: ['x'], chunk_rows: 1000 },
  ]),
  frame('begin', '', [Kind.request, 11, { session: 1 }, 'begin', {}]),
  frame('commit', '', [Kind.request, 12, { session: 1 }, 'commit', {}]),
  frame('rollback', '', [Kind.request, 13, { session: 1 }, 'rollback', {}]),
  frame('depth_reply', 'to each of these three', [Kind.reply, 12, head, { depth: 0 }]),
  frame('export', '', [Kind.request, 14, {}, 'export', {}]),
  frame(
    'export_reply',
    'one page; chunks will follow',
    [Kind.reply, 14, head, { more: true, bytes: 8192, columns: ['data'] }],
    { columns: 1, rows: [[bytes(83, 81, 76)], [bytes(105, 116, 101)]] },
  ),
  frame('import', 'the first piece', [
    Kind.request,
    15,
    {},
    'import',
    { data: bytes(1, 2, 3), more: true },
  ]),
  frame('chunk_data_last', 'the last', [Kind.chunk, 15, {}, { data: bytes(4) }]),
  frame('close', '', [Kind.request, 16, {}, 'close', {}]),
  frame('close_reply', '', [Kind.reply, 16, head, {}]),
  frame('credit', '', [Kind.credit, 10, {}, 4]),
  frame('cancel', '', [Kind.cancel, 10, {}]),
  frame('ping', '', [Kind.ping, 17, {}]),
  frame('event', 'no operation of today sends one', [
    Kind.event,
    0,
    head,
    'committed',
    { label: 'x' },
  ]),
  frame('error', '', [
    Kind.error,
    3,
    head,
    { code: 'constraint', hint: 'use another id', message: 'UNIQUE constraint failed: note.id' },
  ]),
  frame('error_without_hint', '', [
    Kind.error,
    0,
    head,
    { code: 'internal', message: 'a frame is broken' },
  ]),
  frame('error_with_outcome', 'the answer to a write that was applied is lost', [
    Kind.error,
    3,
    head,
    { code: 'worker_lost', message: 'its answer is lost', outcome: 'applied' },
  ]),
  frame('write_reply', 'a statement without columns', [
    Kind.reply,
    3,
    head,
    { changes: 2, last_insert_rowid: -9_223_372_036_854_775_808n },
  ]),
  frame(
    'empty_reply',
    'columns, but no row',
    [Kind.reply, 3, head, { changes: 0, columns: ['id', 'title'], last_insert_rowid: 0 }],
    { columns: 2, rows: [] },
  ),
  frame(
    'rows_reply',
    'a column of each form',
    [
      Kind.reply,
      3,
      head,
      {
        changes: 0,
        columns: ['null', 'integer', 'real', 'ascii', 'utf8', 'blob', 'mixed'],
        last_insert_rowid: 1,
      },
    ],
    {
      columns: 7,
      rows: [
        [null, 1, real(1), 'one', 'é', bytes(1), null],
        [null, -1, real(-0), '', '日本', bytes(), 9_223_372_036_854_775_807n],
        [null, -9_223_372_036_854_775_808n, real(1e300), 'three', '🙂\0', bytes(2, 3), real(0.25)],
        [null, 9_007_199_254_740_993n, real(Infinity), 'four', '', bytes(4), 'text é'],
        [
          null,
          0,
          real(5e-324),
          'five',
          '\uFEFFbom',
          bytes(5, 6, 7, 8, 9, 10, 11, 12, 13),
          bytes(255),
        ],
      ],
    },
  ),
  frame(
    'mixed_reply',
    'mixed columns with only some of the sections',
    [
      Kind.reply,
      3,
      head,
      { more: true, changes: 0, columns: ['number', 'text', 'blob'], last_insert_rowid: 1 },
    ],
    {
      columns: 3,
      rows: [
        [null, 'a', bytes(1, 2)],
        [2, null, null],
        [real(2.5), 'bc', bytes()],
      ],
    },
  ),
  frame(
    'malformed_text_reply',
    'a heap that is no UTF-8, and one that is only as a whole',
    [Kind.reply, 3, head, { changes: 0, columns: ['a', 'b'], last_insert_rowid: 0 }],
    {
      columns: 2,
      rows: [
        [new RawText(bytes(255, 97)), new RawText(bytes(0xc3))],
        [new RawText(bytes(98)), new RawText(bytes(0xa9))],
      ],
    },
  ),
  frame('chunk_rows', 'a piece of a result', [Kind.chunk, 10, head, { more: true }], {
    columns: 1,
    rows: [[1], [2]],
  }),
  frame('chunk_rows_last', 'the last', [Kind.chunk, 10, head, {}], { columns: 1, rows: [[3]] }),
  frame(
    'many_reply',
    'the first column, which `columns` does not list, is the number of the set',
    [Kind.reply, 7, head, { changes: 0, columns: ['x'], last_insert_rowid: 0 }],
    {
      columns: 2,
      rows: [
        [0, 'a'],
        [2, 'b'],
        [2, 'c'],
      ],
    },
  ),
  frame(
    'batch_reply',
    'a batch for each result with columns',
    [
      Kind.reply,
      9,
      head,
      {
        results: [
          { changes: 1, last_insert_rowid: 1 },
          { changes: 0, columns: ['a'], last_insert_rowid: 1 },
          { changes: 0, columns: ['b', 'b'], last_insert_rowid: 1 },
        ],
      },
    ],
    { columns: 1, rows: [['x']] },
    { columns: 2, rows: [[1, 2]] },
  ),
]

function frame(
  name: string,
  about: string,
  envelope: Item[],
  ...batches: GoldenFrame['batches']
): GoldenFrame {
  return { name, about, envelope, batches }
}

export function encode({ envelope, batches }: GoldenFrame): Uint8Array {
  const writer = new CborWriter()
  writer.at = 8
  write(writer, envelope)
  const headBytes = writer.at - 8
  while (writer.at % 8 !== 0) writer.raw(bytes(0))
  for (const { columns, rows } of batches) writer.raw(batch(columns, rows))
  endFrame(writer, 0)
  writer.view.setUint32(4, headBytes, true)
  return writer.bytes.slice(0, writer.at)
}

function write(writer: CborWriter, item: Item): void {
  if (item instanceof Real) writer.real(item.value)
  else if (item instanceof Sequence) {
    const items = new CborWriter()
    for (const each of item.items) write(items, each)
    writer.blob(items.bytes.subarray(0, items.at))
  } else if (Array.isArray(item)) {
    writer.array(item.length)
    for (const each of item) write(writer, each)
  } else if (typeof item === 'object' && item !== null && !(item instanceof Uint8Array)) {
    const keys = canonicalKeys(Object.keys(item))
    writer.map(keys.length)
    for (const key of keys) {
      writer.text(key)
      write(writer, item[key]!)
    }
  } else writer.item(item)
}

export function hexOf(encoded: Uint8Array): string {
  return Buffer.from(encoded).toString('hex')
}

/** The content of tests/golden/frames.txt. */
export function framesText(): string {
  return goldenFrames.map((golden) => `${golden.name} | ${hexOf(encode(golden))}\n`).join('')
}

/** The content of tests/golden/README.md. */
export function readmeText(): string {
  return `# Golden frames

\`frames.txt\` has a frame of the protocol (docs/protocol.md) per line: its name, \` | \`, its bytes in hexadecimal.
Whoever writes a codec reads each and writes it again, to the same bytes. Made by \`node web/test/golden/generate.mjs\`;
do not edit by hand.

\`sync-frames.txt\` has the frames of the sync protocol (docs/sync-protocol.md) in the same form, made by
\`node web/test/golden/generate-sync.mjs\`.

What each frame holds, in the diagnostic notation of CBOR: a number with a point or an exponent is a real, \`h'…'\`
are bytes, and \`<<…>>\` bytes that are items, one behind the other. Keys are in the order in which they are written. Under it the batches of its tail, a line per row.
Sections lie in a batch in the order of the fields of the descriptors, column by column.
${goldenFrames.map(readmeOf).join('')}`
}

function readmeOf({ name, about, envelope, batches }: GoldenFrame): string {
  const tail = batches.map(({ columns, rows }) => {
    const lines = rows.map((row) => `  ${row.map(notation).join(', ')}\n`).join('')
    return `batch of ${columns} columns, ${rows.length} rows\n${lines}`
  })
  return `\n### ${name}\n\n${about ? `${about}\n\n` : ''}\`\`\`\n${notation(envelope)}\n${tail.join('')}\`\`\`\n`
}

function notation(item: Item | RawText): string {
  if (item instanceof Real) return realNotation(item.value)
  if (item instanceof RawText) return `text h'${hexOf(item.bytes)}'`
  if (item instanceof Sequence) return `<<${item.items.map(notation).join(', ')}>>`
  if (item instanceof Uint8Array) return `h'${hexOf(item)}'`
  if (typeof item === 'string') return JSON.stringify(item).replace(/[\uFEFF]/g, '\\ufeff')
  if (Array.isArray(item)) return `[${item.map(notation).join(', ')}]`
  if (typeof item === 'object' && item !== null) {
    return `{${canonicalKeys(Object.keys(item))
      .map((key) => `${notation(key)}: ${notation(item[key]!)}`)
      .join(', ')}}`
  }
  return String(item)
}

function realNotation(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}
