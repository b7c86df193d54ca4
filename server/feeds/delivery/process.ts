import { appendChanges } from '../../../db/changes.ts'
import type { Change } from '../../../db/changes.ts'
import type { TransactionSql } from '../../../db/client.ts'
import type { DeliveryState, Receipt } from '../../../shared/delivery.ts'
import { Refusal } from '../../../shared/problem.ts'
import { storableText } from '../../../shared/storable-text.ts'
import type { Applied } from '../merge/apply.ts'
import { apply } from '../merge/apply.ts'
import { openCount } from '../merge/removal.ts'
import { noteColumns } from '../mending/code-mapping.ts'
import type { Aside } from '../mending/aside.ts'
import { openAside } from '../mending/aside.ts'
import type { MeasuredBody } from './body.ts'
import { openIssueBook } from './issues.ts'
import type { IssueBook } from './issues.ts'
import type { DeliveryRow, NewDelivery } from './ledger.ts'
import { NO_COUNTS, SYSTEM, assertKeyHolds, conclude, hold, toReceipt } from './ledger.ts'
import type { Delivery, ReceiverOptions } from './receive.ts'
import { settleRows } from '../mending/refused-rows.ts'
import type { Work } from './work.ts'

/** A delivery that is written down as running, and its body. */
export interface Running {
  readonly id: string
  readonly body: MeasuredBody
  readonly work: Work
}

/** From a registered delivery to its end, whatever that is. */
export interface Processing {
  /** @throws what refused it, with the receipt in `extra`, after writing that down */
  run(delivery: Delivery, noted: NewDelivery, of: Running): Promise<Receipt>
  /** Writes down that a delivery ended without its body having been read. */
  fail(id: string, cause: unknown): Promise<Receipt>
}

export function openProcessing(options: ReceiverOptions): Processing {
  const { db, now } = options
  return { run, fail: (id, cause) => end(id, failure(cause), openIssueBook()) }

  async function run(delivery: Delivery, noted: NewDelivery, of: Running): Promise<Receipt> {
    const { id, body, work } = of
    const issues = openIssueBook()
    const openBefore = () => openCount(db, noted.trust)
    try {
      const row = await db.scoped(SYSTEM, async (tx) => {
        const aside = openAside(noted.format)
        const applied = await apply(
          tx,
          {
            ...options,
            delivery,
            noted,
            id,
            hold: () => holdRunning(tx, id),
            issues,
            aside,
            work,
            openBefore,
          },
          body,
        )
        // A beat after the end would bring back what the end takes away.
        await work.stop()
        const nothingKept = applied.state === 'held' || noted.dryRun
        // Sent together: what is written for a key that turns out revoked goes with the transaction.
        const [, concluded] = await Promise.all([
          assertKeyHolds(tx, noted.feedKeyId),
          nothingKept ? null : conclude(tx, id, outcome(applied, issues)),
        ])
        if (concluded === null) throw new NothingKept(applied)
        const at = concluded.finishedAt ?? noted.receivedAt
        await delivery.along?.(tx, { deliveryId: id, at, refusedRows: aside.refusedRows() })
        await layAside(tx, delivery, { ...noted, id, at }, applied, aside)
        const byHand = delivery.by === undefined ? {} : { payload: { by: delivery.by } }
        const entries = { topic: 'list', kind: 'entries', entryIds: applied.touched } as const
        const changes = applied.touched.length === 0 ? [] : [{ ...entries, ...byHand }]
        await appendChanges(tx, [...changes, deliveryChange(concluded)], at)
        return concluded
      })
      return toReceipt(row, issues.list())
    } catch (cause) {
      await work.stop()
      if (cause instanceof GivenUp) throw new Refusal('conflict', cause.message)
      if (cause instanceof NothingKept) return end(id, cause.applied, issues)
      const columns = noted.dryRun ? [] : unknownColumnsOf(cause)
      const receipt = await end(id, failure(cause), issues, (tx, at) =>
        noteColumns(tx, { id, trust: noted.trust, at }, columns),
      )
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
  async function end(
    id: string,
    applied: Applied,
    issues: IssueBook,
    along?: (tx: TransactionSql, at: string) => Promise<void>,
  ): Promise<Receipt> {
    const row = await db.scoped(SYSTEM, async (tx) => {
      const concluded = await conclude(tx, id, outcome(applied, issues))
      const at = concluded.finishedAt ?? concluded.receivedAt
      await along?.(tx, at)
      await appendChanges(tx, [deliveryChange(concluded)], at)
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

/** The row is not running any more: somebody else has written its end. */
class GivenUp extends Error {
  constructor() {
    super('Given up meanwhile. Send it again.')
    this.name = 'GivenUp'
  }
}

async function holdRunning(tx: TransactionSql, id: string): Promise<void> {
  if (!(await hold(tx, id))) throw new GivenUp()
}

/** What the socket tells of a delivery. */
export function deliveryChange(row: DeliveryRow): Change {
  return { topic: 'feeds', kind: 'delivery', payload: { ...toReceipt(row, []), issues: [] } }
}

function failure(cause: unknown): Applied {
  const refused = cause instanceof Refusal
  const state: DeliveryState = refused && cause.code === 'bad-file' ? 'refused' : 'failed'
  return {
    state,
    counts: NO_COUNTS,
    // It may name a column as it came.
    reason: refused
      ? storableText(cause.message)
      : 'Something went wrong here; nothing was changed. Send it again.',
    bodyHash: null,
    touched: [],
    told: [],
    speaksOfAll: false,
  }
}

/** Names of columns that a file was refused for. */
function unknownColumnsOf(cause: unknown): readonly string[] {
  const names = cause instanceof Refusal ? cause.extra['unknownColumns'] : undefined
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : []
}

/** The refusal with the receipt that was written of it. */
export function withReceipt(refusal: Refusal, receipt: Receipt): Refusal {
  return new Refusal(refusal.code, refusal.message, { ...refusal.extra, receipt })
}
