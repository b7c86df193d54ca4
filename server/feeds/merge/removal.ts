import type { Database, TransactionSql } from '../../../db/client.ts'
import { rowIssue } from '../formats/format.ts'
import type { IssueBook } from '../delivery/issues.ts'
import type { MergeContext } from './merge.ts'

/** A snapshot that would close more than this share, and at least this many, is held for a person. [FEED-11] */
export const HOLD_SHARE = 0.1
export const HOLD_AT_LEAST = 50

/** Whether so many missing pathways look like half an extract rather than like news. [FEED-11] */
export function looksBroken(missing: number, openBefore: number): boolean {
  return missing >= HOLD_AT_LEAST && missing > HOLD_SHARE * openBefore
}

/** Ids of the trust's open entries. Sent as doubles: the driver takes a text array of 300,000 apart character by character. */
export async function openEntryIds(tx: TransactionSql, trust: string): Promise<Float64Array> {
  const [row] = await tx<{ ids: Buffer | null }[]>`
    select string_agg(float8send(id), '') as ids from entry where trust = ${trust} and state = 'open'`
  // In the server's byte order, and at an address that an array of doubles may begin at.
  const sent = Buffer.from(new Uint8Array(row?.ids ?? []).buffer).swap64()
  return new Float64Array(sent.buffer, 0, sent.length / DOUBLE_BYTES)
}

const DOUBLE_BYTES = 8

/** Those of these entries that are open. */
export async function openAmong(
  tx: TransactionSql,
  trust: string,
  ids: readonly number[],
): Promise<readonly number[]> {
  if (ids.length === 0) return []
  const rows = await tx<{ id: number }[]>`
    select id from entry where id = any(${[...ids]}::bigint[]) and trust = ${trust} and state = 'open' order by id`
  return rows.map(({ id }) => id)
}

/** The trust's open entries as others see them: without what a delivery that is under way has done. */
export async function openCount(db: Database, trust: string): Promise<number> {
  const [row] = await db.read(
    SYSTEM,
    (one) => one<{ open: number }[]>`
      select count(*)::int as open from entry where trust = ${trust} and state = 'open'`,
  )
  return row?.open ?? 0
}

const SYSTEM = { kind: 'system', name: 'feeds' } as const

/**
 * Closes entries, keeping their facts. The hash is emptied so that the same facts coming again open the entry again.
 * Entries told of by a later extract stay. [FEED-10, FEED-13]
 * @returns ids closed
 */
export async function closeEntries(
  tx: TransactionSql,
  ids: readonly number[],
  reason: string,
  context: MergeContext,
): Promise<readonly number[]> {
  if (ids.length === 0) return []
  const rows = await tx<{ id: number }[]>`
    update entry set state = 'closed', closed_reason = ${reason}, hash = '', delivery_id = ${context.deliveryId},
      row_number = 0, extract_at = ${context.extractAt}, updated_at = ${context.at}
    where id = any(${[...ids]}::bigint[]) and trust = ${context.trust} and state = 'open'
      and extract_at <= ${context.extractAt}
    returning id`
  return rows.map(({ id }) => id)
}

/** Ids of entries by the trust's own keys, 0 where it has none such. */
export async function entryIdsOf(
  tx: TransactionSql,
  trust: string,
  localIds: readonly string[],
): Promise<readonly number[]> {
  if (localIds.length === 0) return []
  const rows = await tx<{ id: number }[]>`
    select coalesce(e.id, 0) as id from unnest(${[...localIds]}::text[]) with ordinality as given (local_id, place)
    left join lateral (
      select id from entry where trust = ${trust} and local_id = given.local_id limit 1
    ) e on true order by place`
  return rows.map(({ id }) => id)
}

/** Ids of entries that records of these keys may be of: by the key, or by the pathway identifier it is. [FEED-25] */
export async function entryIdsNamed(
  tx: TransactionSql,
  trust: string,
  keys: readonly string[],
): Promise<readonly number[]> {
  if (keys.length === 0) return []
  // Of `trust` an expression, or the server may walk through all of the trust instead of looking the pathway up.
  const rows = await tx<{ id: number }[]>`
    select id from entry where trust = ${trust} and local_id = any(${[...keys]}::text[])
    union select id from entry where trust || '' = ${trust} and pathway_key = any(${[...keys]}::text[])`
  return rows.map(({ id }) => id)
}

/** What became of the records that named a pathway to be removed. */
export interface RemovedByName {
  readonly closed: readonly number[]
  /** Records whose pathway was closed before, or told of by a later extract. */
  readonly closedBefore: number
  readonly unknown: number
}

/** Closes the pathways that a delivery names for removal; a key that the trust never sent is refused. [FEED-9] */
export async function removeNamed(
  tx: TransactionSql,
  removals: readonly { readonly rowNumber: number; readonly localId: string }[],
  context: MergeContext,
  issues: IssueBook,
): Promise<RemovedByName> {
  if (removals.length === 0) return { closed: [], closedBefore: 0, unknown: 0 }
  const keys = removals.map(({ localId }) => localId)
  const ids = await entryIdsOf(tx, context.trust, keys)
  let unknown = 0
  for (const [place, { rowNumber, localId }] of removals.entries()) {
    if (ids[place] !== 0) continue
    unknown += 1
    issues.add(
      rowIssue(rowNumber, localId.slice(0, 64), {
        field: 'localId',
        code: 'FEED-9',
        message: 'There is no pathway of this key to remove.',
        fix: 'Check the key; it is the localId under which the pathway was sent.',
      }),
    )
  }
  const known = ids.filter((id) => id !== 0)
  const late = context.snapshotAt !== null && context.snapshotAt > context.extractAt
  const closed = late ? [] : await closeEntries(tx, known, 'removed by the trust', context)
  return { closed, closedBefore: known.length - closed.length, unknown }
}
