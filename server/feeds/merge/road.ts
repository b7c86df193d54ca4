import type { TransactionSql } from '../../../db/client.ts'
import type { Identity } from '../../../shared/entry.ts'
import type { JudgedEntry } from './judge.ts'
import type { MergeContext, MergedRows } from './merge.ts'
import { mergeRows } from './merge.ts'
import { openStage } from './stage.ts'
import type { WritingOptions } from './written.ts'

/** A way of judged records into the entries, a part at a time. */
export interface Road {
  /** @param knownIdentity who it is known to be already: the same is not sealed again. [FEED-20] */
  add(entry: JudgedEntry, knownIdentity: Identity | null): void
  /** Takes what was added as one part. @returns what brings it in, to be called when the part before is in */
  part(): () => Promise<MergedRows>
  /** Brings in what of the parts may have waited for further ones. */
  rest(): Promise<void>
}

export interface RoadOptions extends WritingOptions {
  readonly tx: TransactionSql
  readonly merge: MergeContext
}

/** Through staging tables: each record is held against the entry there is. */
export function openStagedRoad(options: RoadOptions): Road {
  const { tx, merge } = options
  const stage = openStage(options)
  return {
    add: (entry, knownIdentity) => stage.add(entry, knownIdentity),
    part() {
      const rows = stage.take()
      return () => mergeRows(tx, rows, merge)
    },
    rest: () => Promise.resolve(),
  }
}
