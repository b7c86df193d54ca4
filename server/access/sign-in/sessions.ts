import { createHash, randomBytes } from 'node:crypto'
import type { Database, TransactionSql } from '../../../db/client.ts'
import { ROLES } from '../../../shared/vocabulary.ts'
import type { Person } from '../people/people.ts'

export const IDLE_LIMIT_MS = 8 * 3_600_000
export const ABSOLUTE_LIMIT_MS = 12 * 3_600_000
/** `last_seen_at` is written at most this often: reading the list must not write a row each time. */
const SEEN_STEP_MS = 60_000
const TOKEN_BYTES = 32
const TOKEN = /^[A-Za-z0-9_-]{43}$/
const SYSTEM = { kind: 'system', name: 'access' } as const
/** Tells every process that a session has ended; the payload is its id. */
export const SESSION_CHANNEL = 'ptl_session_end'

export interface Session {
  /** Hash of the token in hex: names the session and cannot be used as it. */
  readonly id: string
  readonly person: Person
  /** The absolute limit, milliseconds since 1970. */
  readonly expiresAt: number
  /** When it ends unless the person asks for something before. */
  readonly idleEndsAt: number
  /** Signed in at the provider, and so to be signed out there. */
  readonly atProvider: boolean
}

/** How a session began. */
export type Beginning =
  { readonly via: 'sample' } | { readonly via: 'provider'; readonly session: string | null }

/** Begins a session. @returns the token for the cookie, which is kept nowhere */
export async function beginSession(
  db: Database,
  person: Person,
  now: number,
  how: Beginning = { via: 'sample' },
): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const at = new Date(now).toISOString()
  await db.scoped(
    SYSTEM,
    (tx) => tx`
      insert into session (token_hash, person_id, created_at, last_seen_at, expires_at, via, provider_session)
      values (${hashOf(token)}, ${person.id}, ${at}, ${at}, ${new Date(now + ABSOLUTE_LIMIT_MS).toISOString()},
        ${how.via}, ${how.via === 'provider' ? how.session : null})
    `,
  )
  return token
}

/**
 * The session of a token; undefined once it ended, by sign-out, eight idle hours, twelve in all, or the person leaving.
 * [IG-3]
 * @param options.touch the person asked for something: the idle hours start anew. Whatever a page or a socket does by
 *   itself must not touch, or a screen left open would never end
 * @param options.sample whether sessions of sample sign-ins count
 */
export async function findSession(
  db: Database,
  token: string,
  now: number,
  options: { readonly touch: boolean; readonly sample: boolean },
): Promise<Session | undefined> {
  if (!TOKEN.test(token)) return undefined
  const hash = hashOf(token)
  const seenAfter = new Date(now - IDLE_LIMIT_MS).toISOString()
  const at = new Date(now).toISOString()
  const [row] = await db.read(
    SYSTEM,
    (tx) => tx<(Person & { expiresAt: string; lastSeenAt: string; via: string })[]>`
      select person.id, person.name, person.role, person.organisation,
        session.expires_at as "expiresAt", session.last_seen_at as "lastSeenAt", session.via
      from session join person on person.id = session.person_id
      where token_hash = ${hash} and revoked_at is null and person.active and person.role = any(${Object.keys(ROLES)})
        and (${options.sample} or not person.sample)
        and expires_at > ${at} and last_seen_at > ${seenAfter}
    `,
  )
  if (row === undefined) return undefined
  const isStale = options.touch && Date.parse(row.lastSeenAt) < now - SEEN_STEP_MS
  if (isStale) {
    // Only forwards, and never a session that ended meanwhile.
    await db.scoped(
      SYSTEM,
      (tx) => tx`
        update session set last_seen_at = ${at}
        where token_hash = ${hash} and revoked_at is null and last_seen_at < ${at}
      `,
    )
  }
  const { id, name, role, organisation, expiresAt } = row
  return {
    id: hash.toString('hex'),
    person: { id, name, role, organisation },
    expiresAt: Date.parse(expiresAt),
    idleEndsAt: (isStale ? now : Date.parse(row.lastSeenAt)) + IDLE_LIMIT_MS,
    atProvider: row.via === 'provider',
  }
}

/** Whose sessions end: one session, all of a person, or what the provider says. */
export type Ending =
  | { readonly session: string }
  | { readonly personId: string }
  | { readonly providerSession: string | null; readonly subject: string | null }

/** Ends sessions now, everywhere; every process hears of each. @returns how many there were */
export async function endSessions(tx: TransactionSql, which: Ending, now: number): Promise<number> {
  const at = new Date(now).toISOString()
  const chosen =
    'session' in which
      ? tx`token_hash = ${Buffer.from(which.session, 'hex')}`
      : 'personId' in which
        ? tx`person_id = ${which.personId}`
        : tx`via = 'provider' and (provider_session = ${which.providerSession}
            or (${which.providerSession}::text is null and person_id in
              (select id from person where split_part(subject, '|', 1) = ${which.subject})))`
  const ended = await tx<{ id: string }[]>`
    update session set revoked_at = ${at} where revoked_at is null and ${chosen}
    returning encode(token_hash, 'hex') as id
  `
  for (const { id } of ended) await tx`select pg_notify(${SESSION_CHANNEL}, ${id})`
  return ended.length
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
