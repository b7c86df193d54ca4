const SESSION_COOKIE = 'ptl_session'
const SIGN_IN_COOKIE = 'ptl_sign_in'

/** The session's token out of a `Cookie` header; undefined when there is none. */
export function tokenFrom(header: string | undefined): string | undefined {
  return valueFrom(header, SESSION_COOKIE)
}

/** What binds a sign-in under way to the browser that began it. */
export function signInFrom(header: string | undefined): string | undefined {
  return valueFrom(header, SIGN_IN_COOKIE)
}

/** `Set-Cookie` for a new session. @param maxAgeSeconds 0 takes the cookie away */
export function sessionCookie(token: string, maxAgeSeconds: number, secure: boolean): string {
  return cookie(SESSION_COOKIE, token, ['Path=/', 'SameSite=Strict'], maxAgeSeconds, secure)
}

/** `Set-Cookie` for a sign-in under way: Lax, since the provider's page sends the browser back with a link. */
export function signInCookie(token: string, maxAgeSeconds: number, secure: boolean): string {
  const where = ['Path=/api/sign-in', 'SameSite=Lax']
  return cookie(SIGN_IN_COOKIE, token, where, maxAgeSeconds, secure)
}

function valueFrom(header: string | undefined, wanted: string): string | undefined {
  for (const pair of (header ?? '').split(';')) {
    const [name, value] = pair.trim().split('=', 2)
    if (name === wanted && value !== undefined && value !== '') return value
  }
  return undefined
}

function cookie(
  name: string,
  value: string,
  [path = '', sameSite = '']: readonly string[],
  maxAgeSeconds: number,
  secure: boolean,
): string {
  const attributes = [path, 'HttpOnly', sameSite, `Max-Age=${String(maxAgeSeconds)}`]
  return [`${name}=${value}`, ...attributes, ...(secure ? ['Secure'] : [])].join('; ')
}
