import { constants, createSign, generateKeyPairSync, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import OidcProvider from 'oidc-provider'
import type { Test } from 'tap'

/*
 * Two providers to sign in at: a real one, and one that says whatever a test wants said.
 */

export const CLIENT_ID = 'ptl'
export const CLIENT_SECRET = 'made-up-for-tests-only-0123456789abcdef'

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown

async function listening(t: Test, handler: () => Handler): Promise<string> {
  const server: Server = createServer((request, response) => void handler()(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`
}

/** oidc-provider with its development log-in form: whatever is typed is who one is. */
export async function realProvider(
  t: Test,
  redirectUrl: string,
): Promise<{
  readonly issuer: string
  signIn(url: string, subject: string, jar?: Jar): Promise<string>
}> {
  let handler: Handler = (_request, response) => response.writeHead(503).end()
  const issuer = await listening(t, () => handler)
  const provider = new OidcProvider(issuer, {
    clients: [
      {
        client_id: CLIENT_ID,
        client_secret: CLIENT_SECRET,
        redirect_uris: [redirectUrl],
        post_logout_redirect_uris: [new URL('/sign-in', redirectUrl).href],
        backchannel_logout_uri: new URL('/api/sign-in/back-channel-logout', redirectUrl).href,
        backchannel_logout_session_required: true,
      },
    ],
    cookies: { keys: ['made up'] },
    conformIdTokenClaims: false,
    // its own refuses addresses of this machine
    fetch: (url: string, options: RequestInit & { dispatcher?: unknown }) => {
      delete options.dispatcher
      return fetch(url, options)
    },
    claims: {
      openid: ['sub', 'authentication_assurance_level', 'selected_roleid', 'role', 'organisation'],
    },
    findAccount: (_context, subject) => ({
      accountId: subject,
      claims: () => ({
        sub: subject,
        authentication_assurance_level: '3',
        selected_roleid: `profile-${subject}`,
        role: 'allianceAdmin',
        organisation: 'XAL',
      }),
    }),
    features: {
      devInteractions: { enabled: true },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true },
    },
  })
  // its own advice for production is no failure of a test
  provider.on('server_error', (_context, error: unknown) => t.fail('provider', { error }))
  provider.on('backchannel.error', (_context, error: unknown) =>
    t.fail('logout', { error: String(error) }),
  )
  const callback = provider.callback()
  handler = (request, response) => callback(request, response)
  return {
    issuer,
    signIn: (url, subject, jar = openJar()) => walkThrough(url, subject, redirectUrl, jar),
  }
}

/** The cookies of one browser, for one host. */
export interface Jar {
  header(): string
  take(response: Response): void
}

export function openJar(): Jar {
  const kept = new Map<string, string>()
  return {
    header: () => [...kept].map(([name, value]) => `${name}=${value}`).join('; '),
    take(response) {
      for (const line of response.headers.getSetCookie()) {
        const [name = '', value = ''] = (line.split(';')[0] ?? '').split(/=(.*)/s)
        if (value === '') kept.delete(name)
        else kept.set(name, value)
      }
    },
  }
}

/** Fills in the log-in and consent forms. @returns the address the browser is sent back to */
async function walkThrough(
  start: string,
  subject: string,
  redirectUrl: string,
  jar: Jar,
): Promise<string> {
  let url = start
  let form: string | null = null
  for (let steps = 0; steps < 12; steps += 1) {
    if (url.startsWith(redirectUrl)) return url
    const response = await fetch(url, {
      redirect: 'manual',
      headers: {
        cookie: jar.header(),
        ...(form === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form === null ? {} : { method: 'POST', body: form }),
    })
    jar.take(response)
    const next = response.headers.get('location')
    if (next !== null) {
      url = new URL(next, url).href
      form = null
      continue
    }
    const page = await response.text()
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1]
    if (action === undefined)
      throw new Error(`no form at step ${String(steps)}: ${page.slice(0, 300)}`)
    const prompt = /name="prompt" value="(\w+)"/.exec(page)?.[1] ?? 'login'
    url = new URL(action, url).href
    form = new URLSearchParams({ prompt, login: subject, password: 'x' }).toString()
  }
  throw new Error('the provider never came back')
}

/** What a false provider says next. */
export interface Lie {
  readonly claims?: Readonly<Record<string, unknown>>
  readonly header?: Readonly<Record<string, unknown>>
  /** Signs with a key that the provider does not publish. */
  readonly foreignKey?: boolean
  readonly status?: number
}

/** How each algorithm signs; all with one key, as a provider has it. */
const SIGNED = {
  RS256: { hash: 'sha256' },
  RS512: { hash: 'sha512' },
  PS256: { hash: 'sha256', padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
} as const

/** A provider that answers as it is told: `lie` is asked at each token. */
export async function falseProvider(
  t: Test,
  lie: { next: Lie },
): Promise<{ readonly issuer: string; logoutToken(claims: object, header?: object): string }> {
  const own = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const foreign = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const sign = (claims: object, header: { alg?: unknown }, isForeign = false): string => {
    const text = `${encode({ alg: 'RS256', kid: 'own', ...header })}.${encode(claims)}`
    if (header.alg === 'none') return `${text}.`
    const key = isForeign ? foreign.privateKey : own.privateKey
    const { PS256, RS512, RS256 } = SIGNED
    const { hash, ...how } = header.alg === 'PS256' ? PS256 : header.alg === 'RS512' ? RS512 : RS256
    const signed = createSign(hash)
      .update(text)
      .sign({ key, ...how })
    return `${text}.${signed.toString('base64url')}`
  }
  let issuer = ''
  const answer: Handler = (request, response) => {
    const send = (body: object, status = 200): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (request.url === '/.well-known/openid-configuration') {
      return send({
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      })
    }
    if (request.url === '/jwks') {
      const jwk = own.publicKey.export({ format: 'jwk' })
      return send({ keys: [{ ...jwk, kid: 'own', alg: 'RS256', use: 'sig' }] })
    }
    const { claims, header = {}, foreignKey = false, status = 200 } = lie.next
    if (status !== 200) return send({ error: 'server_error' }, status)
    const seconds = Math.floor(Date.now() / 1000)
    const told = {
      iss: issuer,
      aud: CLIENT_ID,
      sub: 'one',
      iat: seconds,
      exp: seconds + 300,
      ...claims,
    }
    return send({
      access_token: randomUUID(),
      token_type: 'Bearer',
      id_token: sign(told, header, foreignKey),
    })
  }
  issuer = await listening(t, () => answer)
  return { issuer, logoutToken: (claims, header = {}) => sign(claims, header) }
}
