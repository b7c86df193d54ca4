import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../../../db/client.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { Provider, SignInSecrets, Vouched } from './provider.ts'

const SYSTEM = { kind: 'system', name: 'access' } as const
const BROWSER_BYTES = 32
/** Long enough to find one's smartcard. */
export const SIGN_IN_LIMIT_MS = 10 * 60_000

/**
 * Sends somebody to the provider. What their answer must fit is kept in the database, so that any process can take
 * it, and only as hashes where a hash is enough.
 * @returns where the browser goes, and the cookie that binds the answer to this browser
 */
export async function beginSignIn(
  db: Database,
  provider: Provider,
  now: number,
): Promise<{ readonly url: string; readonly browser: string }> {
  const { url, state, nonce, verifier } = await provider.begin()
  const browser = randomBytes(BROWSER_BYTES).toString('base64url')
  await db.scoped(SYSTEM, async (tx) => {
    await tx`delete from sign_in where expires_at < ${new Date(now).toISOString()}`
    await tx`
      insert into sign_in (state_hash, browser_hash, nonce, verifier, expires_at)
      values (${hashOf(state)}, ${hashOf(browser)}, ${nonce}, ${verifier},
        ${new Date(now + SIGN_IN_LIMIT_MS).toISOString()})
    `
  })
  return { url, browser }
}

/**
 * Takes the provider's answer, once: the row goes before anything is asked of the provider, so that an answer that is
 * replayed, late, or brought by another browser finds nothing. [IG-1]
 * @throws Refusal `not-signed-in`, `unavailable`
 */
export async function finishSignIn(
  db: Database,
  provider: Provider,
  answer: { readonly query: URLSearchParams; readonly browser: string | undefined },
  now: number,
): Promise<Vouched> {
  const state = answer.query.get('state') ?? ''
  const secrets = await takeSecrets(db, state, answer.browser ?? '', now)
  if (secrets === undefined) {
    throw new Refusal(
      'not-signed-in',
      'This sign-in is over, or was begun in another browser. Start it again.',
    )
  }
  return provider.finish(answer.query, { ...secrets, state })
}

async function takeSecrets(
  db: Database,
  state: string,
  browser: string,
  now: number,
): Promise<Omit<SignInSecrets, 'state'> | undefined> {
  const [row] = await db.scoped(
    SYSTEM,
    (tx) => tx<Omit<SignInSecrets, 'state'>[]>`
      delete from sign_in where state_hash = ${hashOf(state)} and browser_hash = ${hashOf(browser)}
        and expires_at > ${new Date(now).toISOString()}
      returning nonce, verifier
    `,
  )
  return row
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
