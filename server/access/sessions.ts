import { createHash, randomBytes } from 'node:crypto'
import type { Database } from '../../db/client.ts'
import type { Person } from './people.ts'

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
  /** The absolute limit; the idle limit may come sooner. Milliseconds since 1970. */
  readonly expiresAt: number
}

/** Begins a session. @returns the token for the cookie, which is kept nowhere */
export async function beginSession(db: Database, person: Person, now: number): Promise<string> {
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const at = new Date(now).toISOString()
  await db.scoped(
    SYSTEM,
    (tx) => tx`
      insert into session (token_hash, person_id, created_at, last_seen_at, expires_at)
      values (${hashOf(token)}, ${person.id}, ${at}, ${at}, ${new Date(now + ABSOLUTE_LIMIT_MS).toISOString()})
    `,
  )
  return token
}

/** The session of a token; undefined once it ended, by sign-out, eight idle hours, twelve in all, or the person leaving. */
export async function findSession(
  db: Database,
  token: string,
  now: number,
): Promise<Session | undefined> {
  if (!TOKEN.test(token)) return undefined
  const hash = hashOf(token)
  const seenAfter = new Date(now - IDLE_LIMIT_MS).toISOString()
  const at = new Date(now).toISOString()
  return db.scoped(SYSTEM, async (tx) => {
    const [row] = await tx<(Person & { expiresAt: string; lastSeenAt: string })[]>`
      select person.id, person.name, person.role, person.organisation,
        session.expires_at as "expiresAt", session.last_seen_at as "lastSeenAt"
      from session join person on person.id = session.person_id
      where token_hash = ${hash} and revoked_at is null and person.active
        and expires_at > ${at} and last_seen_at > ${seenAfter}
    `
    if (row === undefined) return undefined
    if (Date.parse(row.lastSeenAt) < now - SEEN_STEP_MS) {
      await tx`update session set last_seen_at = ${at} where token_hash = ${hash}`
    }
    const { id, name, role, organisation, expiresAt } = row
    const person = { id, name, role, organisation }
    return { id: hash.toString('hex'), person, expiresAt: Date.parse(expiresAt) }
  })
}

/** Ends a session now, everywhere. */
export async function endSession(db: Database, id: string, now: number): Promise<void> {
  await db.scoped(SYSTEM, async (tx) => {
    await tx`
      update session set revoked_at = ${new Date(now).toISOString()}
      where token_hash = ${Buffer.from(id, 'hex')} and revoked_at is null
    `
    await tx`select pg_notify(${SESSION_CHANNEL}, ${id})`
  })
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
