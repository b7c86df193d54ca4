import * as client from 'openid-client'
import { z } from 'zod'
import { Refusal } from '../../../shared/problem.ts'
import type { OidcConfig } from '../../config.ts'
import { readLogoutToken } from './logout-token.ts'
import type { LogoutToken } from './logout-token.ts'

const TIMEOUT_SECONDS = 5
/** What an answer of the provider is told to be when it is none: down, or something else in its place. */
const DOWN: ReadonlySet<string> = new Set([
  'OAUTH_TIMEOUT',
  'OAUTH_ABORT',
  'OAUTH_RESPONSE_IS_NOT_CONFORM',
  'OAUTH_RESPONSE_IS_NOT_JSON',
  'OAUTH_PARSE_ERROR',
])

/** What must be known again when the answer to a sign-in comes. */
export interface SignInSecrets {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** Whom the provider vouches for. */
export interface Vouched {
  /** Finds our person: the provider's subject, and behind `|` the role profile picked where one is asked for. */
  readonly subject: string
  /** The provider's own session, for its sign-out. */
  readonly session: string | null
}

/** An OpenID Connect provider; NHS CIS2 is one. [IG-1] */
export interface Provider {
  /** @throws Refusal `unavailable` while the provider does not answer */
  begin(): Promise<SignInSecrets & { readonly url: string }>
  /** @throws Refusal `not-signed-in` for an answer that is not good, `unavailable` while nobody can tell */
  finish(query: URLSearchParams, secrets: SignInSecrets): Promise<Vouched>
  /** Where the browser goes to sign out there too; null where the provider has no such place or is down. */
  signOutUrl(): Promise<string | null>
  /** Reads a back-channel logout token. @throws Refusal `bad-request`, `unavailable` */
  readLogout(token: string, nowMs: number): Promise<LogoutToken>
}

/** The library marks this deprecated so that nobody does it unawares: readConfig lets it be for this machine alone. */
const allowPlainHttp: (config: client.Configuration) => void = Reflect.get(
  client,
  'allowInsecureRequests',
)

const claims = z.looseObject({
  sub: z.string().min(1).max(255),
  sid: z.string().max(255).optional(),
  acr: z.string().optional(),
  authentication_assurance_level: z.coerce.number().optional(),
})

/**
 * Sign-in by authorisation code with PKCE, state and nonce; the ID token's signature is checked with the provider's
 * published keys, by the one algorithm that was agreed. Asked for its addresses at the first sign-in, so that a
 * provider that is down does not keep the service from starting.
 */
export function openProvider(config: OidcConfig): Provider {
  let found: Promise<client.Configuration> | null = null

  function discover(): Promise<client.Configuration> {
    found ??= discoverAt(config).catch((cause: unknown) => {
      found = null
      throw asRefusal(cause)
    })
    return found
  }

  return {
    async begin() {
      const at = await discover()
      const state = client.randomState()
      const nonce = client.randomNonce()
      const verifier = client.randomPKCECodeVerifier()
      const url = client.buildAuthorizationUrl(at, {
        redirect_uri: config.redirectUrl,
        response_type: 'code',
        scope: config.scope,
        code_challenge: await client.calculatePKCECodeChallenge(verifier),
        code_challenge_method: 'S256',
        state,
        nonce,
        ...(config.acrValues.length === 0 ? {} : { acr_values: config.acrValues.join(' ') }),
      })
      return { url: url.href, state, nonce, verifier }
    },
    async finish(query, secrets) {
      const at = await discover()
      const answer = new URL(config.redirectUrl)
      answer.search = query.toString()
      try {
        const tokens = await client.authorizationCodeGrant(at, answer, {
          expectedState: secrets.state,
          expectedNonce: secrets.nonce,
          pkceCodeVerifier: secrets.verifier,
          idTokenExpected: true,
        })
        const said = claims.parse(tokens.claims())
        assertAssured(said, config)
        const role = await roleOf(at, tokens.access_token, said)
        const subject = role === null ? said.sub : `${said.sub}|${role}`
        return { subject, session: said.sid ?? null }
      } catch (cause) {
        throw asRefusal(cause)
      }
    },
    async signOutUrl() {
      const at = await discover().catch(() => null)
      if (at?.serverMetadata().end_session_endpoint === undefined) return null
      const back = new URL('/sign-in', config.redirectUrl).href
      return client.buildEndSessionUrl(at, { post_logout_redirect_uri: back }).href
    },
    async readLogout(token, nowMs) {
      const { jwks_uri: keysUrl, issuer } = (await discover()).serverMetadata()
      if (keysUrl === undefined) throw new Refusal('unavailable', 'The provider names no keys.')
      return readLogoutToken(token, { ...config, keysUrl, issuer, nowMs })
    },
  }

  /** The profile that was picked, from the ID token or else from userinfo. It finds a person and gives no right. */
  async function roleOf(
    at: client.Configuration,
    accessToken: string,
    said: z.infer<typeof claims>,
  ): Promise<string | null> {
    const { roleClaim } = config
    if (roleClaim === null) return null
    const more =
      said[roleClaim] ?? (await client.fetchUserInfo(at, accessToken, said.sub))[roleClaim]
    if (typeof more === 'string' && more !== '' && more.length < 256) return more
    throw new Refusal(
      'not-signed-in',
      'The provider did not say which role was picked. Pick one and try again.',
    )
  }
}

async function discoverAt(config: OidcConfig): Promise<client.Configuration> {
  const insecure = config.issuer.startsWith('http:')
  const found = await client.discovery(
    new URL(config.issuer),
    config.clientId,
    {
      id_token_signed_response_alg: config.algorithm,
      [client.clockTolerance]: config.clockToleranceSeconds,
    },
    config.clientSecret === null ? client.None() : client.ClientSecretBasic(config.clientSecret),
    {
      timeout: TIMEOUT_SECONDS,
      execute: [client.enableNonRepudiationChecks, ...(insecure ? [allowPlainHttp] : [])],
    },
  )
  found.timeout = TIMEOUT_SECONDS
  return found
}

/** @throws Refusal when somebody signed in less surely than is asked */
function assertAssured(said: z.infer<typeof claims>, config: OidcConfig): void {
  const isKind = config.acrValues.length === 0 || config.acrValues.includes(said.acr ?? '')
  const isStrong = (said.authentication_assurance_level ?? 0) >= config.minimumAal
  if (isKind && isStrong) return
  throw new Refusal(
    'not-signed-in',
    'You signed in by a way that is not strong enough here. Sign in again with your smartcard or authenticator.',
  )
}

/** The provider's no, told without its words: they may hold a token or a name. */
function asRefusal(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause
  const code = cause instanceof client.ClientError ? (cause.code ?? '') : ''
  const isStranger = cause instanceof TypeError && cause.cause instanceof Error
  const isBroken =
    cause instanceof client.ResponseBodyError &&
    (cause.status >= 500 || cause.error === 'invalid_client')
  if (DOWN.has(code) || isStranger || isBroken) {
    return new Refusal(
      'unavailable',
      'The sign-in service does not answer as it should. Try again in a minute; those signed in can go on.',
    )
  }
  if (code === 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED') {
    return new Refusal(
      'not-signed-in',
      'The sign-in had expired when it came, or the clocks here and at the provider differ by minutes. Try again.',
    )
  }
  return new Refusal('not-signed-in', 'The sign-in was not completed. Start it again.')
}
