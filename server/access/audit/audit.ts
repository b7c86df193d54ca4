import { createHash } from 'node:crypto'
import type { Database, PendingQuery, Sql, TransactionSql } from '../../../db/client.ts'
import type { FeedKey } from '../feed-keys/feed-keys.ts'
import type { Person } from '../people/people.ts'

/** One thing done or refused. Whoever did it is a person, a feed key, or (neither) the service itself. */
export interface AuditEvent {
  readonly person?: Person | undefined
  readonly feedKey?: FeedKey | undefined
  /** Such as `identity:read`; a refusal ends in `:refused`. */
  readonly action: string
  /** What was touched, as `entry:12` or `suggestion:<uuid>`; never an identifier of a person. */
  readonly subject: string
  readonly reason?: string | undefined
  readonly requestId?: string | undefined
  /** The network address it came from. */
  readonly address?: string | undefined
}

const ROWS_PER_READ = 5_000
const GENESIS_HASH = Buffer.alloc(32)
const VERIFY_DEADLINE_MS = 600_000

/**
 * Adds events to the audit in the transaction of what they tell of. The database numbers and chains them under one
 * lock kept until commit, so this belongs near the transaction's end, and before `appendChanges`: always in that order,
 * or two transactions wait for each other.
 * @param at instant, ISO 8601
 */
export async function appendAudit(
  tx: TransactionSql,
  events: readonly AuditEvent[],
  at: string,
): Promise<void> {
  if (events.length > 0) await auditStatement(tx, events, at)
}

/** What adds events, not yet sent: for who sends several statements at once. */
export function auditStatement(
  tx: Sql | TransactionSql,
  events: readonly AuditEvent[],
  at: string,
): PendingQuery<readonly object[]> {
  const rows = events.map((event) => ({
    person_id: event.person?.id ?? event.feedKey?.id ?? null,
    organisation: event.person?.organisation ?? event.feedKey?.organisation ?? null,
    role: event.person?.role ?? (event.feedKey === undefined ? null : 'feedKey'),
    action: event.action,
    subject: event.subject,
    reason: event.reason ?? null,
    request_id: event.requestId ?? null,
    address: event.address ?? null,
  }))
  return tx`select audit_append(${JSON.stringify(rows)}::text::jsonb, ${at})`
}

/** What a walk along the chain found. `brokenAt`: the first id that does not follow from the one before it. */
export type AuditVerdict =
  | {
      readonly ok: true
      readonly events: number
      /** The id up to which events were cut off by rule, with a certificate; 0 for none. */
      readonly cutThrough: number
    }
  | { readonly ok: false; readonly events: number; readonly brokenAt: number; readonly why: string }

interface AuditRow {
  readonly id: number
  readonly at: string
  readonly personId: string | null
  readonly organisation: string | null
  readonly role: string | null
  readonly action: string
  readonly subject: string
  readonly reason: string | null
  readonly requestId: string | null
  readonly address: string | null
  readonly previousHash: Buffer
  readonly hash: Buffer
}

/**
 * Walks the whole chain and works every hash out again: an altered, removed, inserted or cut-off row shows. Where
 * events were cut off by rule it goes on from the certificate, which must say what the chain itself says of the cut.
 * [IG-9, IG-13]
 */
export async function verifyAudit(db: Database): Promise<AuditVerdict> {
  return db.scoped({ kind: 'system', name: 'audit' }, async (tx) => {
    await tx`select set_config('statement_timeout', ${String(VERIFY_DEADLINE_MS)}, true)`
    // One snapshot for head and rows: events go on being added meanwhile.
    const [head] = await tx<{ lastId: number; lastHash: Buffer }[]>`
      select last_id as "lastId", last_hash as "lastHash" from audit_newest()
    `
    if (head === undefined) return { ok: false, events: 0, brokenAt: 0, why: 'the head is missing' }
    const [cut] = await tx<{ throughId: number; throughHash: Buffer }[]>`
      select through_id as "throughId", through_hash as "throughHash" from audit_cut order by through_id desc limit 1
    `
    const cutThrough = cut?.throughId ?? 0
    let previous: Buffer = cut?.throughHash ?? GENESIS_HASH
    let events = 0
    let isCutTold = cut === undefined
    const rows = tx<AuditRow[]>`
      select id, to_char(at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at, person_id as "personId",
        organisation, role, action, subject, reason, request_id as "requestId", address,
        previous_hash as "previousHash", hash
      from audit where id <= ${head.lastId} order by id
    `
    for await (const batch of rows.cursor(ROWS_PER_READ)) {
      for (const row of batch) {
        events += 1
        const why = faultOf(row, cutThrough + events, previous)
        if (why !== null) return { ok: false, events, brokenAt: row.id, why }
        previous = row.hash
        if (cut !== undefined && tellsOf(row, cut)) isCutTold = true
      }
    }
    const reached = cutThrough + events
    if (reached !== head.lastId || !previous.equals(head.lastHash)) {
      return { ok: false, events, brokenAt: reached + 1, why: 'the newest events are missing' }
    }
    if (!isCutTold) {
      const why = 'no event tells of the cut that the certificate claims'
      return { ok: false, events, brokenAt: cutThrough, why }
    }
    return { ok: true, events, cutThrough }
  })
}

/** The event that `audit_cut` itself wrote of this cut. */
function tellsOf(row: AuditRow, cut: { throughId: number; throughHash: Buffer }): boolean {
  return (
    row.action === 'audit:cut' &&
    row.personId === null &&
    row.subject === `audit:${String(cut.throughId)}` &&
    (row.reason ?? '').startsWith(`${cut.throughHash.toString('hex')} `)
  )
}

function faultOf(row: AuditRow, position: number, previous: Buffer): string | null {
  if (row.id !== position) return 'an event before it is missing'
  if (!row.previousHash.equals(previous)) return 'it does not follow the one before it'
  if (!row.hash.equals(hashOf(row, previous))) return 'it was altered'
  return null
}

/** The database's own formula (function audit_append): a JSON array, members parted by a comma and a space; the
 * address only where there is one. */
function hashOf(row: AuditRow, previous: Buffer): Buffer {
  const members = [
    row.id,
    row.at,
    row.personId,
    row.organisation,
    row.role,
    row.action,
    row.subject,
    row.reason,
    row.requestId,
    ...(row.address === null ? [] : [row.address]),
  ]
  const text = `[${members.map((member) => JSON.stringify(member)).join(', ')}]`
  return createHash('sha256').update(previous).update(text, 'utf8').digest()
}
