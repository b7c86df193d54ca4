import type { Database } from '../../../db/client.ts'
import type { DeliveryMode, Receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { MeasuredBody } from './body.ts'
import type { DeliveryRow } from './ledger.ts'
import { ISSUES_IN_RECEIPT, SYSTEM, issuesAfter, toReceipt } from './ledger.ts'

/**
 * The keys came before: the same receipt to the same body. [FEED-14, FEED-15]
 * @throws Refusal `duplicate`, `conflict` while the first is running, `key-reused` for another body
 */
export async function answerAgain(
  db: Database,
  asked: {
    readonly requestId?: string
    /** Absent: there is but one. */
    readonly mode?: DeliveryMode
    readonly format: { readonly name: string }
  },
  earlier: DeliveryRow,
  body: MeasuredBody,
): Promise<Receipt> {
  const deliveryId = earlier.id
  if (asked.requestId !== undefined && earlier.requestId === asked.requestId) {
    throw new Refusal('duplicate', 'These request and correlation ids came before.', { deliveryId })
  }
  if (earlier.state === 'running') {
    throw new Refusal(
      'conflict',
      'A delivery with this Idempotency-Key is running. Ask again later.',
      { deliveryId },
    )
  }
  if (earlier.mode !== (asked.mode ?? 'delta') || earlier.format !== asked.format.name) {
    throw new Refusal(
      'key-reused',
      'This Idempotency-Key came with another mode or format. Use a new key.',
      { deliveryId },
    )
  }
  await drain(body.pieces)
  if (earlier.bodyHash?.equals(body.hash()) !== true) {
    throw new Refusal('key-reused', 'This Idempotency-Key came with another body. Use a new key.', {
      deliveryId,
    })
  }
  const issues = await db.scoped(SYSTEM, (tx) => issuesAfter(tx, deliveryId, 0, ISSUES_IN_RECEIPT))
  return toReceipt(earlier, issues)
}

/** Reads to the end for the sake of the hash. */
async function drain(pieces: AsyncIterable<Buffer>): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true);
}
