import type { Database } from '../../../db/client.ts'
import type { DeliveryMode, Receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { MeasuredBody } from './body.ts'
import type { DeliveryRow } from './ledger.ts'
import { ISSUES_IN_RECEIPT, SYSTEM, issuesAfter, toReceipt } from './ledger.ts'

/** A delivery that was cut off is known as such after about as long. [FEED-16] */
const AGAIN_AFTER_SECONDS = 5

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
      'A delivery with this Idempotency-Key is running, or was until its process stopped a moment ago. Send the same ' +
        `again in ${AGAIN_AFTER_SECONDS} seconds: once it is done you get its receipt, and if it was cut off it is taken anew.`,
      { deliveryId, retryAfterSeconds: AGAIN_AFTER_SECONDS },
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
