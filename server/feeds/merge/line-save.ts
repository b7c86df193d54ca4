import type { TransactionSql } from '../../../db/client.ts'
import type { HashList } from './hash-list.ts'
import { createHashList } from './hash-list.ts'
import { HASH_BYTES } from './line-table.ts'
import { createIdSet } from './id-set.ts'
import type { SetName, StoredLines } from './line-store.ts'
import type { FreshLines } from './lines.ts'

/** Kept blocks beyond this, or this share of lines that no longer hold, and the set is written afresh. */
const MOST_BLOCKS = 48
const MOST_GONE = 0.25
const LINES_A_BLOCK = 16_384
/** A trust that has sent no snapshot in a format for so long does so no more. */
const SET_KEPT_DAYS = 35

/** What a snapshot has shown. */
export interface ShownLines {
  readonly stored: StoredLines
  /** By position, not 0 for a line that was shown. */
  readonly seen: Int32Array
  readonly groupsSeen: Uint8Array
  readonly fresh: FreshLines
}

/** What else a snapshot came to. */
export interface SnapshotEnd {
  readonly extractAt: string
  /** Entries it told of or left open without a line: what is open and not among them, or of a line shown, is not there. */
  readonly toldOf: readonly number[]
  /** Entries it has written: their lines in other formats hold no more. */
  readonly written: readonly number[]
}

type Snapshot = SetName & SnapshotEnd & { readonly rules: string }

/** Lines to be written, behind `first` others, and the groups that they and others are in. */
interface Addition {
  readonly lines: HashList
  readonly places: readonly number[]
  readonly entryIds: readonly number[]
  readonly groups: Groups
}

interface Groups {
  readonly hashes: Buffer[]
  readonly sizes: number[]
  /** Positions in the set as it will be. */
  readonly lines: number[]
}

/** Writes the set as this snapshot leaves it: what is new in further blocks, or all of it where much is gone. */
export async function saveLines(
  tx: TransactionSql,
  snapshot: Snapshot,
  shown: ShownLines,
): Promise<void> {
  const { stored, seen, fresh } = shown
  const total = seen.length
  const gone = positionsNot(seen)
  const blocksAfter = stored.blocks.length + Math.ceil(fresh.places.length / LINES_A_BLOCK)
  const others = withoutLine(snapshot.toldOf, shown)
  if (!stored.valid || blocksAfter > MOST_BLOCKS || gone.length > MOST_GONE * total) {
    await Promise.all([
      writeSet(tx, snapshot, new Int32Array(), others),
      dropBefore(tx, snapshot, stored),
      tx`delete from feed_lines where trust = ${snapshot.trust} and format = ${snapshot.format}`,
      ...writeBlocks(tx, snapshot, 0, afresh(shown)),
    ])
    return
  }
  const groups = noGroups()
  const positions = new Int32Array(total).fill(LOST)
  for (let at = 0; at < total; at += 1) if (seen[at] !== 0) positions[at] = at
  addFresh(groups, fresh, positions, total)
  await Promise.all([
    writeSet(tx, snapshot, gone, others),
    dropBefore(tx, snapshot, stored),
    ...writeBlocks(tx, snapshot, (stored.blocks.at(-1)?.block ?? -1) + 1, { ...fresh, groups }),
  ])
}

const LOST = -1

/** What was shown of the set and what is new, as if no set had been before. */
function afresh({ stored, seen, groupsSeen, fresh }: ShownLines): Addition {
  const lines = createHashList()
  const places: number[] = []
  const entryIds: number[] = []
  const positions = new Int32Array(seen.length).fill(LOST)
  let at = 0
  for (const { hashes } of stored.blocks) {
    for (let byte = 0; byte < hashes.length; byte += HASH_BYTES) {
      if (seen[at] !== 0) {
        positions[at] = places.length
        places.push(lines.add(hashes.subarray(byte, byte + HASH_BYTES)))
        entryIds.push(stored.entryIds[at] ?? 0)
      }
      at += 1
    }
  }
  const groups = noGroups()
  let group = 0
  for (const { groupHashes } of stored.blocks) {
    for (let byte = 0; byte < groupHashes.length; byte += HASH_BYTES) {
      if (groupsSeen[group] === 1) {
        const of = stored.groups.lines.subarray(
          stored.groups.ends[group - 1] ?? 0,
          stored.groups.ends[group],
        )
        const moved = Array.from(of, (position) => positions[position] ?? LOST)
        addGroup(groups, groupHashes.subarray(byte, byte + HASH_BYTES), moved)
      }
      group += 1
    }
  }
  addFresh(groups, fresh, positions, places.length)
  for (const place of fresh.places) places.push(lines.add(fresh.lines.at(place)))
  return { lines, places, entryIds: entryIds.concat(fresh.entryIds), groups }
}

/**
 * Adds the groups of this delivery of which every line is in the set.
 * @param positions where each known line will be, LOST for one that goes
 * @param first where the first new line will be
 */
function addFresh(
  groups: Groups,
  { groups: book, lines, places }: FreshLines,
  positions: Int32Array,
  first: number,
): void {
  const freshAt = new Int32Array(lines.size).fill(LOST)
  for (const [at, place] of places.entries()) freshAt[place] = first + at
  let from = 0
  for (const [group, end] of book.ends.entries()) {
    const members = book.lines
      .slice(from, end)
      .map((line) => (line < 0 ? freshAt[~line] : positions[line]) ?? LOST)
    addGroup(groups, book.hashes.at(group), members)
    from = end
  }
}

function noGroups(): Groups {
  return { hashes: [], sizes: [], lines: [] }
}

function addGroup(groups: Groups, hash: Buffer, members: readonly number[]): void {
  if (members.includes(LOST)) return
  groups.hashes.push(hash)
  groups.sizes.push(members.length)
  groups.lines.push(...members)
}

function positionsNot(seen: Int32Array): Int32Array {
  return Int32Array.from(seen.keys()).filter((at) => seen[at] === 0)
}

/** Ids of entries, each once, of which no line holds that was shown or is new. */
function withoutLine(
  ids: readonly number[],
  { stored: { entryIds }, seen, fresh }: ShownLines,
): Float64Array {
  const covered = createIdSet()
  for (const id of fresh.entryIds) covered.add(id)
  const without = ids.filter((id) => !covered.has(id))
  if (without.length === 0) return new Float64Array()
  for (let at = 0; at < seen.length; at += 1) if (seen[at] !== 0) covered.add(entryIds[at] ?? 0)
  return Float64Array.from(new Set(without.filter((id) => !covered.has(id))))
}

function writeSet(
  tx: TransactionSql,
  { trust, format, extractAt, rules }: Snapshot,
  gone: Int32Array,
  others: Float64Array,
): Promise<unknown> {
  return tx`
    with told as (
      insert into feed_snapshot (trust, extract_at) values (${trust}, ${extractAt})
      on conflict (trust) do update set extract_at = excluded.extract_at
    )
    insert into feed_line_set (trust, format, extract_at, rules, gone, others)
    values (${trust}, ${format}, ${extractAt}, ${rules}, ${asBytes(gone)}, ${asBytes(others)})
    on conflict (trust, format) do update
      set extract_at = excluded.extract_at, rules = excluded.rules, gone = excluded.gone, others = excluded.others`
}

/**
 * What other deliveries had written is in this set now; the sets of other formats are still to hear of it, and of what
 * this delivery wrote. Only what was read with the set goes: another may have been told of since.
 */
async function dropBefore(
  tx: TransactionSql,
  { trust, format, extractAt, written }: Snapshot,
  { dropped, droppedForAll }: StoredLines,
): Promise<void> {
  // One by one the driver writes them out ten times as slowly.
  const idsText = `{${[...written, ...droppedForAll].join()}}`
  await Promise.all([
    tx`
      with old as (
        delete from feed_line_set where trust = ${trust} and format <> ${format}
          and extract_at < ${extractAt}::timestamptz - make_interval(days => ${SET_KEPT_DAYS}) returning format
      ), lines as (
        delete from feed_lines l using old where l.trust = ${trust} and l.format = old.format
      ), ids as (
        delete from feed_line_dropped d using old where d.trust = ${trust} and d.format = old.format
      )
      insert into feed_line_dropped (trust, format, entry_id)
      select ${trust}, s.format, id from feed_line_set s
      cross join unnest(${idsText}::text::bigint[]) as id
      where s.trust = ${trust} and s.format <> ${format} and s.format not in (select format from old)
      on conflict do nothing`,
    ...(dropped.length === 0
      ? []
      : [
          tx`
            delete from feed_line_dropped where trust = ${trust} and format in ('', ${format})
              and entry_id = any(${[...dropped]}::bigint[])`,
        ]),
  ])
}

function writeBlocks(
  tx: TransactionSql,
  { trust, format }: SetName,
  firstBlock: number,
  { lines, places, entryIds, groups }: Addition,
): Promise<unknown>[] {
  // Groups go with the first block, whatever block their lines are in, and so may come without a line.
  const count = Math.max(Math.ceil(places.length / LINES_A_BLOCK), groups.sizes.length > 0 ? 1 : 0)
  return Array.from({ length: count }, (_, block) => {
    const from = block * LINES_A_BLOCK
    const part = places.slice(from, from + LINES_A_BLOCK)
    const hashes = Buffer.allocUnsafe(part.length * HASH_BYTES)
    for (const [at, place] of part.entries()) lines.at(place).copy(hashes, at * HASH_BYTES)
    const ids = Float64Array.from(entryIds.slice(from, from + LINES_A_BLOCK))
    const of = block === 0 ? groups : noGroups()
    return tx`
      insert into feed_lines (trust, format, block, hashes, entry_ids, group_hashes, group_sizes, group_lines)
      values (${trust}, ${format}, ${firstBlock + block}, ${hashes}, ${asBytes(ids)}, ${Buffer.concat(of.hashes)},
        ${asBytes(Int32Array.from(of.sizes))}, ${asBytes(Int32Array.from(of.lines))})`
  })
}

function asBytes(numbers: Int32Array | Float64Array): Buffer {
  return Buffer.from(numbers.buffer)
}
