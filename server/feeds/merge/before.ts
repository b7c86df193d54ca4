import type { TransactionSql } from '../../../db/client.ts'

/** What there is of a trust before a delivery of it. */
export interface Before {
  /** Extract time of the last snapshot; null before the first. */
  readonly snapshotAt: string | null
  /** Neither an entry nor a snapshot. */
  readonly empty: boolean
}

export async function loadBefore(tx: TransactionSql, trust: string): Promise<Before> {
  const [row] = await tx<{ snapshotAt: string | null; empty: boolean }[]>`
    select (select extract_at from feed_snapshot where trust = ${trust}) as "snapshotAt",
      not exists (select from entry where trust = ${trust}) as empty`
  const snapshotAt = row?.snapshotAt ?? null
  return {
    // In the same form as `extractAt`, to compare as text.
    snapshotAt: snapshotAt === null ? null : new Date(snapshotAt).toISOString(),
    empty: snapshotAt === null && row?.empty === true,
  }
}
