import type { RecordBatch } from '../formats/format.ts'
import type { Digests } from './digest.ts'
import type { GroupedBatch } from './line-groups.ts'
import { openGroupCutter } from './line-groups.ts'
import type { KnownLines } from './lines.ts'
import { NOT_SEEN, SEEN_TWICE } from './lines.ts'
import type { Tally } from './tally.ts'
import { NOT_KEPT } from './tally.ts'

/** `look` for a line that was seen before and still holds. */
export const SAID_BEFORE = 'said before'

/** Tells lines that a snapshot of before held already from those to be read. [FEED-20] */
export interface SeenLines {
  /** Loads them once; later calls do nothing. */
  load(): Promise<void>
  /**
   * Records in groups that can be looked up as one, once `load` has resolved; some may wait for the next batch.
   * @param batch null: the body has ended, and what waits is wanted
   */
  grouped(batch: RecordBatch | null): GroupedBatch
  /**
   * Looks a group up, from `from` to `to` in the batch's bounds, and begins it where it is not known.
   * @returns whether all of it was seen before and still holds; it is counted then. Else each of its records is looked
   *   up, told by `keep` unless it was said before, and the group ended
   */
  lookAtGroup(batch: GroupedBatch, from: number, to: number): boolean
  /**
   * Looks a line up by its bytes.
   * @returns SAID_BEFORE, counted as unchanged; else its hash to be remembered, overwritten by the next look; null when
   *   it is not to be
   */
  look(
    bytes: Buffer,
    start: number,
    end: number,
    rowNumber: number,
  ): typeof SAID_BEFORE | Buffer | null
  /** @param line the place of the line looked at last among the lines of this delivery, or NOT_KEPT */
  keep(line: number): void
  endGroup(): void
  /** Whether a record read may turn out to repeat one known by its line. */
  mayRepeat(): boolean
  /**
   * Of one entry a record and a line known from before may both speak: the earlier of the two counts. [FEED-8, FEED-20]
   * @param repeats hears of each that does not count
   * @returns the records that count
   */
  withoutRepeated<R extends KeyedRow>(part: readonly R[], repeats: (row: KeyedRow) => void): R[]
  /**
   * The same once the body has ended: of lines that came behind a record that went in before them, and of removals.
   * @returns the removals that count
   */
  removalsThatCount<R extends KeyedRow>(
    removals: readonly R[],
    repeats: (row: KeyedRow) => void,
  ): R[]
}

interface KeyedRow {
  readonly rowNumber: number
  readonly localId: string
  /** Of the entry it is of; 0 for a new one. */
  readonly entryId: number
}

export function openSeenLines(options: {
  readonly digests: Digests
  readonly tally: Tally
  /** Null: they are of no use here. */
  readonly loadKnown: () => Promise<KnownLines | null>
}): SeenLines {
  const { digests, tally } = options
  const cutter = openGroupCutter()
  const { groups } = tally
  let known: KnownLines | null | undefined
  /** Records of known entries that count, handed over before the lines behind them were looked at. */
  const counted: KeyedRow[] = []

  function earlierOf<R extends KeyedRow>(
    rows: readonly R[],
    repeats: (row: KeyedRow) => void,
  ): R[] {
    if (known === undefined || known === null || rows.length === 0) return [...rows]
    const before = known
    const shownAt = before.rowsOf(rows.map(({ entryId }) => entryId).filter((id) => id !== 0))
    return rows.filter((row) => {
      const { rowNumber, localId, entryId } = row
      const shown = shownAt.get(entryId)
      if (shown === undefined) return true
      if (shown < rowNumber) {
        repeats(row)
        return false
      }
      before.unsee(entryId)
      tally.unchanged(-1)
      repeats({ rowNumber: shown, localId, entryId })
      return true
    })
  }

  return {
    async load() {
      if (known === undefined) known = await options.loadKnown()
    },
    grouped(batch) {
      if (batch === null) return cutter.rest()
      if (known === null || known === undefined) return { ...batch, ends: [batch.bounds.length] }
      return cutter.cut(batch)
    },
    lookAtGroup({ bytes, bounds, firstRow }, from, to) {
      if (known === null || known === undefined) return false
      const hash = digests.group(bytes, bounds, from, to)
      const lines = (to - from) / 2
      if (hash !== null && known.seeGroup(hash, lines, firstRow + from / 2)) {
        tally.next(lines)
        tally.unchanged(lines)
        return true
      }
      groups.begin(hash)
      return false
    },
    look(bytes, start, end, rowNumber) {
      if (known === null || known === undefined) return null
      const line = digests.line(bytes, start, end)
      const position = known.size === 0 ? NOT_SEEN : known.see(line, rowNumber)
      if (position === NOT_SEEN) return line
      if (position === SEEN_TWICE) return null
      groups.line(position)
      tally.unchanged(1)
      return SAID_BEFORE
    },
    keep: (line) => groups.line(line === NOT_KEPT ? null : ~line),
    endGroup: () => groups.end(),
    mayRepeat: () => known !== undefined && known !== null && known.size > 0,
    withoutRepeated(part, repeats) {
      const counts = earlierOf(part, repeats)
      for (const { rowNumber, localId, entryId } of counts) {
        if (entryId !== 0) counted.push({ rowNumber, localId, entryId })
      }
      return counts
    },
    removalsThatCount(removals, repeats) {
      earlierOf(counted, repeats)
      return earlierOf(removals, repeats)
    },
  }
}
