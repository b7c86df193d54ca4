import type { Database, TransactionSql } from '../../../db/client.ts'
import type { DeliveryMode, Receipt } from '../../../shared/delivery.ts'
import type { Identity } from '../../../shared/entry.ts'
import { DEFAULT_FEED } from '../../../shared/feed-key.ts'
import type { SealedIdentity } from '../../access/access.ts'
import { appendChanges } from '../../../db/changes.ts'
import { answerAgain } from './again.ts'
import type { Box } from '../mending/aside.ts'
import { measureBody } from './body.ts'
import { extractTime } from '../merge/extract-time.ts'
import type { FeedFormat } from '../formats/format.ts'
import { openLater } from './later.ts'
import type { DeliveryRow, NewDelivery } from './ledger.ts'
import { SYSTEM, findDelivery, keptKey } from './ledger.ts'
import { register } from './register.ts'
import { deliveryChange, openProcessing } from './process.ts'
import type { DeliveryQueue } from './queue.ts'
import { openQueue } from './queue.ts'
import type { Unseal } from '../updates/update-work.ts'
import { counted, openWork } from './work.ts'
import type { Work } from './work.ts'

export interface Receiver {
  /**
   * Takes one delivery from its first byte to its commit: the one way in, for trusts and for the sample alike.
   *
   * All of it goes in or none of it does [FEED-16]; a dry run does everything and keeps nothing [FEED-18].
   * @returns the receipt: `done`, or `held` when a person must look first [FEED-11]
   * @throws Refusal `not-found` (no such trust), `bad-file` with the receipt in `extra`, `too-large`, `duplicate`,
   *   `key-reused`, `conflict` (the same key is running), `bad-request`
   */
  deliver(delivery: Delivery): Promise<Receipt>
  /**
   * The same for whoever does not want to wait: takes the whole body into the database, sealed, then works it through.
   * From then on it survives the death of this process: another takes it up. [FEED-40, FEED-41]
   * @returns the final receipt when that is there within `patienceMs`, else one that says `running`
   * @throws as `deliver`
   */
  deliverLater(delivery: Delivery, patienceMs: number): Promise<Receipt>
  /**
   * Looks for deliveries whose process died: goes on with those whose body is here, in the background, and writes down
   * as failed those that must be sent again. [FEED-41]
   * @returns how many there were
   */
  takeUp(): Promise<number>
}

/** A body and what was said about it. */
export interface Delivery {
  readonly trust: string
  readonly mode: DeliveryMode
  readonly format: FeedFormat
  readonly body: AsyncIterable<Buffer>
  /** As the sender says; absent: not known. */
  readonly bytesTotal?: number
  /** Of the content type; null or absent: UTF-8, or what the byte order mark says. */
  readonly charset?: string | null
  /** When the trust made the extract, ISO 8601; absent: now. */
  readonly extractAt?: string
  readonly dryRun?: boolean
  /** Validates and answers as live, and writes no entry. */
  readonly sandbox?: boolean
  readonly feedKeyId?: string
  /** Which of the trust's feeds sends it. */
  readonly feed?: string
  readonly idempotencyKey?: string
  readonly requestId?: string
  readonly correlationId?: string
  /** Id of the held delivery whose same body a person has looked at and wants in. [FEED-11] */
  readonly confirm?: string
  /** False for rows that are in the queue already: refused again, they wait on as they came. Absent: true. */
  readonly keepsRefused?: boolean
  /** Id of the person who makes it by hand: what it changes is not new to them. [RNK-17] */
  readonly by?: string
  /** Runs in the transaction of a delivery that is kept, before it is told of. */
  readonly along?: (tx: TransactionSql, kept: Kept) => Promise<void>
}

/** What a delivery that is kept came to. */
export interface Kept {
  readonly deliveryId: string
  readonly at: string
  /** Numbers of the records that were refused. */
  readonly refusedRows: ReadonlySet<number>
}

export interface ReceiverOptions {
  readonly db: Database
  readonly seal: (identity: Identity) => SealedIdentity
  /** Opens what `seal` closed: wanted where messages come, which change part of an identity. */
  readonly unseal?: Unseal
  /** What lines are hashed with, in hex; absent: worked out from the sealing key. */
  readonly digestSecret?: string
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly limitBytes?: number
  /** Seals what is laid aside; absent: refused rows are told of and not kept. */
  readonly box?: Box
  /** Hears what goes wrong when nobody waits for the answer. */
  readonly onError?: (error: unknown) => void
}

/** Opens the way in. One for a process: it holds the queue of those who wait. */
export function openReceiver(options: ReceiverOptions): Receiver {
  const { db, now } = options
  const queue: DeliveryQueue = openQueue()
  const processing = openProcessing(options)
  const later = openLater({ ...options, queue, processing, workOf, note })

  return {
    async deliver(delivery) {
      const entering = enter(delivery)
      // Turns are in the order of coming, whichever is written down first.
      const turn = queue.run(delivery.trust, async () => {
        const entered = await entering
        return 'earlier' in entered ? null : entered.run()
      })
      turn.catch(() => undefined)
      const entered = await entering
      if ('earlier' in entered) {
        const body = measureBody(delivery.body, options.limitBytes)
        return answerAgain(db, delivery, entered.earlier, body)
      }
      const receipt = await turn
      if (receipt === null) throw new Error('a delivery had its turn without being run')
      return receipt
    },
    deliverLater: later.deliver,
    takeUp: later.takeUp,
  }

  /** Written down before its turn, so that whoever sends it again meanwhile hears that it runs. [FEED-14, FEED-15] */
  async function enter(
    delivery: Delivery,
  ): Promise<{ readonly earlier: DeliveryRow } | { readonly run: () => Promise<Receipt> }> {
    const noted = await note(delivery)
    const entered = await register(db, noted)
    if ('earlier' in entered) return entered
    const { id } = entered
    const { trust, bytesTotal } = delivery
    const work = workOf(trust, id, bytesTotal ?? null)
    const body = measureBody(counted(delivery.body, work), options.limitBytes, bytesTotal)
    return { run: () => processing.run(delivery, noted, { id, body, work }) }
  }

  function workOf(trust: string, id: string, bytesTotal: number | null): Work {
    return openWork({
      db,
      id,
      bytesTotal,
      tell: () =>
        db.scoped(SYSTEM, async (tx) => {
          const row = await findDelivery(tx, trust, id)
          if (row?.state !== 'running') return
          await appendChanges(tx, [deliveryChange(row)], new Date(now()).toISOString())
        }),
    })
  }

  async function note(delivery: Delivery): Promise<NewDelivery> {
    const receivedAt = new Date(now()).toISOString()
    const rehearsal = delivery.dryRun === true || delivery.sandbox === true
    const feed = delivery.feed ?? DEFAULT_FEED
    return {
      trust: delivery.trust,
      feed,
      feedKeyId: delivery.feedKeyId ?? null,
      mode: delivery.mode,
      format: delivery.format.name,
      dryRun: rehearsal,
      sandbox: delivery.sandbox ?? false,
      // A rehearsal uses up no key: the delivery it rehearses may come with the same one.
      idempotencyKey: rehearsal ? null : keptKey(feed, delivery.idempotencyKey),
      requestId: rehearsal ? null : (delivery.requestId ?? null),
      correlationId: rehearsal ? null : (delivery.correlationId ?? null),
      ...(delivery.confirm === undefined ? {} : { confirms: delivery.confirm }),
      extractAt: extractTime(delivery.extractAt ?? (await heldExtractAt(delivery)), receivedAt),
      receivedAt,
    }
  }
  /** What is let in is as old as when it was held: a pathway may have been told of since. [FEED-11, FEED-13] */
  async function heldExtractAt({ trust, confirm }: Delivery): Promise<string | undefined> {
    if (confirm === undefined) return undefined
    const held = await db.scoped(SYSTEM, (tx) => findDelivery(tx, trust, confirm))
    return held?.state === 'held' ? new Date(held.extractAt).toISOString() : undefined
  }
}
