import type { TransactionSql } from '../../../db/client.ts'
import type { FreshGroups } from './fresh-groups.ts'
import type { HashList } from './hash-list.ts'
import type { EntryPositions } from './entry-positions.ts'
import { createEntryPositions } from './entry-positions.ts'
import type { SetName, StoredGroups } from './line-store.ts'
import { readLines } from './line-store.ts'
import type { SnapshotEnd } from './line-save.ts'
import { saveLines } from './line-save.ts'

/** `see` for a line that is not known, or holds no more. */
export const NOT_SEEN = -1
/** `see` for a line that an earlier record of this delivery was already. */
export const SEEN_TWICE = -2

/** The lines of a trust's last snapshots in one format, and which of them this delivery has shown again. [FEED-20] */
export interface KnownLines {
  readonly size: number
  /**
   * Position of a line that was seen before and still holds, and notes the record that showed it; NOT_SEEN for any other
   * line, SEEN_TWICE for one that this delivery has shown already.
   */
  see(hash: Buffer, rowNumber: number): number
  /**
   * The same for all lines of a group, which records from `firstRow` on showed.
   * @returns false, and nothing is noted, unless each of them still holds and was not shown before
   */
  seeGroup(hash: Buffer, lines: number, firstRow: number): boolean
  /** Calls with the id of each entry whose line was shown. */
  eachSeen(told: (entryId: number) => void): void
  /** Records that showed lines of these entries, by entry. */
  rowsOf(entryIds: Iterable<number>): ReadonlyMap<number, number>
  /** Takes back that a line of the entry was shown: the record turned out to repeat another. */
  unsee(entryId: number): void
  /**
   * Entries of which no line was shown: no other entry of the trust can be open and not have been told of by lines. An
   * entry may come twice, and may be closed. Null when there is no set to tell by.
   */
  notShown(): readonly number[] | null
  /** Writes the set as this snapshot leaves it. */
  save(tx: TransactionSql, end: SnapshotEnd, fresh: FreshLines): Promise<void>
}

/** Lines read in this delivery and taken without trouble, with their entries. */
export interface FreshLines {
  readonly lines: HashList
  /** Places in `lines`, and the entry of each. */
  readonly places: readonly number[]
  readonly entryIds: readonly number[]
  readonly groups: FreshGroups
}

/**
 * Reads the set, less the lines of entries that another delivery has written since.
 * @param rules what decides how a line is read; a set made under other rules counts as empty
 */
export async function loadLines(
  tx: TransactionSql,
  of: SetName,
  rules: string,
): Promise<KnownLines> {
  const stored = await readLines(tx, of, rules)
  const { table, entryIds, gone, groups } = stored
  const total = table.size
  /** Number of the record that showed each line; 0 while none has. */
  const seen = new Int32Array(total)
  const groupsSeen = new Uint8Array(groups.table.size)
  // Made when first asked for: where nothing changed nobody asks.
  let positions: EntryPositions | null = null
  return {
    size: total,
    see(hash, rowNumber) {
      const position = table.find(hash)
      if (position === -1 || gone[position] === 1) return NOT_SEEN
      if (seen[position] !== 0) return SEEN_TWICE
      seen[position] = rowNumber
      return position
    },
    seeGroup(hash, lines, firstRow) {
      const group = groups.table.find(hash)
      if (group === -1) return false
      const from = groups.ends[group - 1] ?? 0
      const to = groups.ends[group] ?? 0
      if (to - from !== lines || !allHold(groups, from, to)) return false
      for (let at = from; at < to; at += 1) seen[groups.lines[at] ?? 0] = firstRow + at - from
      groupsSeen[group] = 1
      return true
    },
    eachSeen(told) {
      for (let at = 0; at < total; at += 1) if (seen[at] !== 0) told(entryIds[at] ?? 0)
    },
    rowsOf(wanted) {
      positions ??= createEntryPositions(entryIds, gone)
      const rows = new Map<number, number>()
      for (const id of wanted) {
        const row = seen[positions.of(id)] ?? 0
        if (row !== 0) rows.set(id, row)
      }
      return rows
    },
    unsee(entryId) {
      positions ??= createEntryPositions(entryIds, gone)
      const position = positions.of(entryId)
      if (position !== -1) seen[position] = 0
    },
    notShown() {
      if (!stored.valid) return null
      const ids = [...stored.others, ...stored.dropped]
      for (let at = 0; at < total; at += 1) if (seen[at] === 0) ids.push(entryIds[at] ?? 0)
      return ids
    },
    save: (into, end, fresh) =>
      saveLines(into, { ...of, ...end, rules }, { stored, seen, groupsSeen, fresh }),
  }

  function allHold({ lines }: StoredGroups, from: number, to: number): boolean {
    for (let at = from; at < to; at += 1) {
      const position = lines[at] ?? 0
      if (gone[position] !== 0 || seen[position] !== 0) return false
    }
    return true
  }
}

/** Entries written by something other than a snapshot: their lines, in any format, no longer tell what is kept. [FEED-20] */
export async function dropLines(
  tx: TransactionSql,
  trust: string,
  entryIds: readonly number[],
): Promise<void> {
  if (entryIds.length === 0) return
  await tx`
    insert into feed_line_dropped (trust, entry_id)
    select ${trust}, id from unnest(${[...entryIds]}::bigint[]) as id
    where exists (select from feed_snapshot where trust = ${trust})
    on conflict do nothing`
}
