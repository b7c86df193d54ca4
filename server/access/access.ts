import type { IncomingHttpHeaders } from 'node:http'
import type { Database, TransactionSql } from '../../db/client.ts'
import type { Identity } from '../../shared/entry.ts'
import { Refusal } from '../../shared/problem.ts'
import { appendAudit, verifyAudit } from './audit.ts'
import type { AuditEvent, AuditVerdict } from './audit.ts'
import { tokenFrom } from './cookie.ts'
import { feedKeyFrom, requireKey } from './feed-keys.ts'
import type { FeedKey, FeedScope } from './feed-keys.ts'
import { readIdentities } from './identities.ts'
import { assertKeysFit } from './keys.ts'
import { isOwnOrigin, isUnsafe } from './origin.ts'
import { samplePeople, samplePerson } from './people.ts'
import type { Person, SamplePerson } from './people.ts'
import { may, requireRight, seesAll } from './rights.ts'
import type { Action } from './rights.ts'
import { openKeyRate } from './key-rate.ts'
import { sealBytes, sealIdentity, unsealBytes, unsealIdentity } from './seal.ts'
import type { IdentityKeys, SealedBytes, SealedIdentity } from './seal.ts'
import { SESSION_CHANNEL, beginSession, endSession, findSession } from './sessions.ts'
import type { Session } from './sessions.ts'

export type { AuditEvent, AuditVerdict } from './audit.ts'
export type { FeedKey, FeedScope } from './feed-keys.ts'
export type { Person } from './people.ts'
export type { Action } from './rights.ts'
export type { SealedBytes, SealedIdentity } from './seal.ts'
export type { Session } from './sessions.ts'

/** What of a request is looked at here: fastify's request and node's both have it. */
export interface Asking {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** Who is asking, what they may do, who somebody is, and what was done. */
export interface Access {
  /** @throws Refusal `not-signed-in`; `not-yours` when another site's page sends an unsafe request */
  person(request: Asking): Promise<Person>
  maybePerson(request: Asking): Promise<Person | null>
  /** For a socket: the session too, to be watched with `onSessionEnd` and closed at `expiresAt`. @throws as `person` */
  personForSocket(request: Asking): Promise<Session>
  /** `fn` gets the id of each session that ends by sign-out, in whichever process. @returns how to stop listening */
  onSessionEnd(fn: (sessionId: string) => void): () => void
  /** @throws Refusal `unknown-key`, `not-yours`, `too-many` */
  feedKey(request: Asking, trust: string, scope: FeedScope): Promise<FeedKey>
  /** The key a request carries, whatever it may do. @throws Refusal `unknown-key`, `too-many` */
  anyFeedKey(request: Asking): Promise<FeedKey>
  /** Whoever may write this trust's capacity: a feed key when one is sent, else somebody signed in. For the audit. */
  capacityWriter(
    request: Asking,
    trust: string,
  ): Promise<{ readonly person: Person } | { readonly feedKey: FeedKey }>
  may(person: Person, action: Action, organisation?: string | readonly string[]): boolean
  /** @throws Refusal `not-yours` */
  require(person: Person, action: Action, organisation?: string | readonly string[]): void
  /** Whether they see every pathway, pseudonymous, and not only their organisation's. */
  seesAll(person: Person): boolean
  /** Near the end of the transaction of what it tells of: it takes the audit's lock. */
  audit(tx: TransactionSql, event: AuditEvent | readonly AuditEvent[]): Promise<void>
  verifyAudit(): Promise<AuditVerdict>
  seal(identity: Identity): SealedIdentity
  unseal(row: SealedBytes): Identity
  /** For whatever else may name somebody. `boundTo` says what it belongs to, and opens it again. */
  sealBytes(bytes: Buffer, boundTo: string): SealedBytes
  unsealBytes(row: SealedBytes, boundTo: string): Buffer
  /** Entitled pathways only, at most 100, each read audited. */
  identities(
    person: Person,
    entryIds: readonly number[],
    reason?: string,
    requestId?: string,
  ): Promise<Map<number, Identity>>
  samplePeople(): Promise<SamplePerson[]>
  /** @throws Refusal `not-signed-in` unless `personId` is a sample sign-in */
  signInAsSample(personId: string, request: Asking): Promise<{ person: Person; token: string }>
  /** Ends the request's session, if it has one. */
  signOut(request: Asking): Promise<void>
  close(): Promise<void>
}

/**
 * Opens sign-in, rights, identities and audit over a migrated database.
 * @param options.now milliseconds since 1970
 * @param options.origins further origins the page may be served from, such as `https://ptl.example`
 * @throws one line when identities are sealed under a key that `keys` does not hold
 */
export async function openAccess(options: {
  readonly db: Database
  readonly keys: IdentityKeys
  readonly now: () => number
  readonly origins?: readonly string[]
  /** Requests one feed key may make in a minute. */
  readonly keyRequestsAMinute?: number
}): Promise<Access> {
  const { db, keys, now, origins } = options
  const rate = openKeyRate(options.keyRequestsAMinute)
  await assertKeysFit(db, keys)
  const listeners = new Set<(sessionId: string) => void>()
  const ended = await db.listen(
    SESSION_CHANNEL,
    (sessionId) => {
      for (const listener of listeners) listener(sessionId)
    },
    () => undefined,
  )
  const instant = (): string => new Date(now()).toISOString()

  async function session(request: Asking, isSocket: boolean): Promise<Session | undefined> {
    const token = tokenFrom(request.headers.cookie)
    if (token === undefined) return undefined
    refuseForeign(request, isSocket)
    return findSession(db, token, now())
  }

  function refuseForeign(request: Asking, isSocket: boolean): void {
    if (!isSocket && !isUnsafe(request.method ?? 'GET')) return
    if (isOwnOrigin(request.headers, origins)) return
    throw new Refusal('not-yours', 'The request came from the page of another site.')
  }

  async function signedIn(request: Asking, isSocket: boolean): Promise<Session> {
    const found = await session(request, isSocket)
    if (found === undefined) {
      throw new Refusal('not-signed-in', 'No session, or it has ended. Sign in and try again.')
    }
    return found
  }

  const access: Access = {
    person: async (request) => (await signedIn(request, false)).person,
    maybePerson: async (request) => (await session(request, false))?.person ?? null,
    personForSocket: (request) => signedIn(request, true),
    onSessionEnd(fn) {
      listeners.add(fn)
      return () => void listeners.delete(fn)
    },
    async feedKey(request, trust, scope) {
      const key = await access.anyFeedKey(request)
      requireKey(key, trust, scope)
      return key
    },
    async anyFeedKey(request) {
      const key = await feedKeyFrom(db, request.headers.authorization, instant())
      rate.count(key.id, now())
      return key
    },
    async capacityWriter(request, trust) {
      if (request.headers.authorization !== undefined) {
        return { feedKey: await access.feedKey(request, trust, 'capacity:write') }
      }
      const person = await access.person(request)
      requireRight(person, 'capacity:write', trust)
      return { person }
    },
    may,
    require: requireRight,
    seesAll,
    audit: (tx, event) => appendAudit(tx, 'action' in event ? [event] : event, instant()),
    verifyAudit: () => verifyAudit(db),
    seal: (identity) => sealIdentity(identity, keys),
    unseal: (row) => unsealIdentity(row, keys),
    sealBytes: (bytes, boundTo) => sealBytes(bytes, boundTo, keys),
    unsealBytes: (row, boundTo) => unsealBytes(row, boundTo, keys),
    identities: (person, entryIds, reason, requestId) =>
      readIdentities({ db, keys, at: instant() }, person, { entryIds, reason, requestId }),
    samplePeople: () => samplePeople(db),
    async signInAsSample(personId, request) {
      refuseForeign(request, false)
      const person = await samplePerson(db, personId)
      if (person === undefined) {
        throw new Refusal(
          'not-signed-in',
          'No such sample sign-in. GET /api/sample-people lists them.',
        )
      }
      const token = await beginSession(db, person, now())
      await record({ person, action: 'session:begin', subject: `person:${person.id}` })
      return { person, token }
    },
    async signOut(request) {
      const found = await session(request, false)
      if (found === undefined) return
      const { person } = found
      await endSession(db, found.id, now())
      await record({ person, action: 'session:end', subject: `person:${person.id}` })
    },
    close: () => ended.unlisten(),
  }

  function record(event: AuditEvent): Promise<void> {
    return db.scoped({ kind: 'system', name: 'access' }, (tx) => access.audit(tx, event))
  }

  return access
}
