import type { TransactionSql } from '../../../db/client.ts'
import { mayLoad } from '../../../db/loader-role.ts'
import { londonDate } from '../../../shared/date.ts'
import type { DeliveryCounts, DeliveryState } from '../../../shared/delivery.ts'
import type { Identity } from '../../../shared/entry.ts'
import type { SealedIdentity } from '../../access/access.ts'
import type { Aside, Box } from '../mending/aside.ts'
import { loadCodeMap } from '../mending/code-mapping.ts'
import { COLUMN } from '../mending/vocabulary.ts'
import type { MeasuredBody } from '../delivery/body.ts'
import { loadBefore } from './before.ts'
import { openDigests } from './digest.ts'
import { utf8Chunks } from '../formats/encoding.ts'
import type { Intake } from './tally.ts'
import { takeIn } from './intake.ts'
import type { IssueBook } from '../delivery/issues.ts'
import { overtakeHeld, useApproval } from '../delivery/held.ts'
import type { NewDelivery } from '../delivery/ledger.ts'
import type { KnownLines } from './lines.ts'
import { dropLines, loadLines } from './lines.ts'
import type { MergeContext } from './merge.ts'
import { createStaging } from './merge.ts'
import type { Delivery } from '../delivery/receive.ts'
import { loadReference } from './reference.ts'
import type { RemovedByName } from './removal.ts'
import { applyUpdates } from '../updates/updates.ts'
import type { Unseal } from '../updates/update-work.ts'
import { HOLD_AT_LEAST, closeEntries, looksBroken, openEntryIds, removeNamed } from './removal.ts'
import type { Work } from '../delivery/work.ts'
import { openSettling } from './settle.ts'
import {
  NOTHING_UNSAID,
  settleHeld,
  heldReason,
  lateIssue,
  unsaid,
  unsureIssue,
} from './snapshot.ts'
import { takeTurn } from './trust-turn.ts'

/** What a delivery did to the entries, or would do. */
export interface Applied {
  readonly state: DeliveryState
  readonly counts: DeliveryCounts
  readonly reason: string | null
  readonly bodyHash: Buffer | null
  /** Entries added, changed or closed. */
  readonly touched: readonly number[]
  /** Entries that the delivery spoke of, unchanged ones too where their lines were read. */
  readonly told: readonly number[]
  /** It was a snapshot, and not one that came late: it spoke of every pathway of the trust. */
  readonly speaksOfAll: boolean
}

export interface ApplyOptions {
  readonly seal: (identity: Identity) => SealedIdentity
  readonly unseal?: Unseal
  readonly box?: Box
  /** In hex; absent: worked out from the sealing key. */
  readonly digestSecret?: string
  readonly now: () => number
  readonly delivery: Delivery
  readonly noted: NewDelivery
  readonly id: string
  /** Takes hold of the delivery. @throws when it was given up meanwhile */
  readonly hold: () => Promise<void>
  readonly issues: IssueBook
  readonly aside: Aside
  readonly work: Pick<Work, 'rows'>
  /** The trust's open entries as they were before, asked for when a snapshot may have to be held. */
  readonly openBefore: () => Promise<number>
}

/** A number that nobody has: its keyed hash is as secret as the key, and the same after a restart. */
const NOBODY: Identity = { nhsNumber: '0000000000' }

/** The same whatever key seals, or a rotated key would make every line of every trust a changed one. */
function digestSecret({
  digestSecret: kept,
  seal,
}: Pick<ApplyOptions, 'digestSecret' | 'seal'>): Buffer {
  return kept === undefined ? (seal(NOBODY).nhsHash ?? Buffer.alloc(0)) : Buffer.from(kept, 'hex')
}

/** Takes a body in, inside a transaction that the caller commits or not. */
export async function apply(
  tx: TransactionSql,
  options: ApplyOptions,
  body: MeasuredBody,
): Promise<Applied> {
  const { delivery, noted, issues } = options
  const { trust } = noted
  const snapshot = noted.mode === 'snapshot'
  // Sent together and done in this order: each statement sees what stands when the turn has come.
  const [, reference, map, erasedBy, before, staging, loads] = await Promise.all([
    takeTurn(tx, { trust, hold: options.hold }),
    loadReference(tx, trust, londonDate(options.now())),
    loadCodeMap(tx, trust),
    options.box?.erasedOf(tx, trust) ?? null,
    loadBefore(tx, trust),
    createStaging(tx),
    mayLoad(tx),
  ])
  const check = erasedBy === null ? reference.check : { ...reference.check, erasedBy }
  options.aside.learn(map)
  const merge: MergeContext = {
    trust,
    deliveryId: options.id,
    at: new Date(options.now()).toISOString(),
    extractAt: noted.extractAt,
    snapshotAt: before.snapshotAt,
    empty: before.empty,
    confirmsUnchanged: !snapshot,
    staging,
  }
  const late = merge.snapshotAt !== null && merge.snapshotAt > merge.extractAt
  const session = delivery.format.open((name) => map.meaning(COLUMN, name))
  const intoLines = snapshot && !late
  // Before its first record a trust has nothing to settle against, and a late delivery changes nothing.
  const settling =
    merge.empty || late ? null : openSettling({ tx, merge, unseal: options.unseal, issues })
  // The header of an extract decides how its lines are read, so the set is asked for once the header is known.
  let known = null as KnownLines | null
  let openBefore: Promise<Float64Array | null> = Promise.resolve(null)
  const digests = openDigests(digestSecret(options))
  const intake = await takeIn(
    {
      tx,
      session,
      merge,
      straight: merge.empty && loads,
      check,
      seal: options.seal,
      digests,
      issues,
      aside: options.aside,
      update: (updates) =>
        applyUpdates(
          {
            tx,
            merge,
            check,
            seal: options.seal,
            unseal: options.unseal ?? cannotUnseal,
            translated: (facts) => options.aside.translated(facts),
            digests,
            issues,
          },
          updates,
        ),
      work: options.work,
      settling,
      loadKnown: async () => {
        if (!intoLines) return null
        const rules = reference.fingerprint(noted.format, session.context())
        known = await loadLines(tx, { trust, format: noted.format }, rules)
        if (known.notShown() !== null) return known
        // Asked now, ahead of every merge on this connection; waited for when the body has been read.
        openBefore = openEntryIds(tx, trust)
        openBefore.catch(() => undefined)
        return known
      },
    },
    utf8Chunks(body.pieces, delivery.charset ?? null),
  )
  const bodyHash = body.hash()
  if (delivery.confirm !== undefined)
    await settleHeld(tx, trust, delivery.confirm, { ...noted, id: options.id, bodyHash })

  const removed = await removeNamed(tx, intake.removals, merge, issues)
  const open = await openBefore
  const { missing, named } =
    known === null ? NOTHING_UNSAID : await unsaid(tx, trust, intake, known, open)
  const openCount =
    open?.length ?? (missing.length < HOLD_AT_LEAST ? 0 : await options.openBefore())
  const counts = countsOf(intake, removed)
  if (intake.late > 0) issues.add(lateIssue(intake.late))
  const unsure = intake.keyless > 0
  const confirmed = delivery.confirm !== undefined
  const closes = counts.removed + missing.length
  const broken = !unsure && !confirmed && looksBroken(missing.length, openCount)
  if (broken && !(await useApproval(tx, noted, { id: options.id, closes, nowMs: options.now() }))) {
    return {
      state: 'held',
      counts: { ...counts, removed: closes },
      reason: heldReason(
        missing.length,
        openCount,
        noted.dryRun && !noted.sandbox ? null : options.id,
      ),
      bodyHash,
      touched: [],
      told: [],
      speaksOfAll: false,
    }
  }
  if (unsure && missing.length > 0) issues.add(unsureIssue(intake.keyless, missing.length))
  const gone = unsure ? [] : await closeEntries(tx, missing, 'no longer reported', merge)
  const written = [
    ...new Set([
      ...intake.added,
      ...intake.changed,
      ...intake.updated.written,
      ...removed.closed,
      ...(settling?.touched() ?? []),
    ]),
  ]
  if (known === null) await dropLines(tx, trust, written)
  else {
    const closed = new Set(gone)
    const left = missing.filter((id) => !closed.has(id))
    const toldOf = [...intake.told, ...intake.updated.written, ...named, ...left]
    const { extractAt } = merge
    await known.save(tx, { extractAt, toldOf, written: [...written, ...gone] }, intake.fresh)
  }
  if (intoLines && !unsure && !noted.sandbox) await overtakeHeld(tx, noted, options.id)
  return {
    state: 'done',
    counts: { ...counts, removed: counts.removed + gone.length },
    reason: null,
    bodyHash,
    touched: [...written, ...gone],
    told: [...intake.told, ...removed.closed],
    speaksOfAll: intoLines,
  }
}

/** Messages change part of an identity, which has to be opened for it: the receiver must have been given the way. */
function cannotUnseal(): never {
  throw new Error('a receiver without unseal takes no messages')
}

function countsOf(intake: Intake, removed: RemovedByName): DeliveryCounts {
  const unchanged = intake.unchanged + removed.closedBefore
  const changed = intake.changed.length + intake.updated.changed + removed.closed.length
  const added = intake.added.length + intake.updated.added
  return {
    read: intake.read,
    accepted: unchanged + changed + added,
    unchanged,
    changed,
    added,
    removed: removed.closed.length,
    refused: intake.refused + removed.unknown,
  }
}
