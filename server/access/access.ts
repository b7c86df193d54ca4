import { randomBytes } from 'node:crypto'
import type { Database } from '../../db/client.ts'
import type { Identity } from '../../shared/entry.ts'
import { Refusal } from '../../shared/problem.ts'
import { appendAudit, verifyAudit } from './audit/audit.ts'
import type { AuditEvent } from './audit/audit.ts'
import { openAuditQueue } from './audit/audit-queue.ts'
import { openBackOff } from './sign-in/back-off.ts'
import { keptSecret } from './identity/kept-secret.ts'
import { erasedOf, liftErasure, openRecordHash } from './keeping/erased-records.ts'
import { eraseSubject } from './keeping/erasure.ts'
import { feedKeyFrom, requireKey } from './feed-keys/feed-keys.ts'
import { identitiesJson, readIdentities } from './identity/identities.ts'
import { assertKeysFit } from './identity/keys.ts'
import { openKeyRate } from './feed-keys/key-rate.ts'
import type { Person } from './people/people.ts'
import { openNameRate } from './identity/name-rate.ts'
import type { Access } from './offered.ts'
import type { Provider } from './sign-in/provider.ts'
import { may, requireRight, seesAll } from './rights.ts'
import { sealBytes, sealIdentity, unsealBytes, unsealIdentity } from './identity/seal.ts'
import type { IdentityKeys } from './identity/seal.ts'
import { openAsking } from './sign-in/asking.ts'
import { SESSION_CHANNEL } from './sign-in/sessions.ts'
import { openSigning } from './sign-in/signing.ts'
import { subjectAccess } from './keeping/subject-access.ts'

export type { AuditEvent, AuditVerdict } from './audit/audit.ts'
export type { FeedKey, FeedScope } from './feed-keys/feed-keys.ts'
export type { Person } from './people/people.ts'
export type { Action } from './rights.ts'
export type { SealedBytes, SealedIdentity } from './identity/seal.ts'
export type { Access, Asking } from './offered.ts'
export type { Session } from './sign-in/sessions.ts'

const BREAK_GLASS_MINUTES = 60

/**
 * Opens sign-in, rights, identities and audit over a migrated database.
 * @param options.now milliseconds since 1970
 * @param options.origins further origins the page may be served from, such as `https://ptl.example`
 * @param options.sample whether sample sign-ins and sample feed keys, which anybody can take, are good
 * @param options.provider where everybody else signs in
 * @throws one line when identities are sealed under a key that `keys` does not hold
 */
export async function openAccess(options: {
  readonly db: Database
  readonly keys: IdentityKeys
  readonly now: () => number
  readonly origins?: readonly string[]
  readonly sample?: boolean
  readonly provider?: Provider | null
  /** Requests one feed key may make in a minute. */
  readonly keyRequestsAMinute?: number
  readonly breakGlassMinutes?: number
  /** Names one person may be given in an hour. */
  readonly namesAnHour?: number
}): Promise<Access> {
  const { db, keys, now, origins, sample = true, provider = null } = options
  const names = openNameRate(now, options.namesAnHour)
  const rate = openKeyRate(options.keyRequestsAMinute)
  await assertKeysFit(db, keys)
  const secret = await keptSecret(db, keys, 'erased records', () => randomBytes(32).toString('hex'))
  const recordHash = openRecordHash(secret)
  const queue = openAuditQueue(db)
  const backOff = openBackOff(db, now)
  const asking = openAsking({ db, now, origins, sample })
  const listeners = new Set<(sessionId: string) => void>()
  const deafened = new Set<() => void>()
  const ended = await db.listen(
    SESSION_CHANNEL,
    (sessionId) => {
      for (const listener of listeners) listener(sessionId)
    },
    () => {
      for (const onUnheard of deafened) onUnheard()
    },
  )
  const instant = (): string => new Date(now()).toISOString()

  /** Events with the address their request came from. */
  function placed(event: AuditEvent | readonly AuditEvent[]): AuditEvent[] {
    const events = 'action' in event ? [event] : event
    return events.map((one) => ({ ...one, ...asking.addressed(one) }))
  }

  const audit = (event: AuditEvent | readonly AuditEvent[]): Promise<void> =>
    queue.add(placed(event), instant())

  async function identityTexts(
    person: Person,
    entryIds: readonly number[],
    reason?: string,
    requestId?: string,
  ): Promise<Map<number, string>> {
    names.count(person.id, entryIds.length)
    return readIdentities({ db, keys, audit }, person, { entryIds, reason, requestId })
  }

  const signing = openSigning({ db, now, sample, provider, backOff, asking, auditNow: audit })
  const access: Access = {
    person: async (request) => (await asking.signedIn(request, false)).person,
    maybePerson: async (request) => (await asking.session(request, false))?.person ?? null,
    personForSocket: (request) => asking.signedIn(request, true),
    knownAs: (request) => asking.knownAs(request),
    onSessionEnd(fn, onUnheard = () => undefined) {
      listeners.add(fn)
      deafened.add(onUnheard)
      return () => {
        listeners.delete(fn)
        deafened.delete(onUnheard)
      }
    },
    async feedKey(request, trust, scope) {
      const key = await access.anyFeedKey(request)
      requireKey(key, trust, scope)
      return key
    },
    async anyFeedKey(request) {
      try {
        const when = { at: instant(), sample }
        const feedKey = await feedKeyFrom(db, request.headers.authorization, when)
        asking.remember(request, { feedKey })
        rate.count(feedKey.id, now())
        return feedKey
      } catch (cause) {
        const isGuess = cause instanceof Refusal && cause.code === 'unknown-key'
        throw isGuess ? await backOff.failed(`key ${request.ip ?? ''}`, cause) : cause
      }
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
    audit: (tx, event) => appendAudit(tx, placed(event), instant()),
    auditNow: audit,
    verifyAudit: () => verifyAudit(db),
    seal: (identity) => sealIdentity(identity, keys),
    unseal: (row) => unsealIdentity(row, keys),
    sealBytes: (bytes, boundTo) => sealBytes(bytes, boundTo, keys),
    unsealBytes: (row, boundTo) => unsealBytes(row, boundTo, keys),
    async identities(...asked) {
      const texts = await identityTexts(...asked)
      return new Map([...texts].map(([id, text]) => [id, JSON.parse(text) as Identity]))
    },
    identitiesJson: async (...asked) => identitiesJson(await identityTexts(...asked)),
    ...signing,
    subjectAccess: (nhsNumber) => subjectAccess(db, keys, nhsNumber, instant()),
    eraseSubject: (nhsNumber, event) =>
      eraseSubject(db, keys, recordHash, {
        nhsNumber,
        at: instant(),
        event: { ...event, ...asking.addressed(event) },
      }),
    liftErasure: (id, event) =>
      liftErasure(db, { id, at: instant(), event: { ...event, ...asking.addressed(event) } }),
    erasedOf: (tx, trust) => erasedOf(tx, trust, recordHash),
    recordHash,
    breakGlassMinutes: options.breakGlassMinutes ?? BREAK_GLASS_MINUTES,
    close: () => ended.unlisten(),
  }
  return access
}
