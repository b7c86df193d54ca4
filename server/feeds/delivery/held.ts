import type { TransactionSql } from '../../../db/client.ts'
import type { DeliveryRow, NewDelivery } from './ledger.ts'
import { findDelivery } from './ledger.ts'

/** A person looks in the morning at what was held in the night, and the feed comes again by the next. */
const APPROVED_HOURS = 24
const HOUR_MS = 3_600_000

/** Drops a held delivery. Nothing was changed, so its keys are free again. [FEED-11, FEED-14] */
export async function discardHeld(
  tx: TransactionSql,
  held: DeliveryRow,
  by: string,
): Promise<DeliveryRow> {
  const reason = `Discarded by ${by}.`
  await tx`
    update delivery set state = 'refused', reason = ${reason}, idempotency_key = null, request_id = null
    where id = ${held.id}`
  return { ...held, state: 'refused', reason }
}

/**
 * Lets in what a held delivery would have closed, when it comes again: its body is not kept, and by then the trust has a
 * newer one. It may come under the same keys. [FEED-11]
 */
export async function approveHeld(
  tx: TransactionSql,
  held: DeliveryRow,
  by: string,
  nowMs: number,
): Promise<DeliveryRow> {
  const approvedUntil = new Date(nowMs + APPROVED_HOURS * HOUR_MS).toISOString()
  const reason =
    `Approved by ${by}: the next snapshot of this feed goes in if it closes no more than ${held.counts.removed} ` +
    'pathways and comes within a day.'
  await tx`
    update delivery set approved_until = ${approvedUntil}, reason = ${reason}, idempotency_key = null, request_id = null
    where id = ${held.id}`
  return { ...held, approvedUntil, reason }
}

/**
 * Whether somebody approved that a snapshot of this feed closes so many pathways; the approval is used up by it. [FEED-11]
 * @param closes pathways that it would close, those that it removes by name among them
 */
export async function useApproval(
  tx: TransactionSql,
  noted: Pick<NewDelivery, 'trust' | 'feed' | 'sandbox'>,
  by: { readonly id: string; readonly closes: number; readonly nowMs: number },
): Promise<boolean> {
  if (noted.sandbox) return false
  const used = await tx`
    update delivery set state = 'refused', approved_until = null,
      reason = ${`Approved: a later snapshot went in as delivery ${by.id}.`}
    where id = (
      select id from delivery where trust = ${noted.trust} and feed = ${noted.feed} and state = 'held'
        and not dry_run and approved_until > ${new Date(by.nowMs).toISOString()}
        and (counts->>'removed')::int >= ${by.closes}
      order by approved_until desc limit 1 for update)`
  return used.count === 1
}

/** A snapshot that says what is open went in: those of its feed that were held before it are done with. [FEED-11] */
export async function overtakeHeld(
  tx: TransactionSql,
  noted: Pick<NewDelivery, 'trust' | 'feed' | 'extractAt'>,
  id: string,
): Promise<void> {
  await tx`
    update delivery set state = 'refused', approved_until = null, idempotency_key = null, request_id = null,
      reason = ${`Overtaken by the snapshot of delivery ${id}.`}
    where trust = ${noted.trust} and feed = ${noted.feed} and state = 'held' and not dry_run
      and extract_at <= ${noted.extractAt}`
}

/** A held delivery of the trust, kept from others meanwhile; undefined when it has none of this id. */
export async function lockDelivery(
  tx: TransactionSql,
  trust: string,
  id: string,
): Promise<DeliveryRow | undefined> {
  await tx`select from delivery where id = ${id} and trust = ${trust} for update`
  return findDelivery(tx, trust, id)
}
