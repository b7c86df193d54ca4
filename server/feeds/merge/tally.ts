import type { UpdateCounts } from '../updates/updates.ts'
import type { GroupBook } from './fresh-groups.ts'
import { openGroupBook } from './fresh-groups.ts'
import type { HashList } from './hash-list.ts'
import { createHashList } from './hash-list.ts'
import type { FreshLines } from './lines.ts'
import type { MergedRows } from './merge.ts'

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
  readonly removals: readonly Removal[]
  /** Keys of refused records: their entries are neither changed nor missing. */
  readonly refusedKeys: readonly string[]
  /** Refused records whose key could not be read. [FEED-12] */
  readonly keyless: number
  /** What messages came to: counted by message, not by entry. [FEED-52] */
  readonly updated: Pick<UpdateCounts, 'added' | 'changed' | 'written'>
}

/** A record that names a pathway to be removed. */
export interface Removal {
  readonly rowNumber: number
  readonly localId: string
}

/** Where a record came from, as far as its line is to be remembered. */
export interface RowLine {
  readonly rowNumber: number
  /** Place of the line's hash among `Tally.lines`; NOT_KEPT when it is not to be. */
  readonly line: number
}

export const NOT_KEPT = -1

/** Counts what becomes of the records while they are read and merged. */
export interface Tally {
  /** Hashes of lines read in this delivery. */
  readonly lines: HashList
  /** Groups of them, and of lines known from before. */
  readonly groups: GroupBook
  readonly removals: readonly Removal[]
  readonly read: number
  /** So many more records are read. */
  next(records: number): void
  /** @param recordKey empty when it could not be read; null when the key is an earlier record's, which stands */
  refuse(recordKey: string | null): void
  /** Records known to be unchanged by their lines; -1 takes one back. */
  unchanged(records: number): void
  remove(removal: Removal): void
  merged(part: readonly RowLine[], rows: MergedRows): void
  updated(counts: UpdateCounts): void
  /** @param touched entries told of beside those of the merged rows */
  total(touched: readonly number[]): Omit<Intake, 'removals'>
}

export function openTally(): Tally {
  const lines = createHashList()
  const groups = openGroupBook()
  const fresh = { places: [] as number[], entryIds: [] as number[] }
  const added: number[] = []
  const changed: number[] = []
  const told: number[] = []
  const removals: Removal[] = []
  const refusedKeys: string[] = []
  const updated = { added: 0, changed: 0, written: [] as number[] }
  let read = 0
  let refused = 0
  let unchanged = 0
  let late = 0
  let keyless = 0
  return {
    lines,
    groups,
    removals,
    get read() {
      return read
    },
    next(records) {
      read += records
    },
    refuse(recordKey) {
      refused += 1
      if (recordKey === '') keyless += 1
      else if (recordKey !== null) refusedKeys.push(recordKey)
    },
    unchanged(records) {
      unchanged += records
    },
    remove: (removal) => void removals.push(removal),
    merged(part, { rowNumbers, entryIds, verdicts }) {
      const lineOfRow = new Map(part.map(({ rowNumber, line }) => [rowNumber, line]))
      for (const [at, rowNumber] of rowNumbers.entries()) {
        const entryId = entryIds[at] ?? 0
        const verdict = verdicts[at]
        if (entryId !== 0) told.push(entryId)
        if (verdict === 'a') added.push(entryId)
        else if (verdict === 'c') changed.push(entryId)
        else unchanged += 1
        if (verdict === 'l') late += 1
        const line = lineOfRow.get(rowNumber) ?? NOT_KEPT
        if (line === NOT_KEPT || verdict === 'l') continue
        fresh.places.push(line)
        fresh.entryIds.push(entryId)
      }
    },
    updated(counts) {
      refused += counts.refused
      unchanged += counts.unchanged + counts.late
      late += counts.late
      updated.added += counts.added
      updated.changed += counts.changed
      updated.written.push(...counts.written)
    },
    total(touched) {
      return {
        read,
        refused,
        added,
        changed,
        unchanged,
        late,
        told: [...told, ...touched],
        fresh: { lines, groups, ...fresh },
        refusedKeys,
        keyless,
        updated,
      }
    },
  }
}
