import type { TransactionSql } from '../../../db/client.ts'
import type { Identity } from '../../../shared/entry.ts'
import type { SealedIdentity } from '../../access/access.ts'
import type { CheckContext } from '../../domain/quality/check.ts'
import type { IssueBook } from '../delivery/issues.ts'
import type { Work } from '../delivery/work.ts'
import { recordTexts } from '../formats/encoding.ts'
import { checkField, fieldIssue } from '../formats/facts.ts'
import type { FormatSession, ReadRow } from '../formats/format.ts'
import { refusedRow, rowIssue } from '../formats/format.ts'
import type { EntryUpdate } from '../formats/update.ts'
import type { Aside } from '../mending/aside.ts'
import type { UpdateCounts } from '../updates/updates.ts'
import type { Digests } from './digest.ts'
import { openJudging } from './judging.ts'
import type { GroupedBatch } from './line-groups.ts'
import type { KnownLines } from './lines.ts'
import type { MergeContext } from './merge.ts'
import { openMessages } from './messages.ts'
import { entryIdsOf } from './removal.ts'
import { openParts } from './parts.ts'
import { openStagedRoad } from './road.ts'
import { SAID_BEFORE, openSeenLines } from './seen-lines.ts'
import type { Settling } from './settle.ts'
import { openStraightRoad } from './straight-road.ts'
import { openStrangeRecords } from './strange.ts'
import type { Intake, Removal } from './tally.ts'
import { NOT_KEPT, openTally } from './tally.ts'
import type { Turns } from './turns.ts'
import { openTurns } from './turns.ts'

/** Rows merged at a time, at the most: one part is merged by the server while the next is read here. */
const ROWS_A_MERGE = 4_000
/** Rows of the first part that goes straight in, each further one being twice as many: the server begins early. */
const FIRST_ROWS = 500
/** Text of records waiting to be settled, beyond which they are merged before there are ROWS_A_MERGE. */
const TEXT_A_MERGE = 8 * 1024 * 1024

export interface IntakeOptions {
  readonly tx: TransactionSql
  readonly session: FormatSession
  readonly merge: MergeContext
  readonly check: CheckContext
  /** Whether records can go straight into the tables: the trust has none, and the service may act as the loader. */
  readonly straight: boolean
  readonly seal: (identity: Identity) => SealedIdentity
  readonly digests: Digests
  readonly issues: IssueBook
  /** Where refused rows and own codes go. */
  readonly aside: Aside
  /** Works messages into the entries they are of. */
  readonly update: (updates: readonly EntryUpdate[]) => Promise<UpdateCounts>
  /** Hears how many records have been read. */
  readonly work: Pick<Work, 'rows'>
  /** Settles records against the entries there are; null where there is none, or nothing can change them. */
  readonly settling: Settling | null
  /** Loads the lines seen before, once the first records are cut; null when they are of no use here. */
  readonly loadKnown: () => Promise<KnownLines | null>
}

/** Reads a body to its end and merges it, part by part, in one transaction. */
export async function takeIn(
  options: IntakeOptions,
  pieces: AsyncIterable<Buffer>,
): Promise<Intake> {
  const { session, issues, aside } = options
  const keys = new Set<string>()
  const tally = openTally()
  const strange = openStrangeRecords()
  const road = options.straight ? openStraightRoad(options) : openStagedRoad(options)
  let rowsOfPart = options.straight ? FIRST_ROWS : ROWS_A_MERGE
  const seen = openSeenLines({ ...options, tally })
  const parts = openParts({ road, seen, tally, refuseRepeated })
  const judging = openJudging({ ...options, keys, parts, tally, refuseRepeated })
  const messages = openMessages({ update: options.update, aside, tally })

  try {
    await readAll()
    await messages.workIn(handAndMerge)
    await judging.settle()
  } finally {
    // A body may break off while a part is being copied in. The rollback must not be sent into that COPY: the server
    // would take it for a broken row, and the transaction would stay open with the trust's turn. [FEED-16]
    await Promise.allSettled([judging.begun(), messages.begun()])
    await Promise.allSettled([parts.merged()])
  }
  await parts.merged()
  const removals = await removalsThatCount()
  for (const remark of session.remarks?.() ?? []) issues.add(remark)
  strange.conclude(tally.read)
  return { ...tally.total(options.settling?.touched() ?? []), removals }

  /** A line known from before and a record that was read, or a removal, may speak of one pathway. [FEED-8] */
  async function removalsThatCount(): Promise<readonly Removal[]> {
    const { removals } = tally
    if (!seen.mayRepeat()) return removals
    const keys = removals.map(({ localId }) => localId)
    const ids = await entryIdsOf(options.tx, options.merge.trust, keys)
    const keyed = removals.map((removal, at) => ({ ...removal, entryId: ids[at] ?? 0 }))
    return seen.removalsThatCount(keyed, refuseRepeated)
  }

  async function readAll(): Promise<void> {
    const turns = openTurns()
    for await (const batch of session.split(pieces)) {
      await seen.load()
      await readBatch(seen.grouped(batch), turns)
    }
    await readBatch(seen.grouped(null), turns)
  }

  async function readBatch(batch: GroupedBatch, turns: Turns): Promise<void> {
    const textOf = recordTexts(batch.bytes)
    let at = 0
    for (const groupEnd of batch.ends) {
      const known = seen.lookAtGroup(batch, at, groupEnd)
      if (known) at = groupEnd
      for (; at < groupEnd; at += 2) {
        if (turns.over()) await turns.pass()
        readRecord(batch, at, textOf)
        const waits = parts.waiting + judging.waiting
        if (waits >= rowsOfPart || judging.waitingText >= TEXT_A_MERGE) {
          rowsOfPart = Math.min(ROWS_A_MERGE, 2 * rowsOfPart)
          await judging.settle()
        }
      }
      if (!known) seen.endGroup()
    }
    options.work.rows(at / 2)
    judging.begin()
    if (messages.enough()) await messages.begin(handAndMerge)
  }

  function readRecord(
    { bytes, bounds, firstRow }: GroupedBatch,
    at: number,
    textOf: (start: number, end: number) => string,
  ): void {
    const start = bounds[at] ?? 0
    const end = bounds[at + 1] ?? 0
    const rowNumber = firstRow + at / 2
    tally.next(1)
    const line = seen.look(bytes, start, end, rowNumber)
    if (line === SAID_BEFORE) return
    const text = textOf(start, end)
    seen.keep(takeRow(aside.mended(session.read(text, rowNumber), text, session), line, text))
  }

  /** @returns the place of its line among those to be remembered, or NOT_KEPT */
  function takeRow(said: ReadRow, line: Buffer | null, text: string): number {
    const row = said.kind === 'removal' ? removalWithKey(said) : said
    if (row.kind === 'refused') {
      for (const issue of row.issues) issues.add(issue)
      aside.refuse(row.rowNumber, row.recordKey, text, row.issues)
      tally.refuse(row.recordKey)
      if (row.misshapen) strange.note(row.rowNumber, row.issues[0], tally.read)
      return NOT_KEPT
    }
    if (row.kind === 'update') {
      for (const issue of row.issues) issues.add(issue)
      messages.add(row.update, row.rowNumber, text)
      return NOT_KEPT
    }
    const { rowNumber } = row.kind === 'removal' ? row : row.entry
    const { localId } = row.kind === 'removal' ? row : row.entry.facts
    if (keys.has(localId)) {
      refuseRepeated({ rowNumber, localId })
      return NOT_KEPT
    }
    keys.add(localId)
    if (row.kind === 'removal') {
      tally.remove({ rowNumber, localId })
      return NOT_KEPT
    }
    for (const issue of row.issues) issues.add(issue)
    const place = line === null ? NOT_KEPT : tally.lines.add(line)
    judging.take({ row, line: place, text })
    return place
  }

  async function handAndMerge(): Promise<void> {
    await judging.settle()
    await parts.merged()
  }

  function refuseRepeated({ rowNumber, localId }: { rowNumber: number; localId: string }): void {
    tally.refuse(null)
    issues.add(
      rowIssue(rowNumber, localId.slice(0, 64), {
        field: 'localId',
        code: 'FEED-8',
        message: 'An earlier record of this delivery has the same key; that one was taken.',
        fix: 'Send one record for a pathway.',
      }),
    )
  }
}

/** A removal, refused when no pathway can have such a key. [FEED-7, FEED-9] */
function removalWithKey(row: Extract<ReadRow, { kind: 'removal' }>): ReadRow {
  const { rowNumber, localId } = row
  const key = checkField('localId', localId)
  if (key.ok) return row
  const recordKey = localId.slice(0, 64)
  return refusedRow(rowNumber, recordKey, [
    fieldIssue(rowNumber, recordKey, 'localId', 'localId', key.wants),
  ])
}
