import type { Database } from '../../db/client.ts'
import { READ_AGAIN } from '../../db/changes.ts'
import type { ChangeRow } from './live-entry.ts'
import { FOLLOWER } from './read-entries.ts'

/**
 * Numbers of the last changes, so that what is new to somebody is told by numbers and not by instants. [RNK-17]
 *
 * What nobody who is still here has yet to see is not read: an entry not named since the least of their looks gets
 * the number of that look, and is new to none of them.
 */
export async function readSeqs(db: Database, upTo: number): Promise<(id: number) => number> {
  return db.scoped(FOLLOWER, async (tx) => {
    const [least] = await tx<{ seq: number | null }[]>`
      select min(look.seq) as seq from (
        select person_id, seq from list_look union all select person_id, seq from entry_look
      ) look join person p on p.id = look.person_id where p.active
    `
    const floor = Math.min(least?.seq ?? upTo, upTo)
    const rows = await tx<{ id: number; seq: number }[]>`
      select id, max(seq) as seq from change_log, unnest(entry_ids) as id
      where seq > ${floor} and seq <= ${upTo} and kind <> ${READ_AGAIN} group by id
    `
    const seqs = new Map(rows.map(({ id, seq }) => [id, seq]))
    return (id) => seqs.get(id) ?? floor
  })
}

/** The last number that each entry among some change-log rows changed with. */
export function changedSeqs(rows: readonly ChangeRow[]): (id: number) => number | undefined {
  const seqs = new Map<number, number>()
  for (const { seq, kind, entryIds } of rows)
    if (kind !== READ_AGAIN) for (const id of entryIds) seqs.set(id, seq)
  return (id) => seqs.get(id)
}
