// Keeps rows that did not change what they were, so that a component that shows one need not be
// drawn again.

// Beyond these, a row is only compared with the one at its place.
const rowsSoughtMax = 10_000

/** `next`, with every row of `last` that is in it again as that object; `last` if all is the same. */
export function keepRows(last: readonly unknown[], next: readonly unknown[]): readonly unknown[] {
  const kept = next.map((row, i) => (sameRow(last[i], row) ? last[i] : row))
  if (kept.length === last.length && kept.every((row, i) => row === last[i])) return last
  if (Math.max(last.length, next.length) <= rowsSoughtMax) seekMoved(last, next, kept)
  return kept
}

// Of the rows that are not at their place any more, finds those that are elsewhere.
function seekMoved(last: readonly unknown[], next: readonly unknown[], kept: unknown[]): void {
  const free = new Map<string, unknown[]>()
  last.forEach((row, i) => {
    if (kept[i] === row) return
    const hint = hintOf(row)
    const rows = free.get(hint)
    if (rows === undefined) free.set(hint, [row])
    else rows.push(row)
  })
  next.forEach((row, i) => {
    if (kept[i] !== row) return
    const rows = free.get(hintOf(row))
    const at = rows?.findIndex((old) => sameRow(old, row)) ?? -1
    if (at >= 0) kept[i] = rows!.splice(at, 1)[0]
  })
}

// The same for equal rows, and mostly another for others.
function hintOf(row: unknown): string {
  let hint = ''
  for (const value of Object.values(row as object))
    hint += value instanceof Uint8Array ? `${value.length};` : `${String(value).slice(0, 32)};`
  return hint
}

function sameRow(a: unknown, b: unknown): boolean {
  if (a === undefined) return false
  const left = Object.entries(a as object)
  const right = Object.entries(b as object)
  return (
    left.length === right.length &&
    left.every(([name, value], i) => name === right[i]![0] && sameValue(value, right[i]![1]))
  )
}

function sameValue(a: unknown, b: unknown): boolean {
  if (!(a instanceof Uint8Array && b instanceof Uint8Array)) return Object.is(a, b)
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}
