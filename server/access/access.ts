import { randomBytes } from 'node:crypto'
import type { Database } from '../../db/client.ts'
import type { Identity } from '../../shared/entry.ts'
import { Refusal } from '../../shared/problem.ts'
import { appendAudit, verifyAudit } from './audit/audit.ts'
import type { AuditEvent } from './audit/audit.ts'
import { openAuditQueue } from './audit/audit-queue.ts'
import { openBackOff } from './sign-in/back-off.ts'
import { signInFrom, tokenFrom } from './sign-in/cookie.ts'
import { keptSecret } from './identity/kept-secret.ts'
import { erasedOf, liftErasure, openRecordHash } from './keeping/erased-records.ts'
import { eraseSubject } from './keeping/erasure.ts'
import { feedKeyFrom, requireKey } from './feed-keys/feed-keys.ts'
import type { FeedKey } from './feed-keys/feed-keys.ts'
import { identitiesJson, readIdentities } from './identity/identities.ts'
import { assertKeysFit } from './identity/keys.ts'
import { openKeyRate } from './feed-keys/key-rate.ts'
import { isOwnOrigin, isUnsafe } from './sign-in/origin.ts'
import { personOfSubject, samplePeople, samplePerson } from './people/people.ts'
import type { Person } from './people/people.ts'
import { openNameRate } from './identity/name-rate.ts'
import type { Access, Asking } from './offered.ts'
import type { Provider } from './sign-in/provider.ts'
import { may, requireRight, seesAll } from './rights.ts'
import { sealBytes, sealIdentity, unsealBytes, unsealIdentity } from './identity/seal.ts'
import type { IdentityKeys } from './identity/seal.ts'
import { SESSION_CHANNEL, beginSession, endSessions, findSession } from './sign-in/sessions.ts'
import type { Beginning, Ending, Session } from './sign-in/sessions.ts'
import { beginSignIn, finishSignIn } from './sign-in/sign-in.ts'
import { subjectAccess } from './keeping/subject-access.ts'

export type { AuditEvent, AuditVerdict } from './audit/audit.ts'
export type { FeedKey, FeedScope } from './feed-keys/feed-keys.ts'
export type { Person } from './people/people.ts'
export type { Action } from './rights.ts'
export type { SealedBytes, SealedIdentity } from './identity/seal.ts'
export type { Access, Asking } from './offered.ts'
export type { Session } from './sign-in/sessions.ts'

/** Sent by a page that nobody has touched for a while: such a request does not keep a session alive. [IG-3] */
const UNATTENDED = 'x-ptl-unattended'
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
  const backOff = openBackOff(now)
  const known = new WeakMap<object, { readonly person?: Person; readonly feedKey?: FeedKey }>()
  const addresses = new WeakMap<object, string>()
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
    const touch = !isSocket && request.headers[UNATTENDED] === undefined
    const found = await findSession(db, token, now(), { touch, sample })
    if (found !== undefined) remember(request, { person: found.person })
    return found
  }

  function remember(request: Asking, who: { person: Person } | { feedKey: FeedKey }): void {
    known.set(request, who)
    if (request.ip !== undefined)
      addresses.set('person' in who ? who.person : who.feedKey, request.ip)
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

  /** Events with the address their request came from. */
  function placed(event: AuditEvent | readonly AuditEvent[]): AuditEvent[] {
    const events = 'action' in event ? [event] : event
    return events.map((one) => ({ ...one, ...addressed(one) }))
  }

  function addressed(event: Pick<AuditEvent, 'person' | 'feedKey' | 'address'>): {
    readonly address?: string | undefined
  } {
    const who = event.person ?? event.feedKey
    return { address: event.address ?? (who === undefined ? who : addresses.get(who)) }
  }

  async function begin(
    person: Person,
    request: Asking,
    how: Beginning,
  ): Promise<{ person: Person; token: string }> {
    const token = await beginSession(db, person, now(), how)
    remember(request, { person })
    await access.auditNow({ person, action: 'session:begin', subject: `person:${person.id}` })
    return { person, token }
  }

  function wantProvider(): Provider {
    if (provider !== null) return provider
    throw new Refusal('not-found', 'No provider is set up here. GET /api/sign-in/ways says how.')
  }

  function end(which: Ending): Promise<number> {
    return db.scoped({ kind: 'system', name: 'access' }, (tx) => endSessions(tx, which, now()))
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

  const access: Access = {
    person: async (request) => (await signedIn(request, false)).person,
    maybePerson: async (request) => (await session(request, false))?.person ?? null,
    personForSocket: (request) => signedIn(request, true),
    knownAs: (request) => known.get(request) ?? {},
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
      try {
        const when = { at: instant(), sample }
        const feedKey = await feedKeyFrom(db, request.headers.authorization, when)
        remember(request, { feedKey })
        rate.count(feedKey.id, now())
        return feedKey
      } catch (cause) {
        const isGuess = cause instanceof Refusal && cause.code === 'unknown-key'
        throw isGuess ? backOff.failed(`key ${request.ip ?? ''}`, cause) : cause
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
    ways: { sample, provider: provider !== null },
    samplePeople: () => samplePeople(db),
    async signInAsSample(personId, request) {
      refuseForeign(request, false)
      const person = sample ? await samplePerson(db, personId) : undefined
      if (person !== undefined) return begin(person, request, { via: 'sample' })
      const none = 'No such sample sign-in. GET /api/sample-people lists them.'
      throw backOff.failed(`sign-in ${request.ip ?? ''}`, new Refusal('not-signed-in', none))
    },
    beginSignIn: () => beginSignIn(db, wantProvider(), now()),
    async finishSignIn(request, query) {
      const browser = signInFrom(request.headers.cookie)
      try {
        const vouched = await finishSignIn(db, wantProvider(), { query, browser }, now())
        const person = await personOfSubject(db, vouched.subject)
        if (person !== undefined)
          return await begin(person, request, { via: 'provider', session: vouched.session })
        throw new Refusal(
          'not-yours',
          'You are signed in at the provider, and nobody here has given you a role. Ask your trust administrator.',
        )
      } catch (cause) {
        const isNo = cause instanceof Refusal && cause.code === 'not-signed-in'
        throw isNo ? backOff.failed(`sign-in ${request.ip ?? ''}`, cause) : cause
      }
    },
    async signOut(request, { everywhere = false } = {}) {
      const found = await session(request, false)
      if (found === undefined) return null
      const { person, id } = found
      const count = await end(everywhere ? { personId: person.id } : { session: id })
      const reason = everywhere ? `everywhere: ${String(count)} sessions` : undefined
      const subject = `person:${person.id}`
      await access.auditNow({ person, action: 'session:end', subject, reason })
      return found.atProvider ? (provider?.signOutUrl() ?? null) : null
    },
    async signedOutAtProvider(logoutToken) {
      const { subject, session: providerSession } = await wantProvider().readLogout(
        logoutToken,
        now(),
      )
      const count = await end({ providerSession, subject })
      await access.auditNow({
        action: 'session:end',
        subject: 'provider',
        reason: `signed out at the provider: ${String(count)} sessions`,
      })
    },
    endSessionsOf: (tx, personId) => endSessions(tx, { personId }, now()),
    subjectAccess: (nhsNumber) => subjectAccess(db, keys, nhsNumber, instant()),
    eraseSubject: (nhsNumber, event) =>
      eraseSubject(db, keys, recordHash, {
        nhsNumber,
        at: instant(),
        event: { ...event, ...addressed(event) },
      }),
    liftErasure: (id, event) =>
      liftErasure(db, { id, at: instant(), event: { ...event, ...addressed(event) } }),
    erasedOf: (tx, trust) => erasedOf(tx, trust, recordHash),
    recordHash,
    breakGlassMinutes: options.breakGlassMinutes ?? BREAK_GLASS_MINUTES,
    close: () => ended.unlisten(),
  }
  return access
}
