import type { WorkingEntry } from './held-entries.ts'
import { keepSaid } from './held-entries.ts'
import type { JudgedEntry } from '../merge/judge.ts'
import type { MergeContext } from '../merge/merge.ts'
import { mergeRows } from '../merge/merge.ts'
import { openStage } from '../merge/stage.ts'
import type { UpdateOptions } from './update-work.ts'

/**
 * Merges the entries that messages have changed, and writes down what was said when.
 * @param pending the judgement of each entry that differs from what the database has
 * @param touched all that were spoken of
 * @returns ids of entries written
 */
export async function writeUpdated(
  options: Pick<UpdateOptions, 'tx' | 'merge' | 'seal' | 'digests'>,
  pending: ReadonlyMap<WorkingEntry, JudgedEntry>,
  touched: ReadonlySet<WorkingEntry>,
): Promise<readonly number[]> {
  const { tx, merge, seal, digests } = options
  const latest = [...touched].reduce(
    (time, { extractAt }) => (extractAt > time ? extractAt : time),
    merge.extractAt,
  )
  // What is late was decided above, part by part: to the merge nothing is.
  const context: MergeContext = {
    ...merge,
    extractAt: latest,
    snapshotAt: null,
    empty: false,
    confirmsUnchanged: false,
  }
  const written = new Set<number>()
  for (const round of rounds(pending)) {
    const stage = openStage({ seal, digests })
    for (const [{ knownIdentity, extractAt }, judged] of round) {
      stage.add(judged, knownIdentity, extractAt)
    }
    const merged = await mergeRows(tx, stage.take(), context)
    const entryOfRow = new Map([...round].map(([entry, { rowNumber }]) => [rowNumber, entry]))
    for (const [at, rowNumber] of merged.rowNumbers.entries()) {
      const entry = entryOfRow.get(rowNumber)
      const id = merged.entryIds[at] ?? 0
      if (entry !== undefined) entry.id = id
      if (merged.verdicts[at] !== 's') written.add(id)
    }
  }
  await keepSaid(tx, [...touched], written)
  return [...written]
}

/** One message may change several pathways of a person, and a merge wants each row number once. */
function rounds(
  pending: ReadonlyMap<WorkingEntry, JudgedEntry>,
): readonly ReadonlyMap<WorkingEntry, JudgedEntry>[] {
  const made: Map<WorkingEntry, JudgedEntry>[] = []
  const timesSeen = new Map<number, number>()
  for (const [entry, judged] of pending) {
    const times = timesSeen.get(judged.rowNumber) ?? 0
    timesSeen.set(judged.rowNumber, times + 1)
    made[times] ??= new Map()
    made[times].set(entry, judged)
  }
  return made
}
