import type { ParsedEntry } from '../../../shared/entry.ts'
import type { CheckContext } from '../../domain/quality/check.ts'
import type { IssueBook } from '../delivery/issues.ts'
import type { FormatSession, ReadRow } from '../formats/format.ts'
import type { Aside } from '../mending/aside.ts'
import { judge } from './judge.ts'
import { issuesOfKept } from './keep.ts'
import type { Parts } from './parts.ts'
import type { SettledEntry, Settling } from './settle.ts'
import type { Tally } from './tally.ts'
import { NOT_KEPT } from './tally.ts'
import { openTurns } from './turns.ts'

/** A record read, its line and its text. */
export interface ReadRecord {
  readonly row: Extract<ReadRow, { kind: 'entry' }>
  /** Place of the line's hash; NOT_KEPT when it has none. */
  readonly line: number
  readonly text: string
}

/** Judges records, each with what is known of its entry, and passes on those that are taken. */
export interface Judging {
  /** Text of records that are not settled yet, UTF-16 units, and how many they are. */
  readonly waitingText: number
  readonly waiting: number
  take(record: ReadRecord): void
  /**
   * Begins to settle, judge and hand over what waits, when there is enough of it and nothing is under way: the server
   * then works while further records are read. @throws what an earlier portion met
   */
  begin(): void
  /** Settles, judges and hands over all that waits. [FEED-24, FEED-25] */
  settle(): Promise<void>
  /** Resolves or rejects when what was begun is over; nothing is begun by it. */
  begun(): Promise<void>
}

/**
 * Records worth a portion, in which they are settled by the server while others are read. The first is small, so that the
 * server begins early; each further one is twice as large, since each costs it the same few round trips.
 */
const FIRST_PORTION_ROWS = 48
const LARGEST_PORTION_ROWS = 512

export function openJudging(options: {
  readonly check: CheckContext
  readonly session: FormatSession
  readonly issues: IssueBook
  readonly aside: Aside
  /** Null: there is nothing to settle against, and records are judged as they come. */
  readonly settling: Settling | null
  /** Record keys of the delivery so far. */
  readonly keys: Set<string>
  readonly parts: Parts
  readonly tally: Tally
  readonly refuseRepeated: (row: { rowNumber: number; localId: string }) => void
}): Judging {
  const { check, session, issues, aside, settling, keys, parts, tally } = options
  let unsettled: ReadRecord[] = []
  let waitingText = 0
  let worthRows = FIRST_PORTION_ROWS
  /** Of the portion that is being settled; one at a time, since a further one builds on it. */
  let inHand = { rows: 0, text: 0 }
  let underWay: Promise<void> = Promise.resolve()
  let failed: { readonly cause: unknown } | null = null
  return {
    get waitingText() {
      return waitingText + inHand.text
    },
    get waiting() {
      return unsettled.length + inHand.rows
    },
    take(record) {
      if (settling === null) {
        judgeRecord(record, { ...OF_NO_ENTRY, entry: translated(record.row.entry) })
        return
      }
      unsettled.push(record)
      waitingText += record.text.length
    },
    begin() {
      if (failed !== null) throw failed.cause
      if (inHand.rows === 0 && unsettled.length >= worthRows) void portion()
    },
    async settle() {
      await underWay
      if (unsettled.length > 0) await portion()
      await parts.hand()
    },
    begun: () => underWay,
  }

  function portion(): Promise<void> {
    const records = unsettled
    inHand = { rows: records.length, text: waitingText }
    unsettled = []
    waitingText = 0
    worthRows = Math.min(LARGEST_PORTION_ROWS, worthRows * 2)
    underWay = settleAll(records).finally(() => (inHand = { rows: 0, text: 0 }))
    // Heard by the next `begin` or `settle`; a failure meanwhile must not count as unhandled.
    underWay.catch((cause: unknown) => (failed = { cause }))
    return underWay
  }

  async function settleAll(records: readonly ReadRecord[]): Promise<void> {
    if (settling === null) return
    await parts.merged()
    const carries = session.carries?.() ?? null
    const entries = records.map(({ row }) => translated(row.entry))
    const settled = await settling.settle(entries, carries, keys)
    const turns = openTurns()
    for (const [at, record] of records.entries()) {
      if (turns.over()) await turns.pass()
      const one = settled[at] ?? null
      if (one !== null) judgeRecord(record, one)
      else {
        const { rowNumber, facts } = record.row.entry
        options.refuseRepeated({ rowNumber, localId: facts.localId })
      }
    }
    await parts.hand()
  }

  function translated(entry: ParsedEntry): ParsedEntry {
    const facts = aside.translated(entry.facts)
    return facts === entry.facts ? entry : { ...entry, facts }
  }

  function judgeRecord({ row, line, text }: ReadRecord, settled: SettledEntry): void {
    const { entry, keptFields } = settled
    const { rowNumber } = entry
    const { localId } = entry.facts
    const judged = judge(entry, check)
    const found = issuesOfKept(judged.issues, keptFields)
    const said = row.issues.length === 0 ? found : [...row.issues, ...found]
    for (const issue of found) issues.add(issue)
    if (!judged.taken) {
      tally.refuse(localId)
      aside.refuse(rowNumber, localId, text, said)
      return
    }
    // A line that lost a field is read and reported again each time; a mere warning is told once. [FEED-20]
    const whole = said.every(({ severity }) => severity === 'warns')
    if (!whole) aside.noteCodes(rowNumber, text, row.entry.facts, said)
    parts.add(judged.entry, whole ? line : NOT_KEPT, settled)
  }
}

const OF_NO_ENTRY: Omit<SettledEntry, 'entry'> = {
  keptFields: new Set(),
  entryId: 0,
  knownIdentity: null,
}
