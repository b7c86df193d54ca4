import type { EntryUpdate } from '../formats/update.ts'
import type { Aside } from '../mending/aside.ts'
import type { UpdateCounts } from '../updates/updates.ts'
import type { Tally } from './tally.ts'

/** Messages worked in at a time: their entries are read together. */
const MESSAGES_A_MERGE = 1_000

/** Messages read and not yet worked into the entries they are of. */
export interface Messages {
  /** @param text as it came, to be laid aside should it turn out broken */
  add(update: EntryUpdate, rowNumber: number, text: string): void
  /** Enough wait to be worked in. */
  enough(): boolean
  /** Messages build on what came before them, so that is merged first. @param merged resolves when it is */
  workIn(merged: () => Promise<void>): Promise<void>
}

export function openMessages(options: {
  readonly update: (updates: readonly EntryUpdate[]) => Promise<UpdateCounts>
  readonly aside: Aside
  readonly tally: Tally
}): Messages {
  let updates: EntryUpdate[] = []
  const texts = new Map<number, string>()
  return {
    add(update, rowNumber, text) {
      updates.push(update)
      texts.set(rowNumber, text)
    },
    enough: () => updates.length >= MESSAGES_A_MERGE,
    async workIn(merged) {
      if (updates.length === 0) return
      const part = updates
      updates = []
      await merged()
      const counts = await options.update(part)
      for (const { rowNumber, recordKey, issues } of counts.broken) {
        options.aside.refuse(rowNumber, recordKey, texts.get(rowNumber) ?? '', issues)
      }
      texts.clear()
      options.tally.updated(counts)
    },
  }
}
