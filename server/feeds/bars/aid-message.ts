import { appendChanges } from '../../../db/changes.ts'
import type { Change } from '../../../db/changes.ts'
import type { Database, TransactionSql } from '../../../db/client.ts'
import type { Receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { AuditEvent, FeedKey } from '../../access/access.ts'
import type { BarsMessage } from './message.ts'
import type { DeliveryRow, NewDelivery } from '../delivery/ledger.ts'
import { NO_COUNTS, SYSTEM, conclude, hold, toReceipt } from '../delivery/ledger.ts'
import { register } from '../delivery/register.ts'
import { deliveryChange } from '../delivery/process.ts'
import { effectOf } from './aid-effect.ts'
import type { Effect } from './aid-effect.ts'

export interface BarsOptions {
  readonly db: Database
  readonly now: () => number
  readonly audit: (tx: TransactionSql, event: AuditEvent) => Promise<void>
}

/** A message about mutual aid, and who sent it. */
export interface AidMessage {
  readonly trust: string
  readonly key: FeedKey
  readonly message: Exclude<BarsMessage, { kind: 'facts' }>
  readonly bodyHash: Buffer
  readonly dryRun: boolean
  readonly requestId: string
  readonly correlationId: string
  readonly webRequestId: string
}

/** The format of its receipts. */
export const AID_FORMAT = 'bars-message'

/** What was written down, and in words what was done and what was not. */
export interface AidAnswer {
  readonly receipt: Receipt
  readonly words: string
}

/**
 * Writes down that a trust asks for mutual aid, takes it back, or is answered. A message moves nobody, books nothing
 * and answers no suggestion: people do, on the page. [FEED-78, FEED-79]
 * @throws Refusal `duplicate`, `not-found` for a pathway or a request that is not there, `bad-request`
 */
export async function takeAidMessage(options: BarsOptions, given: AidMessage): Promise<AidAnswer> {
  const { db, now } = options
  const at = new Date(now()).toISOString()
  const noted = note(given, at)
  const entered = await register(db, noted)
  if ('earlier' in entered) {
    throw new Refusal('duplicate', 'These request and correlation ids came before.', {
      deliveryId: entered.earlier.id,
    })
  }
  const { id } = entered
  const outcome = { bodyHash: given.bodyHash, finishedAt: at, issues: [], issueCount: 0 }
  try {
    return await db.scoped(SYSTEM, async (tx) => {
      if (!(await hold(tx, id))) throw new Refusal('conflict', 'Given up meanwhile. Send it again.')
      const effect = await effectOf(tx, given, at, noted.dryRun)
      const changed = effect.entryId !== null || effect.suggestionId !== null
      const counts = { ...NO_COUNTS, read: 1, accepted: 1, [changed ? 'changed' : 'unchanged']: 1 }
      if (!noted.dryRun) {
        await options.audit(tx, {
          feedKey: given.key,
          action: `mutual-aid:${given.message.kind}`,
          subject: subjectOf(effect) ?? `delivery:${id}`,
          requestId: given.webRequestId,
        })
      }
      const row = await conclude(tx, id, {
        ...outcome,
        state: 'done',
        counts,
        reason: effect.words,
      })
      if (!noted.dryRun) await tell(tx, row, effect, at)
      return { receipt: toReceipt(row, []), words: effect.words }
    })
  } catch (cause) {
    // A message that could not be taken gives its ids back: mended, it may come with the same ones. [FEED-15]
    const reason = cause instanceof Refusal ? cause.message : 'Something went wrong here.'
    const failed = {
      ...outcome,
      state: 'failed',
      counts: NO_COUNTS,
      reason,
      bodyHash: null,
    } as const
    await db.scoped(SYSTEM, (tx) => conclude(tx, id, failed))
    throw cause
  }
}

function note(given: AidMessage, at: string): NewDelivery {
  const { trust, key, requestId, correlationId } = given
  const rehearsal = given.dryRun || key.sandbox
  return {
    trust,
    feed: 'messages',
    feedKeyId: key.id,
    mode: 'delta',
    format: AID_FORMAT,
    dryRun: rehearsal,
    sandbox: key.sandbox,
    idempotencyKey: null,
    requestId: rehearsal ? null : requestId,
    correlationId: rehearsal ? null : correlationId,
    extractAt: at,
    receivedAt: at,
  }
}

function subjectOf({ entryId, suggestionId }: Effect): string | null {
  if (entryId !== null) return `entry:${String(entryId)}`
  return suggestionId === null ? null : `suggestion:${suggestionId}`
}

async function tell(
  tx: TransactionSql,
  row: DeliveryRow,
  { entryId, suggestionId }: Effect,
  at: string,
): Promise<void> {
  const changes: Change[] = []
  if (entryId !== null) changes.push({ topic: 'list', kind: 'entries', entryIds: [entryId] })
  if (suggestionId !== null) {
    const payload = { ids: [suggestionId] }
    changes.push({ topic: 'suggestions', kind: 'suggestions', payload })
  }
  await appendChanges(tx, [...changes, deliveryChange(row)], at)
}
