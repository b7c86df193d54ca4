import { appendChanges } from '../../db/changes.ts'
import type { Change } from '../../db/changes.ts'
import type { Database, TransactionSql } from '../../db/client.ts'
import type { DeliveryMode, DeliveryState, Receipt } from '../../shared/delivery.ts'
import type { Identity } from '../../shared/entry.ts'
import { DEFAULT_FEED } from '../../shared/feed-key.ts'
import { Refusal } from '../../shared/problem.ts'
import type { SealedIdentity } from '../access/access.ts'
import type { Aside, Box } from './aside.ts'
import { openAside } from './aside.ts'
import { measureBody } from './body.ts'
import type { MeasuredBody } from './body.ts'
import { extractTime } from './extract-time.ts'
import type { FeedFormat } from './formats/format.ts'
import { openIssueBook } from './issues.ts'
import type { IssueBook } from './issues.ts'
import type { DeliveryRow, NewDelivery } from './ledger.ts'
import {
  ISSUES_IN_RECEIPT,
  NO_COUNTS,
  SYSTEM,
  assertKeyHolds,
  conclude,
  hold,
  issuesAfter,
  register,
  toReceipt,
} from './ledger.ts'
import type { DeliveryQueue } from './queue.ts'
import { openQueue } from './queue.ts'
import { settleRows } from './refused-rows.ts'
import type { Applied } from './apply.ts'
import { apply } from './apply.ts'
import type { Unseal } from './updates.ts'

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
}

/** A body and what was said about it. */
export interface Delivery {
  readonly trust: string
  readonly mode: DeliveryMode
  readonly format: FeedFormat
  readonly body: AsyncIterable<Buffer>
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
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly limitBytes?: number
  /** Seals what is laid aside; absent: refused rows are told of and not kept. */
  readonly box?: Box
}

/** Opens the way in. One for a process: it holds the queue of those who wait. */
export function openReceiver(options: ReceiverOptions): Receiver {
  const { db, now } = options
  const queue: DeliveryQueue = openQueue()

  return {
    async deliver(delivery) {
      const receivedAt = new Date(now()).toISOString()
      const noted = note(delivery, receivedAt)
      const body = measureBody(delivery.body, options.limitBytes)
      return queue.run(delivery.trust, async () => {
        const entered = await register(db, noted)
        if ('earlier' in entered) return answerAgain(delivery, entered.earlier, body)
        return process(delivery, noted, entered.id, body)
      })
    },
  }

  function note(delivery: Delivery, receivedAt: string): NewDelivery {
    const rehearsal = delivery.dryRun === true || delivery.sandbox === true
    return {
      trust: delivery.trust,
      feed: delivery.feed ?? DEFAULT_FEED,
      feedKeyId: delivery.feedKeyId ?? null,
      mode: delivery.mode,
      format: delivery.format.name,
      dryRun: rehearsal,
      sandbox: delivery.sandbox ?? false,
      // A rehearsal uses up no key: the delivery it rehearses may come with the same one.
      idempotencyKey: rehearsal ? null : (delivery.idempotencyKey ?? null),
      requestId: rehearsal ? null : (delivery.requestId ?? null),
      correlationId: rehearsal ? null : (delivery.correlationId ?? null),
      extractAt: extractTime(delivery.extractAt, receivedAt),
      receivedAt,
    }
  }

  async function process(
    delivery: Delivery,
    noted: NewDelivery,
    id: string,
    body: MeasuredBody,
  ): Promise<Receipt> {
    const issues = openIssueBook()
    try {
      const row = await db.scoped(SYSTEM, async (tx) => {
        if (!(await hold(tx, id)))
          throw new Refusal('conflict', 'Given up meanwhile. Send it again.')
        const aside = openAside(noted.format)
        const applied = await apply(tx, { ...options, delivery, noted, id, issues, aside }, body)
        await assertKeyHolds(tx, noted.feedKeyId)
        if (applied.state === 'held' || noted.dryRun) throw new NothingKept(applied)
        const concluded = await conclude(tx, id, outcome(applied, issues))
        const at = concluded.finishedAt ?? noted.receivedAt
        await delivery.along?.(tx, { deliveryId: id, at, refusedRows: aside.refusedRows() })
        await layAside(tx, delivery, { ...noted, id, at }, applied, aside)
        const entries: Change = { topic: 'list', kind: 'entries', entryIds: applied.touched }
        const changes = applied.touched.length === 0 ? [] : [entries]
        await appendChanges(tx, [...changes, deliveryChange(concluded)], at)
        return concluded
      })
      return toReceipt(row, issues.list())
    } catch (cause) {
      if (cause instanceof NothingKept) return end(id, cause.applied, issues)
      const receipt = await end(id, failure(cause), issues)
      if (cause instanceof Refusal) throw withReceipt(cause, receipt)
      throw cause
    }
  }

  /** Rows that waited and are right now leave the queue, those refused now come into it. [FEED-42, FEED-43] */
  async function layAside(
    tx: TransactionSql,
    { keepsRefused = true }: Delivery,
    noted: NewDelivery & { readonly id: string; readonly at: string },
    applied: Applied,
    aside: Aside,
  ): Promise<void> {
    const refusedKeys = keepsRefused ? aside.refusedKeys() : []
    await settleRows(tx, { ...noted, ...applied, deliveryId: noted.id, refusedKeys })
    if (options.box !== undefined) await aside.keep(tx, noted, options.box, keepsRefused)
  }

  /** Writes down, in a transaction of its own, the end of a delivery of which nothing was kept. */
  async function end(id: string, applied: Applied, issues: IssueBook): Promise<Receipt> {
    const row = await db.scoped(SYSTEM, async (tx) => {
      const concluded = await conclude(tx, id, outcome(applied, issues))
      await appendChanges(
        tx,
        [deliveryChange(concluded)],
        concluded.finishedAt ?? concluded.receivedAt,
      )
      return concluded
    })
    return toReceipt(row, issues.list())
  }

  function outcome(applied: Applied, issues: IssueBook) {
    return {
      state: applied.state,
      counts: applied.counts,
      reason: applied.reason,
      bodyHash: applied.bodyHash,
      finishedAt: new Date(now()).toISOString(),
      issues: issues.list(),
      issueCount: issues.count(),
    }
  }

  /** The keys came before: the same receipt to the same body. [FEED-14, FEED-15] */
  async function answerAgain(
    delivery: Delivery,
    earlier: DeliveryRow,
    body: MeasuredBody,
  ): Promise<Receipt> {
    if (delivery.requestId !== undefined && earlier.requestId === delivery.requestId) {
      throw new Refusal('duplicate', 'These request and correlation ids came before.', {
        deliveryId: earlier.id,
      })
    }
    if (earlier.state === 'running') {
      throw new Refusal(
        'conflict',
        'A delivery with this Idempotency-Key is running. Ask again later.',
        {
          deliveryId: earlier.id,
        },
      )
    }
    await drain(body.pieces)
    if (earlier.bodyHash?.equals(body.hash()) !== true) {
      throw new Refusal(
        'key-reused',
        'This Idempotency-Key came with another body. Use a new key.',
        {
          deliveryId: earlier.id,
        },
      )
    }
    const issues = await db.scoped(SYSTEM, (tx) =>
      issuesAfter(tx, earlier.id, 0, ISSUES_IN_RECEIPT),
    )
    return toReceipt(earlier, issues)
  }
}

/** Ends a transaction whose answer is wanted and whose work is not. */
class NothingKept extends Error {
  readonly applied: Applied
  constructor(applied: Applied) {
    super('rolled back on purpose')
    this.name = 'NothingKept'
    this.applied = applied
  }
}

function deliveryChange(row: DeliveryRow): Change {
  return { topic: 'feeds', kind: 'delivery', payload: { ...toReceipt(row, []), issues: [] } }
}

/** Reads to the end for the sake of the hash. */
async function drain(pieces: AsyncIterable<Buffer>): Promise<void> {
  const iterator = pieces[Symbol.asyncIterator]()
  while ((await iterator.next()).done !== true);
}

function failure(cause: unknown): Applied {
  const refused = cause instanceof Refusal
  const state: DeliveryState = refused && cause.code === 'bad-file' ? 'refused' : 'failed'
  return {
    state,
    counts: NO_COUNTS,
    reason: refused
      ? cause.message
      : 'Something went wrong here; nothing was changed. Send it again.',
    bodyHash: null,
    touched: [],
    told: [],
    speaksOfAll: false,
  }
}

function withReceipt(refusal: Refusal, receipt: Receipt): Refusal {
  return new Refusal(refusal.code, refusal.message, { ...refusal.extra, receipt })
}
