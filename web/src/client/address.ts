import { badRequest } from '../protocol/errors.js'

/**
 * The worker's own address may be anywhere, so a relative one is resolved here. `what`: it is of.
 */
export function addressOf(what: string, url: string | URL): string {
  try {
    return new URL(url, typeof document === 'undefined' ? location.href : document.baseURI).href
  } catch {
    throw badRequest(`${what} is no address: ${url}`, 'give one, or a path beginning with /')
  }
}
