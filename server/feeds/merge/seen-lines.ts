import type { Digests } from './digest.ts'
import type { KnownLines } from './lines.ts'
import { SEEN_TWICE } from './lines.ts'
import type { Tally } from './tally.ts'

/** `look` for a line that was seen before and still holds. */
export const SAID_BEFORE = 'said before'

/** Tells lines that a snapshot of before held already from those to be read. [FEED-20] */
export interface SeenLines {
  /** Loads them once; later calls do nothing. */
  load(): Promise<void>
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
  /** Whether a record read may turn out to repeat one known by its line. */
  mayRepeat(): boolean
  /**
   * Of one entry a record and a line known from before may both speak: the earlier of the two counts. [FEED-8, FEED-20]
   * @param repeats hears of each that does not count
   * @returns the records that count
   */
  withoutRepeated<R extends KeyedRow>(part: readonly R[], repeats: (row: KeyedRow) => void): R[]
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
  let known: KnownLines | null | undefined
  return {
    async load() {
      if (known === undefined) known = await options.loadKnown()
    },
    look(bytes, start, end, rowNumber) {
      if (known === null || known === undefined) return null
      const line = digests.line(bytes, start, end)
      const entryId = known.size === 0 ? 0 : known.see(line, rowNumber)
      if (entryId <= 0) return entryId === SEEN_TWICE ? null : line
      tally.unchanged(1)
      return SAID_BEFORE
    },
    mayRepeat: () => known !== undefined && known !== null && known.size > 0,
    withoutRepeated(part, repeats) {
      if (known === undefined || known === null) return [...part]
      const ids = part.map(({ entryId }) => entryId)
      const shownAt = known.rowsOf(new Set(ids.filter((id) => id !== 0)))
      const before = known
      return part.filter((row) => {
        const { entryId: id } = row
        const shown = shownAt.get(id)
        if (shown === undefined) return true
        if (shown < row.rowNumber) {
          repeats(row)
          return false
        }
        before.unsee(id)
        tally.unchanged(-1)
        repeats({ ...row, rowNumber: shown })
        return true
      })
    },
  }
}
