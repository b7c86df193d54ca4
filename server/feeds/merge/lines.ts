import type { TransactionSql } from '../../../db/client.ts'
import type { HashList } from './hash-list.ts'
import { createHashList } from './hash-list.ts'
import type { LineTable } from './line-table.ts'
import { HASH_BYTES, createLineTable } from './line-table.ts'

/** Kept blocks beyond this, or this share of lines that no longer hold, and the set is written afresh. */
const MOST_BLOCKS = 48
const MOST_GONE = 0.25
const LINES_A_BLOCK = 16_384
const ID_BYTES = 8
const POSITION_BYTES = 4
/** `see` for a line that an earlier record of this delivery was already. */
export const SEEN_TWICE = -1

/** The lines of a trust's last snapshots, and which of them this delivery has shown again. [FEED-20] */
export interface KnownLines {
  readonly size: number
  /**
   * Entry of a line that was seen before and still holds, and notes the record that showed it; 0 for any other line,
   * SEEN_TWICE for one that this delivery has shown already.
   */
  see(hash: Buffer, rowNumber: number): number
  /** Calls with the id of each entry whose line was shown. */
  eachSeen(told: (entryId: number) => void): void
  /** Records that showed lines of these entries, by entry. */
  rowsOf(entryIds: ReadonlySet<number>): ReadonlyMap<number, number>
  /** Takes back that a line of the entry was shown: the record turned out to repeat another. */
  unsee(entryId: number): void
  /** Writes the set as this snapshot leaves it. */
  save(tx: TransactionSql, trust: string, extractAt: string, fresh: FreshLines): Promise<void>
}

/** Lines read in this delivery and taken without trouble, with their entries. */
export interface FreshLines {
  readonly lines: HashList
  /** Places in `lines`, and the entry of each. */
  readonly places: readonly number[]
  readonly entryIds: readonly number[]
}

/**
 * Reads the set, less the lines of entries that another delivery has written since.
 * @param rules what decides how a line is read; a set made under other rules counts as empty
 * @returns a set, perhaps empty, and the extract time of the last snapshot
 */
export async function loadLines(
  tx: TransactionSql,
  trust: string,
  rules: string,
): Promise<KnownLines> {
  const [head, blocks, dropped] = await Promise.all([
    tx<{ rules: string; gone: Buffer }[]>`
      select rules, gone from feed_snapshot where trust = ${trust}`,
    tx<{ block: number; hashes: Buffer; entryIds: Buffer }[]>`
      select block, hashes, entry_ids as "entryIds" from feed_lines
      where trust = ${trust} and exists (select from feed_snapshot where trust = ${trust} and rules = ${rules})
      order by block`,
    tx<{ entryId: number }[]>`
      select entry_id as "entryId" from feed_line_dropped where trust = ${trust}`,
  ])
  const valid = head[0]?.rules === rules ? blocks : []
  const total = valid.reduce((sum, block) => sum + block.hashes.length / HASH_BYTES, 0)
  const table = createLineTable(total)
  const entryIds = new Float64Array(total)
  fill(table, entryIds, valid)
  const gone = new Uint8Array(total)
  markGone(gone, entryIds, valid.length === 0 ? undefined : head[0]?.gone, dropped)
  /** Number of the record that showed each line; 0 while none has. */
  const seen = new Int32Array(total)
  return {
    size: total,
    see(hash, rowNumber) {
      const position = table.find(hash)
      if (position === -1 || gone[position] === 1) return 0
      if (seen[position] !== 0) return SEEN_TWICE
      seen[position] = rowNumber
      return entryIds[position] ?? 0
    },
    eachSeen(told) {
      for (let at = 0; at < total; at += 1) if (seen[at] !== 0) told(entryIds[at] ?? 0)
    },
    rowsOf(wanted) {
      const rows = new Map<number, number>()
      for (let at = 0; at < total; at += 1) {
        const id = entryIds[at] ?? 0
        if (seen[at] !== 0 && wanted.has(id)) rows.set(id, seen[at] ?? 0)
      }
      return rows
    },
    unsee(entryId) {
      for (let at = 0; at < total; at += 1) if (entryIds[at] === entryId) seen[at] = 0
    },
    async save(into, of, extractAt, fresh) {
      const kept = seen.reduce((sum, row) => (row === 0 ? sum : sum + 1), 0)
      const blocksAfter = valid.length + Math.ceil(fresh.places.length / LINES_A_BLOCK)
      const afresh =
        head[0]?.rules !== rules || blocksAfter > MOST_BLOCKS || total - kept > MOST_GONE * total
      if (afresh) {
        await writeSet(into, of, { extractAt, rules, gone: Buffer.alloc(0) })
        await into`delete from feed_lines where trust = ${of}`
        await writeBlocks(into, of, 0, keptLines(valid, seen, entryIds, fresh))
      } else {
        await writeSet(into, of, { extractAt, rules, gone: positionsNot(seen) })
        await writeBlocks(into, of, (valid.at(-1)?.block ?? -1) + 1, fresh)
      }
    },
  }
}

/** Entries written by something other than a snapshot: their lines no longer tell what is kept. [FEED-20] */
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

function fill(
  table: LineTable,
  entryIds: Float64Array,
  blocks: readonly { hashes: Buffer; entryIds: Buffer }[],
): void {
  for (const block of blocks) {
    for (let line = 0; line < block.entryIds.length / ID_BYTES; line += 1) {
      entryIds[table.size + line] = block.entryIds.readDoubleLE(line * ID_BYTES)
    }
    table.addAll(block.hashes)
  }
}

function markGone(
  gone: Uint8Array,
  entryIds: Float64Array,
  positions: Buffer | undefined,
  dropped: readonly { entryId: number }[],
): void {
  if (positions !== undefined) {
    for (let at = 0; at < positions.length; at += POSITION_BYTES) {
      gone[positions.readInt32LE(at)] = 1
    }
  }
  if (dropped.length === 0) return
  const ids = new Set(dropped.map(({ entryId }) => entryId))
  for (let at = 0; at < entryIds.length; at += 1) if (ids.has(entryIds[at] ?? 0)) gone[at] = 1
}

function positionsNot(seen: Int32Array): Buffer {
  const positions: number[] = []
  for (let at = 0; at < seen.length; at += 1) if (seen[at] === 0) positions.push(at)
  return Buffer.from(new Int32Array(positions).buffer)
}

function keptLines(
  blocks: readonly { hashes: Buffer }[],
  seen: Int32Array,
  entryIds: Float64Array,
  fresh: FreshLines,
): FreshLines {
  const lines = createHashList()
  const places: number[] = []
  const ids: number[] = []
  let at = 0
  for (const block of blocks) {
    for (let byte = 0; byte < block.hashes.length; byte += HASH_BYTES) {
      if (seen[at] !== 0) {
        places.push(lines.add(block.hashes.subarray(byte, byte + HASH_BYTES)))
        ids.push(entryIds[at] ?? 0)
      }
      at += 1
    }
  }
  for (const place of fresh.places) places.push(lines.add(fresh.lines.at(place)))
  return { lines, places, entryIds: ids.concat(fresh.entryIds) }
}

async function writeSet(
  tx: TransactionSql,
  trust: string,
  set: { extractAt: string; rules: string; gone: Buffer },
): Promise<void> {
  await tx`
    insert into feed_snapshot (trust, extract_at, rules, gone)
    values (${trust}, ${set.extractAt}, ${set.rules}, ${set.gone})
    on conflict (trust) do update set extract_at = excluded.extract_at, rules = excluded.rules, gone = excluded.gone`
  await tx`delete from feed_line_dropped where trust = ${trust}`
}

async function writeBlocks(
  tx: TransactionSql,
  trust: string,
  firstBlock: number,
  fresh: FreshLines,
): Promise<void> {
  let block = firstBlock
  for (let from = 0; from < fresh.places.length; from += LINES_A_BLOCK) {
    const places = fresh.places.slice(from, from + LINES_A_BLOCK)
    const hashes = Buffer.allocUnsafe(places.length * HASH_BYTES)
    for (const [at, place] of places.entries()) fresh.lines.at(place).copy(hashes, at * HASH_BYTES)
    const ids = new Float64Array(fresh.entryIds.slice(from, from + LINES_A_BLOCK))
    await tx`
      insert into feed_lines (trust, block, hashes, entry_ids)
      values (${trust}, ${block}, ${hashes}, ${Buffer.from(ids.buffer)})`
    block += 1
  }
}
