import type { TransactionSql } from '../../../db/client.ts'
import type {
  DeliveryCounts,
  DeliveryMode,
  DeliveryProgress,
  DeliveryState,
  Issue,
  Receipt,
} from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import { progressColumn } from './work.ts'

/** The record of deliveries: who sent what, what became of it, and whether it came before. */

export const SYSTEM = { kind: 'system', name: 'feeds' } as const
export const ISSUES_IN_RECEIPT = 50
const ISSUES_A_STATEMENT = 2_000

export interface NewDelivery {
  readonly trust: string
  readonly feed: string
  readonly feedKeyId: string | null
  readonly mode: DeliveryMode
  readonly format: string
  readonly dryRun: boolean
  readonly sandbox: boolean
  /** As `keptKey` makes it. */
  readonly idempotencyKey: string | null
  readonly requestId: string | null
  readonly correlationId: string | null
  /** The held delivery that it lets in: it may come under the same keys. */
  readonly confirms?: string
  readonly extractAt: string
  readonly receivedAt: string
}

export interface DeliveryRow extends Omit<NewDelivery, 'confirms'> {
  readonly id: string
  readonly state: DeliveryState
  readonly bodyHash: Buffer | null
  readonly counts: DeliveryCounts
  readonly issueCount: number
  readonly reason: string | null
  readonly approvedUntil: string | null
  readonly finishedAt: string | null
  readonly progress: DeliveryProgress | null
}

export interface Outcome {
  readonly state: DeliveryState
  readonly counts: DeliveryCounts
  readonly reason: string | null
  readonly bodyHash: Buffer | null
  readonly finishedAt: string
  readonly issues: readonly Issue[]
  readonly issueCount: number
}

/** A sender's key as it is written down: each feed counts its own. [FEED-14] */
export function keptKey(feed: string, saidKey: string | undefined): string | null {
  return saidKey === undefined ? null : `${feed} ${saidKey}`
}

export const NO_COUNTS: DeliveryCounts = {
  read: 0,
  accepted: 0,
  unchanged: 0,
  changed: 0,
  added: 0,
  removed: 0,
  refused: 0,
}

/**
 * Takes hold of a registered delivery until the transaction ends: whoever else finds the row held knows that it runs.
 * @returns false when it was given up meanwhile
 */
export async function hold(tx: TransactionSql, id: string): Promise<boolean> {
  // Sent at once: what follows on the same connection comes after it.
  const held = tx`select from delivery where id = ${id} and state = 'running' for update`.execute()
  const rows = await held
  return rows.count === 1
}

/** A key revoked while its delivery came in ends that too. @throws Refusal `unknown-key` [FEED-48] */
export async function assertKeyHolds(tx: TransactionSql, keyId: string | null): Promise<void> {
  if (keyId === null) return
  const revoked = await tx`select from feed_key where id = ${keyId} and revoked_at is not null`
  if (revoked.count > 0)
    throw new Refusal('unknown-key', 'The feed key was revoked meanwhile; nothing was kept.')
}

/** Writes down how a delivery ended, with its issues. */
export async function conclude(
  tx: TransactionSql,
  id: string,
  outcome: Outcome,
): Promise<DeliveryRow> {
  // Sent together and answered in order: one round trip.
  const [[row]] = await Promise.all([
    tx<DeliveryRow[]>`
      update delivery set state = ${outcome.state}, counts = ${JSON.stringify(outcome.counts)}::text::jsonb,
        reason = ${outcome.reason}, body_hash = ${outcome.bodyHash}, finished_at = ${outcome.finishedAt},
        issue_count = ${outcome.issueCount}
      where id = ${id} returning ${columns(tx)}`,
    tx`delete from delivery_work where delivery_id = ${id}`,
    tx`delete from delivery_body where delivery_id = ${id}`,
    ...issueParts(outcome.issues).map(({ from, part }) => insertIssues(tx, id, from, part)),
  ])
  if (row === undefined) throw new Error('the delivery row is gone')
  return row
}

function issueParts(issues: readonly Issue[]): { from: number; part: string }[] {
  const parts: { from: number; part: string }[] = []
  for (let from = 0; from < issues.length; from += ISSUES_A_STATEMENT) {
    parts.push({ from, part: JSON.stringify(issues.slice(from, from + ISSUES_A_STATEMENT)) })
  }
  return parts
}

function insertIssues(tx: TransactionSql, id: string, from: number, part: string) {
  return tx`
    insert into delivery_issue (delivery_id, ordinal, row_number, record_key, field, code, severity, message, fix)
    select ${id}, ${from} + place, "rowNumber", "recordKey", field, code, severity, message, fix
    from rows from (jsonb_to_recordset(${part}::text::jsonb) as ("rowNumber" int, "recordKey" text, field text,
      code text, severity text, message text, fix text)) with ordinality as
      given ("rowNumber", "recordKey", field, code, severity, message, fix, place)`
}

/** A delivery of this trust, or undefined. */
export async function findDelivery(
  tx: TransactionSql,
  trust: string,
  id: string,
): Promise<DeliveryRow | undefined> {
  const [row] = await tx<DeliveryRow[]>`
    select ${columns(tx)} from delivery where id = ${id} and trust = ${trust}`
  return row
}

/** The newest deliveries of a trust, before the given one when there is one. */
export async function listDeliveries(
  tx: TransactionSql,
  trust: string,
  before: string | null,
  limit: number,
): Promise<DeliveryRow[]> {
  return tx<DeliveryRow[]>`
    select ${columns(tx)} from delivery where trust = ${trust} and (${before}::uuid is null or (received_at, id) <
      (select received_at, id from delivery where id = ${before}::uuid and trust = ${trust}))
    order by received_at desc, id desc limit ${limit}`
}

/** Issues after an ordinal, in order. */
export async function issuesAfter(
  tx: TransactionSql,
  id: string,
  ordinal: number,
  limit: number,
): Promise<(Issue & { readonly ordinal: number })[]> {
  return tx<(Issue & { ordinal: number })[]>`
    select ordinal, row_number as "rowNumber", record_key as "recordKey", field, code, severity, message, fix
    from delivery_issue where delivery_id = ${id} and ordinal > ${ordinal} order by ordinal limit ${limit}`
}

export function toReceipt(row: DeliveryRow, issues: readonly Issue[]): Receipt {
  return {
    id: row.id,
    trust: row.trust,
    feed: row.feed,
    state: row.state,
    mode: row.mode,
    format: row.format,
    dryRun: row.dryRun,
    sandbox: row.sandbox,
    receivedAt: row.receivedAt,
    finishedAt: row.finishedAt,
    counts: row.counts,
    issues: issues.slice(0, ISSUES_IN_RECEIPT).map(plainIssue),
    issueCount: row.issueCount,
    reason: row.reason,
    approvedUntil: row.approvedUntil,
    progress: row.progress,
  }
}

function plainIssue(said: Issue): Issue {
  const { rowNumber, recordKey, field, code, severity, message, fix } = said
  return { rowNumber, recordKey, field, code, severity, message, fix }
}

/** A delivery row as `DeliveryRow` has it. */
export function columns(tx: TransactionSql) {
  return tx`id, trust, feed, feed_key_id as "feedKeyId", mode, format, state, dry_run as "dryRun", sandbox,
    idempotency_key as "idempotencyKey", request_id as "requestId", correlation_id as "correlationId",
    extract_at as "extractAt", received_at as "receivedAt", finished_at as "finishedAt", body_hash as "bodyHash",
    counts, issue_count as "issueCount", reason, approved_until as "approvedUntil",
    ${progressColumn(tx)} as progress`
}
