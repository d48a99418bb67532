// What somebody types into the search field, as a query of FTS5 that cannot be malformed.

const wordsMax = 12
const wordCharactersMax = 64

/** Put around what matched; a text that holds them only gets a mark too many. */
export const markStart = '\u0002'
export const markEnd = '\u0003'

/**
 * All words must be there, each as the beginning of one. Only letters and digits get through, in
 * quotes, so no text is an operator or a column. `undefined` if there is nothing to look for.
 */
export function searchQuery(text) {
  const words = text.match(/[\p{L}\p{N}\p{M}]+/gu)
  return words
    ?.slice(0, wordsMax)
    .map((word) => `"${word.slice(0, wordCharactersMax)}"*`)
    .join(' ')
}

/** Cuts a text with marks into pieces: { text, matched }. */
export function pieces(marked) {
  return marked.split(markStart).flatMap((part, index) => {
    if (index === 0) return [{ text: part, matched: false }]
    const [text, ...rest] = part.split(markEnd)
    return [
      { text, matched: true },
      { text: rest.join(''), matched: false },
    ]
  })
}
