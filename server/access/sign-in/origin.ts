import type { IncomingHttpHeaders } from 'node:http'

const SAFE_METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS'])

/**
 * Whether a request that carries a cookie may have come from our own page, second to SameSite=Strict.
 *
 * Browsers always say where an unsafe request or a socket comes from; a caller who says nothing is no browser,
 * and had to know the cookie. An `Origin` must name the host that was asked, or one of `origins`.
 */
export function isOwnOrigin(
  headers: IncomingHttpHeaders,
  origins: readonly string[] = [],
): boolean {
  const { origin, host } = headers
  if (origin !== undefined) return origins.includes(origin) || hostOf(origin) === host
  const site = headers['sec-fetch-site']
  return site === undefined || site === 'same-origin' || site === 'none'
}

/** Reading changes nothing, so only other methods want their origin checked. */
export function isUnsafe(method: string): boolean {
  return !SAFE_METHODS.has(method)
}

function hostOf(origin: string): string | null {
  try {
    return new URL(origin).host
  } catch {
    return null
  }
}
