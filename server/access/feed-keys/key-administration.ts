import type { Database, TransactionSql } from '../../../db/client.ts'
import { knownScopes, type FeedKeyLine, type NewFeedKeyBody } from '../../../shared/feed-key.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { AuditEvent } from '../audit/audit.ts'
import { insertFeedKey } from './feed-keys.ts'
import type { FeedScope, MadeKey } from './feed-keys.ts'
import type { Person } from '../people/people.ts'

/** What a person does to the keys of a trust. Whether they may is asked before. */
export interface KeyAdministration {
  readonly db: Database
  readonly now: () => number
  readonly audit: (tx: TransactionSql, event: AuditEvent) => Promise<void>
}

/** Who does it, where, in which request. */
export interface KeyWork {
  readonly person: Person
  readonly trust: string
  readonly requestId: string
}

const SYSTEM = { kind: 'system', name: 'access' } as const
const HOUR_MS = 3_600_000
/** Keys shown; a trust has a handful, and its oldest are of no interest. */
const SHOWN = 200

/** The keys of a trust, the newest first. Never a secret, nor its hash. */
export async function listFeedKeys(
  { db, now }: Pick<KeyAdministration, 'db' | 'now'>,
  trust: string,
): Promise<FeedKeyLine[]> {
  const at = new Date(now()).toISOString()
  const rows = await db.scoped(
    SYSTEM,
    (tx) => tx<Omit<FeedKeyLine, 'state'>[]>`
      select k.id, feed, label, scopes, sandbox, created_at as "createdAt", p.name as "madeBy",
        valid_from as "validFrom", expires_at as "endsAt", revoked_at as "revokedAt", replaced_by as "replacedBy",
        last_used_at as "lastUsedAt"
      from feed_key k left join person p on p.id = k.made_by
      where k.organisation = ${trust} order by created_at desc, k.id limit ${SHOWN}`,
  )
  return rows.map((row) => ({
    ...row,
    scopes: knownScopes(row.scopes),
    state: stateOf(row, at),
  }))
}

/** Makes a key. @throws Refusal `not-found` (no such trust), `bad-request` (ends before it begins) */
export async function makeFeedKey(
  options: KeyAdministration,
  work: KeyWork,
  body: NewFeedKeyBody,
): Promise<MadeKey> {
  const { feed, label, scopes, sandbox, validFrom, endsAt } = body
  const from = Math.max(options.now(), validFrom === undefined ? 0 : Date.parse(validFrom))
  if (endsAt !== undefined && Date.parse(endsAt) <= from) {
    throw new Refusal('bad-request', 'The key would end before it begins. Give a later endsAt.')
  }
  return options.db.scoped(SYSTEM, async (tx) => {
    await assertTrust(tx, work.trust)
    const made = await insertFeedKey(tx, {
      organisation: work.trust,
      feed,
      label,
      scopes,
      sandbox,
      validFrom,
      endsAt,
      madeBy: work.person.id,
    })
    await options.audit(tx, event(work, 'feedKey:make', made.id))
    return made
  })
}

/**
 * Makes a key like the old one, which stays good until a stated time and no longer than it would have been.
 * @throws Refusal `not-found`, `conflict` when the old key is no longer good or is being rotated already
 */
export async function rotateFeedKey(
  options: KeyAdministration,
  work: KeyWork,
  keyId: string,
  overlapHours: number,
): Promise<MadeKey & { readonly oldEndsAt: string }> {
  const nowMs = options.now()
  return options.db.scoped(SYSTEM, async (tx) => {
    const old = await lockKey(tx, work.trust, keyId)
    if (stateOf(old, new Date(nowMs).toISOString()) !== 'active') {
      throw new Refusal('conflict', 'This key is not good any more. Make a new one.')
    }
    if (old.replacedBy !== null) {
      throw new Refusal('conflict', 'This key has a successor already. Rotate that one.')
    }
    const made = await insertFeedKey(tx, {
      organisation: work.trust,
      feed: old.feed,
      label: old.label,
      scopes: old.scopes,
      sandbox: old.sandbox,
      madeBy: work.person.id,
    })
    const overlapEndMs = nowMs + overlapHours * HOUR_MS
    const endMs =
      old.endsAt === null ? overlapEndMs : Math.min(overlapEndMs, Date.parse(old.endsAt))
    const oldEndsAt = new Date(endMs).toISOString()
    await tx`
      update feed_key set expires_at = ${oldEndsAt}, replaced_by = ${made.id} where id = ${keyId}`
    await options.audit(tx, event(work, 'feedKey:rotate', keyId))
    return { ...made, oldEndsAt }
  })
}

/** Ends a key at once, for deliveries that are under way too. Again is no error. @throws Refusal `not-found` */
export async function revokeFeedKey(
  options: KeyAdministration,
  work: KeyWork,
  keyId: string,
  reason: string | undefined,
): Promise<void> {
  const at = new Date(options.now()).toISOString()
  await options.db.scoped(SYSTEM, async (tx) => {
    await lockKey(tx, work.trust, keyId)
    await tx`update feed_key set revoked_at = ${at} where id = ${keyId} and revoked_at is null`
    await options.audit(tx, { ...event(work, 'feedKey:revoke', keyId), reason })
  })
}

/** Sites a trust has, for whoever writes test files. */
export async function openSites(db: Database, trust: string): Promise<string[]> {
  const rows = await db.sql<{ code: string }[]>`
    select code from site where organisation = ${trust} and closed_on is null order by code`
  return rows.map(({ code }) => code)
}

interface LockedKey extends Pick<
  FeedKeyLine,
  'feed' | 'label' | 'sandbox' | 'validFrom' | 'endsAt' | 'revokedAt' | 'replacedBy'
> {
  readonly scopes: readonly FeedScope[]
}

async function lockKey(tx: TransactionSql, trust: string, keyId: string): Promise<LockedKey> {
  const [row] = await tx<LockedKey[]>`
    select feed, label, scopes, sandbox, valid_from as "validFrom", expires_at as "endsAt",
      revoked_at as "revokedAt", replaced_by as "replacedBy"
    from feed_key where id = ${keyId} and organisation = ${trust} for update`
  if (row === undefined) throw new Refusal('not-found', 'This trust has no feed key of this id.')
  return row
}

async function assertTrust(tx: TransactionSql, trust: string): Promise<void> {
  const found = await tx`select from organisation where code = ${trust} and kind = 'trust'`
  if (found.count === 0) throw new Refusal('not-found', 'No trust of this code delivers here.')
}

function stateOf(
  key: Pick<FeedKeyLine, 'validFrom' | 'endsAt' | 'revokedAt'>,
  at: string,
): FeedKeyLine['state'] {
  const atMs = Date.parse(at)
  if (key.revokedAt !== null) return 'revoked'
  if (key.endsAt !== null && Date.parse(key.endsAt) <= atMs) return 'ended'
  return key.validFrom !== null && Date.parse(key.validFrom) > atMs ? 'later' : 'active'
}

function event({ person, requestId }: KeyWork, action: string, keyId: string): AuditEvent {
  return { person, action, subject: `feedKey:${keyId}`, requestId }
}
