// Whether what a block came to is what the scenario says.
//
// An outcome is { error } or { pieces: rows[], columns?, changes?, rowid? }.
import { shownRow } from './literal.js'

export function isSame(left, right) {
  if (left instanceof Uint8Array && right instanceof Uint8Array) {
    return left.length === right.length && left.every((byte, i) => byte === right[i])
  }
  return Object.is(left, right)
}

function isSameRow(left, right) {
  return left.length === right.length && left.every((cell, i) => isSame(cell, right[i]))
}

function differ(expected, got) {
  return `\n  expected: ${expected}\n  got:      ${got}`
}

export function shownError(error) {
  return error.code ? `${error.code}: ${error.message} (${error.hint})` : `${error.stack ?? error}`
}

function failureDifference({ code, text }, { error, pieces }) {
  if (!error) return differ(`error ${code}`, `${pieces.flat().length} rows, no error`)
  const hasText = error.message.includes(text) || (error.hint ?? '').includes(text)
  if (error.code === code && hasText) return undefined
  return differ(`error ${code}${text && ` /${text}/`}`, shownError(error))
}

/** How the outcome differs; undefined if it does not. */
export function difference(expected, outcome) {
  if (expected.failure) return failureDifference(expected.failure, outcome)
  if (outcome.error) return differ('success', `error ${shownError(outcome.error)}`)
  for (const count of ['changes', 'rowid']) {
    if (expected[count] === undefined) continue
    if (outcome[count] === undefined) return ` nothing counts ${count} here`
    if (expected[count] !== Number(outcome[count])) return differ(`${count} ${expected[count]}`, outcome[count])
  }
  const rows = outcome.pieces.length === 1 ? outcome.pieces[0] : outcome.pieces.flat()
  if (expected.pieces !== undefined && expected.pieces !== outcome.pieces.length) {
    return differ(`pieces ${expected.pieces}`, outcome.pieces.length)
  }
  if (expected.rowCount !== undefined && expected.rowCount !== rows.length) {
    return differ(`rows ${expected.rowCount}`, rows.length)
  }
  return expected.rows && rowsDifference(expected.rows, rows)
}

function rowsDifference(expected, rows) {
  const i = expected.findIndex((row, at) => at < rows.length && !isSameRow(row, rows[at]))
  if (i >= 0) return ` in row ${i + 1}${differ(shownRow(expected[i]), shownRow(rows[i]))}`
  if (expected.length !== rows.length) return differ(`${expected.length} rows`, `${rows.length} rows`)
  return undefined
}

/** The same for the names of columns, which are expected as one row of texts. */
export function columnsDifference({ rows = [], failure }, outcome) {
  if (outcome.error || failure) return difference({ failure }, outcome)
  if (rows.length !== 1) return ' columns expects one row of texts'
  if (isSameRow(rows[0], outcome.columns)) return undefined
  return differ(shownRow(rows[0]), shownRow(outcome.columns))
}
