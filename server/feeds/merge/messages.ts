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
  /**
   * Begins to work in what waits, once the portion before is in: the server works on it while further ones are read.
   * Messages build on what came before them, so that is merged first. @param merged resolves when it is
   */
  begin(merged: () => Promise<void>): Promise<void>
  /** Works in all that waits. */
  workIn(merged: () => Promise<void>): Promise<void>
  /** Resolves or rejects when what was begun is over. */
  begun(): Promise<void>
}

export function openMessages(options: {
  readonly update: (updates: readonly EntryUpdate[]) => Promise<UpdateCounts>
  readonly aside: Aside
  readonly tally: Tally
}): Messages {
  let updates: EntryUpdate[] = []
  let texts = new Map<number, string>()
  let underWay: Promise<void> = Promise.resolve()
  return {
    add(update, rowNumber, text) {
      updates.push(update)
      texts.set(rowNumber, text)
    },
    enough: () => updates.length >= MESSAGES_A_MERGE,
    begin,
    async workIn(merged) {
      await begin(merged)
      await underWay
    },
    begun: () => underWay,
  }

  async function begin(merged: () => Promise<void>): Promise<void> {
    await underWay
    if (updates.length === 0) return
    underWay = work(updates, texts, merged)
    // Heard by the next call; a failure meanwhile must not count as unhandled.
    underWay.catch(() => undefined)
    updates = []
    texts = new Map()
  }

  async function work(
    part: readonly EntryUpdate[],
    textOf: ReadonlyMap<number, string>,
    merged: () => Promise<void>,
  ): Promise<void> {
    await merged()
    const counts = await options.update(part)
    for (const { rowNumber, recordKey, issues } of counts.broken) {
      options.aside.refuse(rowNumber, recordKey, textOf.get(rowNumber) ?? '', issues)
    }
    options.tally.updated(counts)
  }
}
