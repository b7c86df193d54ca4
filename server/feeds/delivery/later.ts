import type { Database } from '../../../db/client.ts'
import type { Receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import { answerAgain } from './again.ts'
import { beginStored, claimStale, readBody, storeBody } from './body-store.ts'
import type { StaleDelivery } from './body-store.ts'
import { measureBody } from './body.ts'
import { formatNamed } from '../formats/choose.ts'
import type { NewDelivery } from './ledger.ts'
import { SYSTEM, findDelivery, toReceipt } from './ledger.ts'
import { register } from './register.ts'
import type { Processing } from './process.ts'
import { withReceipt } from './process.ts'
import type { DeliveryQueue } from './queue.ts'
import type { Delivery, Receiver, ReceiverOptions } from './receive.ts'
import type { Work } from './work.ts'
import { counted } from './work.ts'

export interface LaterOptions extends ReceiverOptions {
  readonly queue: DeliveryQueue
  readonly processing: Processing
  readonly workOf: (trust: string, id: string, bytesTotal: number | null) => Work
  readonly note: (delivery: Delivery) => Promise<NewDelivery>
}

/** Deliveries that are answered before they are done. [FEED-40, FEED-41] */
export function openLater(options: LaterOptions): {
  readonly deliver: Receiver['deliverLater']
  readonly takeUp: Receiver['takeUp']
} {
  const { db, queue, processing, workOf, limitBytes } = options
  const onError = options.onError ?? (() => undefined)

  return {
    async deliver(delivery, patienceMs) {
      const box = boxOf()
      const noted = await options.note(delivery)
      const { charset = null, confirm = null } = delivery
      const entered = await register(db, noted, (tx, id) =>
        beginStored(tx, id, { charset, confirm }),
      )
      const body = measureBody(delivery.body, limitBytes, delivery.bytesTotal)
      if ('earlier' in entered) return answerAgain(db, delivery, entered.earlier, body)
      const { id } = entered
      const work = workOf(noted.trust, id, null)
      try {
        work.total(await storeBody(db, box, id, body.pieces))
      } catch (cause) {
        await work.stop()
        const receipt = await processing.fail(id, cause)
        throw cause instanceof Refusal ? withReceipt(cause, receipt) : cause
      }
      const done = runStored(delivery, noted, id, work)
      const early = await within(done, patienceMs)
      return early ?? runningReceipt(db, noted.trust, id)
    },
    async takeUp() {
      const stale = await claimStale(db, options.now())
      for (const one of stale) {
        takeUpOne(one).catch((cause: unknown) => {
          // What refused it is in its receipt.
          if (!(cause instanceof Refusal)) onError(cause)
        })
      }
      return stale.length
    },
  }

  async function takeUpOne(stale: StaleDelivery): Promise<void> {
    const { row, stored, bytesTotal, charset, confirm } = stale
    const format = formatNamed(row.format)
    if (!stored || format === undefined || options.box === undefined) {
      await processing.fail(row.id, new Refusal('not-ready', STOPPED))
      return
    }
    const { trust, mode, dryRun, sandbox } = row
    const work = workOf(trust, row.id, bytesTotal)
    const delivery = { trust, mode, format, charset, dryRun, sandbox, body: NO_BODY }
    await runStored(confirm === null ? delivery : { ...delivery, confirm }, row, row.id, work)
  }

  /** Its turn may be long in coming; meanwhile the beat says that somebody has it. */
  async function runStored(
    delivery: Delivery,
    noted: NewDelivery,
    id: string,
    work: Work,
  ): Promise<Receipt> {
    try {
      return await queue.run(noted.trust, () => {
        const body = measureBody(counted(readBody(db, boxOf(), id), work), limitBytes)
        return processing.run(delivery, noted, { id, body, work })
      })
    } finally {
      await work.stop()
    }
  }

  function boxOf() {
    if (options.box !== undefined) return options.box
    throw new Refusal('bad-request', 'Deliveries are only answered when they are done here.')
  }

  /** What comes in time; null when it takes longer, and then its failure is nobody's to catch but ours. */
  function within(work: Promise<Receipt>, patienceMs: number): Promise<Receipt | null> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        work.catch((cause: unknown) => {
          if (!(cause instanceof Refusal)) onError(cause)
        })
        resolve(null)
      }, patienceMs)
      work.then(resolve, reject).finally(() => clearTimeout(timer))
    })
  }
}

const STOPPED = 'The service stopped while the body came in; nothing was changed. Send it again.'
const NO_BODY: AsyncIterable<Buffer> = (async function* () {
  // read from the database instead
})()

async function runningReceipt(db: Database, trust: string, id: string): Promise<Receipt> {
  const row = await db.scoped(SYSTEM, (tx) => findDelivery(tx, trust, id))
  if (row === undefined) throw new Error('the delivery row is gone')
  return toReceipt(row, [])
}
