import { setImmediate } from 'node:timers/promises'
import type { TransactionSql } from '../../../db/client.ts'
import type { Issue } from '../../../shared/delivery.ts'
import type { Identity, ParsedEntry } from '../../../shared/entry.ts'
import type { SealedIdentity } from '../../access/access.ts'
import type { CheckContext } from '../../domain/quality/check.ts'
import type { Aside } from '../mending/aside.ts'
import type { Digests } from './digest.ts'
import { recordText } from '../formats/encoding.ts'
import type { FormatSession, ReadRow } from '../formats/format.ts'
import type { EntryUpdate } from '../formats/update.ts'
import { checkField, fieldIssue } from '../formats/facts.ts'
import { badFile, refusedRow, rowIssue } from '../formats/format.ts'
import type { IssueBook } from '../delivery/issues.ts'
import type { JudgedEntry } from './judge.ts'
import { judge } from './judge.ts'
import { createHashList } from './hash-list.ts'
import type { FreshLines, KnownLines } from './lines.ts'
import { SEEN_TWICE } from './lines.ts'
import type { MergeContext, MergedRows } from './merge.ts'
import { mergeRows } from './merge.ts'
import { entryIdsOf } from './removal.ts'
import type { KeptEntry } from './keep.ts'
import { issuesOfKept } from './keep.ts'
import type { Settling } from './settle.ts'
import { openStage } from './stage.ts'
import type { UpdateCounts } from '../updates/updates.ts'
import type { Work } from '../delivery/work.ts'

/** Rows merged at a time: one part is merged by the server while the next is read here. */
const ROWS_A_MERGE = 4_000
/** The longest stretch of reading before sockets, pages and the COPY of the part before get their turn. */
const TURN_MS = 5
const ROWS_A_LOOK = 32
/** Messages worked in at a time: their entries are read together. */
const MESSAGES_A_MERGE = 1_000
/** So many records, all of a strange form, and it is the file that is wrong. [FEED-2] */
const STRANGE_RECORDS = 100

/** What reading and merging a body came to. Counts are of records. */
export interface Intake {
  readonly read: number
  readonly refused: number
  readonly added: readonly number[]
  readonly changed: readonly number[]
  readonly unchanged: number
  readonly late: number
  /** Entries told of, by lines read in this delivery. */
  readonly told: readonly number[]
  /** Lines taken without trouble, to be known next time. */
  readonly fresh: FreshLines
  readonly removals: readonly { readonly rowNumber: number; readonly localId: string }[]
  /** Keys of refused records: their entries are neither changed nor missing. */
  readonly refusedKeys: readonly string[]
  /** Refused records whose key could not be read. [FEED-12] */
  readonly keyless: number
  /** What messages came to: counted by message, not by entry. [FEED-52] */
  readonly updated: Pick<UpdateCounts, 'added' | 'changed' | 'written'>
}

export interface IntakeOptions {
  readonly tx: TransactionSql
  readonly session: FormatSession
  readonly merge: MergeContext
  readonly check: CheckContext
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

/** A record taken and not yet merged. */
interface PendingRow {
  readonly rowNumber: number
  readonly localId: string
  /** Place of the line's hash among those to be remembered; NOT_KEPT when it is not to be. */
  readonly line: number
  /** null once staged. */
  readonly entry: JudgedEntry | null
}

/** A record read and not yet settled against the entries there are. */
interface ReadRecord {
  readonly row: Extract<ReadRow, { kind: 'entry' }>
  /** Place of the line's hash; NOT_KEPT when it has none. */
  readonly line: number
  readonly text: string
}

const NOT_KEPT = -1
/** Text of records waiting to be settled, beyond which they are merged before there are ROWS_A_MERGE. */
const TEXT_A_MERGE = 8 * 1024 * 1024

/** Reads a body to its end and merges it, part by part, in one transaction. */
export async function takeIn(
  options: IntakeOptions,
  pieces: AsyncIterable<Buffer>,
): Promise<Intake> {
  const { tx, session, merge, check, digests, issues, aside } = options
  const stage = openStage({ seal: options.seal, digests })
  const localIds = new Set<string>()
  const added: number[] = []
  const changed: number[] = []
  const told: number[] = []
  const lines = createHashList()
  const fresh = { places: [] as number[], entryIds: [] as number[] }
  const removals: { rowNumber: number; localId: string }[] = []
  const refusedKeys: string[] = []
  let read = 0
  let refused = 0
  let unchanged = 0
  let late = 0
  let keyless = 0
  let misshapen = 0
  let firstStrange = ''
  let unsettled: ReadRecord[] = []
  let unsettledText = 0
  let pending: PendingRow[] = []
  let updates: EntryUpdate[] = []
  const updateTexts = new Map<number, string>()
  const updated = { added: 0, changed: 0, written: [] as number[] }
  let mergedBefore: Promise<void> = Promise.resolve()
  let merging = mergedBefore
  let known: KnownLines | null | undefined

  try {
    await readAll()
    await workIn()
    await flush()
  } finally {
    // A body may break off while a part is being copied in. The rollback must not be sent into that COPY: the server
    // would take it for a broken row, and the transaction would stay open with the trust's turn. [FEED-16]
    await Promise.allSettled([merging])
  }
  await merging
  told.push(...(options.settling?.touched() ?? []))
  if (read === 0) throw badFile('The body holds no record.')
  for (const remark of session.remarks?.() ?? []) issues.add(remark)
  if (misshapen === read) throw badFile(`No record has the form of this format. ${firstStrange}`)
  return {
    read,
    refused,
    added,
    changed,
    unchanged,
    late,
    told,
    fresh: { lines, ...fresh },
    removals,
    refusedKeys,
    keyless,
    updated,
  }

  async function readAll(): Promise<void> {
    let turnBegan = performance.now()
    for await (const batch of session.split(pieces)) {
      if (known === undefined) known = await options.loadKnown()
      for (let at = 0; at < batch.bounds.length; at += 2) {
        const start = batch.bounds[at] ?? 0
        const end = batch.bounds[at + 1] ?? 0
        const rowNumber = batch.firstRow + at / 2
        read += 1
        if (read % ROWS_A_LOOK === 0 && performance.now() - turnBegan > TURN_MS) {
          await setImmediate()
          turnBegan = performance.now()
        }
        const line = known === null ? null : digests.line(batch.bytes, start, end)
        const entryId = line === null || known?.size === 0 ? 0 : (known?.see(line, rowNumber) ?? 0)
        if (entryId > 0) unchanged += 1
        else {
          const keep = entryId === SEEN_TWICE ? null : line
          const text = recordText(batch.bytes, start, end)
          takeRow(aside.mended(session.read(text, rowNumber), text, session), keep, text)
        }
      }
      options.work.rows(batch.bounds.length / 2)
      const waits = pending.length + unsettled.length
      if (waits >= ROWS_A_MERGE || unsettledText >= TEXT_A_MERGE) await flush()
      if (updates.length >= MESSAGES_A_MERGE) await workIn()
    }
  }

  function takeRow(said: ReadRow, line: Buffer | null, text: string): void {
    const row = said.kind === 'removal' ? removalWithKey(said) : said
    if (row.kind === 'refused') {
      for (const issue of row.issues) issues.add(issue)
      aside.refuse(row.rowNumber, row.recordKey, text, row.issues)
      refused += 1
      if (row.recordKey === '') keyless += 1
      else refusedKeys.push(row.recordKey)
      if (row.misshapen) noteStrange(row.rowNumber, row.issues[0])
      return
    }
    if (row.kind === 'update') {
      for (const issue of row.issues) issues.add(issue)
      updates.push(row.update)
      updateTexts.set(row.rowNumber, text)
      return
    }
    const localId = row.kind === 'removal' ? row.localId : row.entry.facts.localId
    if (localIds.has(localId)) {
      refuseRepeated(row.kind === 'removal' ? row.rowNumber : row.entry.rowNumber, localId)
      return
    }
    localIds.add(localId)
    if (row.kind === 'removal') {
      removals.push({ rowNumber: row.rowNumber, localId })
      return
    }
    for (const issue of row.issues) issues.add(issue)
    const record = { row, line: line === null ? NOT_KEPT : lines.add(line), text }
    if (options.settling === null) {
      judgeRecord(record, { entry: translated(row.entry), keptFields: NOTHING_KEPT })
      return
    }
    unsettled.push(record)
    unsettledText += text.length
  }

  function translated(entry: ParsedEntry): ParsedEntry {
    return { ...entry, facts: aside.translated(entry.facts) }
  }

  function judgeRecord({ row, line, text }: ReadRecord, { entry, keptFields }: KeptEntry): void {
    const { rowNumber } = entry
    const { localId } = entry.facts
    const judged = judge(entry, check)
    const found = issuesOfKept(judged.issues, keptFields)
    for (const issue of found) issues.add(issue)
    if (!judged.taken) {
      refused += 1
      refusedKeys.push(localId)
      aside.refuse(rowNumber, localId, text, [...row.issues, ...found])
      return
    }
    // A line that lost a field is read and reported again each time; a mere warning is told once. [FEED-20]
    const whole = [...row.issues, ...found].every(({ severity }) => severity === 'warns')
    if (!whole) aside.noteCodes(rowNumber, text, row.entry.facts, [...row.issues, ...found])
    // With lines known from before it may turn out that this repeats one of them; else nothing is left to find out.
    const mayRepeat = known !== undefined && known !== null && known.size > 0
    if (!mayRepeat) stage.add(judged.entry)
    const entryToStage = mayRepeat ? judged.entry : null
    pending.push({ rowNumber, localId, line: whole ? line : NOT_KEPT, entry: entryToStage })
  }

  /** Settles what has been read against the entries there are, once the part before is merged. [FEED-24, FEED-25] */
  async function settleRead(settling: Settling): Promise<void> {
    const records = unsettled
    unsettled = []
    unsettledText = 0
    await merging
    const carries = session.carries?.() ?? null
    const entries = records.map(({ row }) => translated(row.entry))
    const settled = await settling.settle(entries, carries, localIds)
    let turnBegan = performance.now()
    for (const [at, record] of records.entries()) {
      if (at % ROWS_A_LOOK === 0 && performance.now() - turnBegan > TURN_MS) {
        await setImmediate()
        turnBegan = performance.now()
      }
      const one = settled[at] ?? null
      if (one !== null) judgeRecord(record, one)
      else refuseRepeated(record.row.entry.rowNumber, record.row.entry.facts.localId)
    }
  }

  function noteStrange(rowNumber: number, issue: Issue | undefined): void {
    misshapen += 1
    if (firstStrange === '')
      firstStrange = `Record ${rowNumber}: ${issue?.message ?? ''} ${issue?.fix ?? ''}`
    if (misshapen === STRANGE_RECORDS && misshapen === read) {
      throw badFile(
        `None of the first ${STRANGE_RECORDS} records has the form of this format. ${firstStrange}`,
      )
    }
  }

  function refuseRepeated(rowNumber: number, localId: string): void {
    refused += 1
    const recordKey = localId.slice(0, 64)
    issues.add(
      rowIssue(rowNumber, recordKey, {
        field: 'localId',
        code: 'FEED-8',
        message: 'An earlier record of this delivery has the same key; that one was taken.',
        fix: 'Send one record for a pathway.',
      }),
    )
  }

  /** Messages build on what came before them, so that is merged first. */
  async function workIn(): Promise<void> {
    if (updates.length === 0) return
    const part = updates
    updates = []
    await flush()
    await merging
    const counts = await options.update(part)
    for (const { rowNumber, recordKey, issues: said } of counts.broken) {
      aside.refuse(rowNumber, recordKey, updateTexts.get(rowNumber) ?? '', said)
    }
    updateTexts.clear()
    refused += counts.refused
    unchanged += counts.unchanged + counts.late
    late += counts.late
    updated.added += counts.added
    updated.changed += counts.changed
    updated.written.push(...counts.written)
  }

  /** Hands over what is pending, once the part before has been merged. */
  async function flush(): Promise<void> {
    if (options.settling !== null && unsettled.length > 0) await settleRead(options.settling)
    if (pending.length === 0) return
    let part = pending
    pending = []
    if (known !== undefined && known !== null && known.size > 0) {
      await merging
      part = await withoutRepeated(part, known)
    }
    for (const { entry } of part) if (entry !== null) stage.add(entry)
    const rows = stage.take()
    // One part is merged, one waits for its turn, one is read: the server goes from one to the next without a pause.
    await mergedBefore
    mergedBefore = merging
    merging = merging.then(() => mergeRows(tx, rows, merge)).then((merged) => count(part, merged))
    // Awaited before the next part or at the end; a failure meanwhile must not count as unhandled.
    merging.catch(() => undefined)
  }

  /** A record and a line known from before may be of one entry: the earlier of the two counts. [FEED-8, FEED-20] */
  async function withoutRepeated(
    part: readonly PendingRow[],
    before: KnownLines,
  ): Promise<PendingRow[]> {
    const keys = part.map(({ localId }) => localId)
    const ids = await entryIdsOf(tx, merge.trust, keys)
    const shownAt = before.rowsOf(new Set(ids.filter((id) => id !== 0)))
    return part.filter(({ rowNumber, localId }, place) => {
      const id = ids[place] ?? 0
      const shown = shownAt.get(id)
      if (shown === undefined) return true
      if (shown < rowNumber) {
        refuseRepeated(rowNumber, localId)
        return false
      }
      before.unsee(id)
      unchanged -= 1
      refuseRepeated(shown, localId)
      return true
    })
  }

  function count(part: readonly PendingRow[], merged: MergedRows): void {
    const lineOfRow = new Map(part.map(({ rowNumber, line }) => [rowNumber, line]))
    for (let at = 0; at < merged.rowNumbers.length; at += 1) {
      const entryId = merged.entryIds[at] ?? 0
      const verdict = merged.verdicts[at]
      if (entryId !== 0) told.push(entryId)
      if (verdict === 'a') added.push(entryId)
      else if (verdict === 'c') changed.push(entryId)
      else unchanged += 1
      if (verdict === 'l') late += 1
      const line = lineOfRow.get(merged.rowNumbers[at] ?? 0) ?? NOT_KEPT
      if (line !== NOT_KEPT && verdict !== 'l') {
        fresh.places.push(line)
        fresh.entryIds.push(entryId)
      }
    }
  }
}

const NOTHING_KEPT: ReadonlySet<string> = new Set()

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
