import { createPublicKey, verify } from 'node:crypto'
import type { JsonWebKey } from 'node:crypto'
import { z } from 'zod'
import { Refusal } from '../../../shared/problem.ts'

/** Whom the provider has signed out: a session of its own, or everything of a subject. */
export interface LogoutToken {
  readonly subject: string | null
  readonly session: string | null
}

const EVENT = 'http://schemas.openid.net/event/backchannel-logout'
const KEYS_TIMEOUT_MS = 5_000
/** A logout token is for now; an old one that turns up again is nobody's. */
const LONGEST_AGE_SECONDS = 300

const header = z.looseObject({ alg: z.string(), kid: z.string().optional() })
const body = z.looseObject({
  iss: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  iat: z.number(),
  exp: z.number().optional(),
  sub: z.string().optional(),
  sid: z.string().optional(),
  nonce: z.never().optional(),
  events: z.looseObject({ [EVENT]: z.looseObject({}) }),
})
const keySet = z.looseObject({
  keys: z.array(z.looseObject({ kid: z.string().optional(), kty: z.string() })),
})

/** JOSE algorithm to what node calls it. Nothing else is accepted, `none` and shared secrets least of all. */
const ALGORITHMS: Readonly<Record<string, { readonly hash: string; readonly options: object }>> = {
  RS256: { hash: 'sha256', options: {} },
  RS512: { hash: 'sha512', options: {} },
  PS256: { hash: 'sha256', options: { padding: 6, saltLength: 32 } },
  ES256: { hash: 'sha256', options: { dsaEncoding: 'ieee-p1363' } },
  ES512: { hash: 'sha512', options: { dsaEncoding: 'ieee-p1363' } },
}

/**
 * Reads and proves a logout token. [OpenID Connect Back-Channel Logout 1.0, section 2.6]
 * @throws Refusal `bad-request` for a token that is not good, `unavailable` when the keys cannot be read
 */
export async function readLogoutToken(
  token: string,
  wanted: {
    readonly keysUrl: string
    readonly issuer: string
    readonly clientId: string
    readonly algorithm: string
    readonly clockToleranceSeconds: number
    readonly nowMs: number
  },
): Promise<LogoutToken> {
  const parts = token.split('.')
  const [head = '', claims = '', signature = ''] = parts
  const { alg, kid } = parse(header, head)
  const said = parse(body, claims)
  const how = ALGORITHMS[alg]
  if (parts.length !== 3 || alg !== wanted.algorithm || how === undefined) throw notGood()
  const now = wanted.nowMs / 1000
  const audiences = typeof said.aud === 'string' ? [said.aud] : said.aud
  const isOurs = said.iss === wanted.issuer && audiences.includes(wanted.clientId)
  const age = now - said.iat
  const isNow =
    age <= LONGEST_AGE_SECONDS + wanted.clockToleranceSeconds &&
    age >= -wanted.clockToleranceSeconds &&
    (said.exp === undefined || said.exp > now - wanted.clockToleranceSeconds)
  if (!isOurs || !isNow || (said.sub === undefined && said.sid === undefined)) throw notGood()
  const isSigned = (await keysAt(wanted.keysUrl))
    .filter((key) => kid === undefined || key.kid === kid)
    .some((key) =>
      verify(
        how.hash,
        Buffer.from(`${head}.${claims}`),
        { key: createPublicKey({ key: key as JsonWebKey, format: 'jwk' }), ...how.options },
        Buffer.from(signature, 'base64url'),
      ),
    )
  if (!isSigned) throw notGood()
  return { subject: said.sub ?? null, session: said.sid ?? null }
}

async function keysAt(url: string): Promise<z.infer<typeof keySet>['keys']> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(KEYS_TIMEOUT_MS) })
    return keySet.parse(await answer.json()).keys
  } catch {
    throw new Refusal('unavailable', 'The keys of the sign-in service cannot be read.')
  }
}

function parse<T>(schema: z.ZodType<T>, part: string): T {
  try {
    return schema.parse(JSON.parse(Buffer.from(part, 'base64url').toString('utf8')))
  } catch {
    throw notGood()
  }
}

function notGood(): Refusal {
  return new Refusal('bad-request', 'This is no logout token of our provider for us.')
}
