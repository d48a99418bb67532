// Short ASCII texts, where a call of TextDecoder costs more than the text.

const bytesMax = 24

// The texts that came last, by a hash: the same few keys and names come in every answer.
const known: string[] = /* @__PURE__ */ new Array<string>(256).fill('')

/** The text of those bytes, if it is short and ASCII. */
export function shortAscii(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start > bytesMax) return undefined
  let hash = end - start
  for (let i = start; i < end; ++i) {
    const byte = bytes[i]!
    if (byte >= 0x80) return undefined
    hash = (Math.imul(hash, 31) + byte) | 0
  }
  const slot = (hash ^ (hash >>> 8)) & 255
  const text = known[slot]!
  return isText(text, bytes, start, end) ? text : (known[slot] = textOf(bytes, start, end))
}

function isText(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false
  for (let i = start; i < end; ++i) if (text.charCodeAt(i - start) !== bytes[i]) return false
  return true
}

function textOf(bytes: Uint8Array, start: number, end: number): string {
  return String.fromCharCode.apply(null, bytes.subarray(start, end) as unknown as number[])
}
