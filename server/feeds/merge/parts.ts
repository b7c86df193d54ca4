import type { Identity } from '../../../shared/entry.ts'
import type { JudgedEntry } from './judge.ts'
import type { Road } from './road.ts'
import type { SeenLines } from './seen-lines.ts'
import type { RowLine, Tally } from './tally.ts'

/** A record taken and not yet merged. */
interface PendingRow extends RowLine {
  readonly localId: string
  readonly entryId: number
  /** null once staged. */
  readonly waits: { readonly entry: JudgedEntry; readonly knownIdentity: Identity | null } | null
}

/** Records on their way into the entries, part by part: one is merged by the server while the next is read here. */
export interface Parts {
  /** Records of the part being gathered. */
  readonly waiting: number
  /** @param of the entry it is of, 0 for none, and who that is known to be */
  add(
    entry: JudgedEntry,
    line: number,
    of: { readonly entryId: number; readonly knownIdentity: Identity | null },
  ): void
  /** Hands over what is gathered, once the part before the last has been merged. */
  hand(): Promise<void>
  /** Resolves when all that was handed over is merged. @throws what any part met */
  merged(): Promise<void>
}

export function openParts(options: {
  readonly road: Road
  readonly seen: SeenLines
  readonly tally: Tally
  readonly refuseRepeated: (row: { rowNumber: number; localId: string }) => void
}): Parts {
  const { road, seen, tally } = options
  let pending: PendingRow[] = []
  let mergedBefore: Promise<void> = Promise.resolve()
  let merging = mergedBefore
  return {
    get waiting() {
      return pending.length
    },
    add(entry, line, { entryId, knownIdentity }) {
      // With lines known from before it may turn out that this repeats one of them; else nothing is left to find out.
      const mayRepeat = seen.mayRepeat()
      if (!mayRepeat) road.add(entry, knownIdentity)
      const { rowNumber, facts } = entry
      const waits = mayRepeat ? { entry, knownIdentity } : null
      pending.push({ rowNumber, localId: facts.localId, line, entryId, waits })
    },
    async hand() {
      if (pending.length === 0) return
      let part = pending
      pending = []
      if (seen.mayRepeat()) {
        part = seen.withoutRepeated(part, options.refuseRepeated)
      }
      for (const { waits } of part) if (waits !== null) road.add(waits.entry, waits.knownIdentity)
      const bringIn = road.part()
      // One part is merged, one waits for its turn, one is read: the server goes from one to the next without a pause.
      await mergedBefore
      mergedBefore = merging
      merging = merging.then(bringIn).then((merged) => tally.merged(part, merged))
      // Awaited before the next part or at the end; a failure meanwhile must not count as unhandled.
      merging.catch(() => undefined)
    },
    merged() {
      merging = merging.then(() => road.rest())
      merging.catch(() => undefined)
      return merging
    },
  }
}
