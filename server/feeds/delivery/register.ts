import { randomUUID } from 'node:crypto'
import type { Database, Sql, TransactionSql } from '../../../db/client.ts'
import type { DeliveryRow, NewDelivery } from './ledger.ts'
import { NO_COUNTS, SYSTEM, columns } from './ledger.ts'

/** A delivery that says it runs but whose row nobody holds, after this long, died with its process. [FEED-16] */
const ORPHANED_AFTER_SECONDS = 5

/**
 * Writes a delivery down as running, unless its keys were used before. [FEED-14, FEED-15]
 * One that failed, was refused whole, is confirmed, or died while running changed nothing and gives its keys back.
 */
export async function register(
  db: Database,
  delivery: NewDelivery,
  /** Written with it, in its transaction; absent, and it is written in one round trip. */
  along?: (tx: TransactionSql, id: string) => Promise<void>,
): Promise<{ readonly id: string } | { readonly earlier: DeliveryRow }> {
  if (along === undefined) {
    const id = randomUUID()
    const [written] = await db.write(SYSTEM, (one) => [insertRunning(one, id, delivery)])
    if (written === 1) return { id }
  }
  return db.scoped(SYSTEM, async (tx) => {
    for (;;) {
      const id = randomUUID()
      const inserted = await insertRunning(tx, id, delivery)
      if (inserted.count === 1) {
        await along?.(tx, id)
        return { id }
      }
      const freed = await tx`
        update delivery set idempotency_key = null, request_id = null,
          state = case state when 'running' then 'failed' else state end,
          reason = coalesce(reason, 'it did not come to its end'), finished_at = coalesce(finished_at, now())
        where id in (
          select id from delivery where ${sameKeys(tx, delivery)} and (state = 'failed'
            or (state = 'refused' and body_hash is null) or (state = 'held' and id = ${delivery.confirms ?? null})
            or (state = 'done' and format = 'hl7-v2' and counts->>'accepted' = '0') or (state = 'running'
            and not exists (select from delivery_work w where w.delivery_id = delivery.id
              and (w.stored or w.beat_at > now() - make_interval(secs => ${ORPHANED_AFTER_SECONDS})))
            and received_at < ${delivery.receivedAt}::timestamptz - make_interval(secs => ${ORPHANED_AFTER_SECONDS})))
          for update skip locked)`
      if (freed.count > 0) continue
      const [earlier] = await tx<DeliveryRow[]>`
        select ${columns(tx)} from delivery where ${sameKeys(tx, delivery)} limit 1`
      if (earlier !== undefined) return { earlier }
    }
  })
}

function insertRunning(sql: Sql | TransactionSql, id: string, delivery: NewDelivery) {
  return sql`
    insert into delivery (id, trust, feed, feed_key_id, mode, format, state, dry_run, sandbox, idempotency_key, request_id,
      correlation_id, extract_at, counts, received_at)
    values (${id}, ${delivery.trust}, ${delivery.feed}, ${delivery.feedKeyId}, ${delivery.mode}, ${delivery.format}, 'running',
      ${delivery.dryRun}, ${delivery.sandbox}, ${delivery.idempotencyKey}, ${delivery.requestId},
      ${delivery.correlationId}, ${delivery.extractAt}, ${JSON.stringify(NO_COUNTS)}::text::jsonb,
      ${delivery.receivedAt})
    on conflict do nothing`
}

function sameKeys(tx: TransactionSql, delivery: NewDelivery) {
  return tx`trust = ${delivery.trust} and (idempotency_key = ${delivery.idempotencyKey}
    or (request_id = ${delivery.requestId} and correlation_id is not distinct from ${delivery.correlationId}))`
}
