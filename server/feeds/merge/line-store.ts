import type { TransactionSql } from '../../../db/client.ts'
import type { LineTable } from './line-table.ts'
import { HASH_BYTES, createLineTable } from './line-table.ts'

/*
 * The set of a trust's lines in one format in the database. A snapshot adds a block of what it has that is new; positions count lines
 * through all blocks. Bytes are little-endian, as every machine that this runs on keeps them.
 */

/** A set of lines is of a trust and of a format: what is sent in another has other lines. [FEED-20] */
export interface SetName {
  readonly trust: string
  readonly format: string
}

/** Groups of lines, by their hashes. */
export interface StoredGroups {
  readonly table: LineTable
  /** For each, where its lines end in `lines`. */
  readonly ends: Int32Array
  /** Positions of their lines. */
  readonly lines: Int32Array
}

export interface StoredLines {
  /** False: there is none under these rules, and what is there is to be replaced. */
  readonly valid: boolean
  readonly blocks: readonly Block[]
  readonly table: LineTable
  /** By position. */
  readonly entryIds: Float64Array
  /** By position, 1 for a line that holds no more. */
  readonly gone: Uint8Array
  readonly groups: StoredGroups
  /** Ids of entries that have no line that holds, and may be open. */
  readonly others: Float64Array
  /** Ids of entries that another delivery has written since. */
  readonly dropped: readonly number[]
  /** Those of them of which the sets of other formats have not been told yet. */
  readonly droppedForAll: readonly number[]
}

export interface Block {
  readonly block: number
  readonly hashes: Buffer
  readonly entryIds: Buffer
  readonly groupHashes: Buffer
  /** Lines of each group, as int32. */
  readonly groupSizes: Buffer
  /** Positions of their lines, as int32. */
  readonly groupLines: Buffer
}

/** Reads what is there under these rules; nothing when it was made under others. */
export async function readLines(
  tx: TransactionSql,
  { trust, format }: SetName,
  rules: string,
): Promise<StoredLines> {
  const [head, stored, dropped] = await Promise.all([
    tx<{ rules: string; gone: Buffer; others: Buffer }[]>`
      select rules, gone, others from feed_line_set where trust = ${trust} and format = ${format}`,
    tx<Block[]>`
      select block, hashes, entry_ids as "entryIds", group_hashes as "groupHashes", group_sizes as "groupSizes",
        group_lines as "groupLines"
      from feed_lines
      where trust = ${trust} and format = ${format} and exists (
        select from feed_line_set where trust = ${trust} and format = ${format} and rules = ${rules})
      order by block`,
    tx<{ format: string; entryId: number }[]>`
      select format, entry_id as "entryId" from feed_line_dropped
      where trust = ${trust} and format in ('', ${format})`,
  ])
  const droppedIds = dropped.map(({ entryId }) => entryId)
  const valid = head[0]?.rules === rules
  const blocks = valid ? stored : []
  const table = tableOf(blocks.map(({ hashes }) => hashes))
  const entryIds = new Float64Array(bytesOf(blocks.map((block) => block.entryIds)))
  const gone = new Uint8Array(table.size)
  if (valid) {
    for (const position of new Int32Array(bytesOf([head[0]?.gone ?? EMPTY]))) gone[position] = 1
    markDropped(gone, entryIds, droppedIds)
  }
  const others = new Float64Array(bytesOf([valid ? (head[0]?.others ?? EMPTY) : EMPTY]))
  const groups = groupsOf(blocks)
  const droppedForAll = dropped.filter((one) => one.format === '').map(({ entryId }) => entryId)
  return {
    valid,
    blocks,
    table,
    entryIds,
    gone,
    groups,
    others,
    dropped: droppedIds,
    droppedForAll,
  }
}

const EMPTY = Buffer.alloc(0)

function tableOf(hashes: readonly Buffer[]): LineTable {
  const bytes = hashes.reduce((sum, { length }) => sum + length, 0)
  const table = createLineTable(bytes / HASH_BYTES)
  for (const part of hashes) table.addAll(part)
  return table
}

function groupsOf(blocks: readonly Block[]): StoredGroups {
  const ends = new Int32Array(bytesOf(blocks.map(({ groupSizes }) => groupSizes)))
  for (let at = 1; at < ends.length; at += 1) ends[at] = (ends[at - 1] ?? 0) + (ends[at] ?? 0)
  return {
    table: tableOf(blocks.map(({ groupHashes }) => groupHashes)),
    ends,
    lines: new Int32Array(bytesOf(blocks.map(({ groupLines }) => groupLines))),
  }
}

/** At an address of its own, where an array of numbers may begin. */
function bytesOf(parts: readonly Buffer[]): ArrayBuffer {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0))
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole.buffer
}

function markDropped(gone: Uint8Array, entryIds: Float64Array, dropped: readonly number[]): void {
  if (dropped.length === 0) return
  const ids = new Set(dropped)
  for (let at = 0; at < entryIds.length; at += 1) if (ids.has(entryIds[at] ?? 0)) gone[at] = 1
}
