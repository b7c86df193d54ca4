import type { TransactionSql } from '../../../db/client.ts'
import { copyRows } from '../../../db/copy.ts'
import { LOADED_ENTRY_COLUMNS, asLoader } from '../../../db/loader-role.ts'
import type { Road, RoadOptions } from './road.ts'
import type { StraightCopies } from './straight-rows.ts'
import { ENTRY_STOP_COLUMNS, IDENTITY_COLUMNS, openStraightRows } from './straight-rows.ts'

/**
 * Straight into the tables, for the first records of a trust: all are new, nothing is held against anything, and no row
 * is written twice. Only where the service may act as the loader. [IG-16]
 */
export function openStraightRoad(options: RoadOptions): Road {
  const { tx, merge } = options
  const rows = openStraightRows(options, merge)
  return {
    add: (entry) => rows.add(entry),
    part() {
      const { rowNumbers, numbered } = rows.take()
      return async () => {
        const entryIds = await takeIds(tx, rowNumbers.length)
        await copyPart(numbered(entryIds))
        return { rowNumbers, entryIds, verdicts: 'a'.repeat(entryIds.length) }
      }
    },
  }

  /** Entries first: the other two are of them. */
  function copyPart(part: StraightCopies): Promise<void> {
    const binary = { format: 'binary', deadlineMs: null } as const
    return asLoader(tx, merge.trust, async () => {
      await copyRows(tx, `entry (${LOADED_ENTRY_COLUMNS})`, part.entries, binary)
      if (part.identities.length > 0) {
        await copyRows(tx, `identity (${IDENTITY_COLUMNS})`, part.identities, binary)
      }
      if (part.stops.length > 0) {
        await copyRows(tx, `clock_stop (${ENTRY_STOP_COLUMNS})`, part.stops, { deadlineMs: null })
      }
    })
  }
}

/** As many numbers of entries to be as there are rows. One behind another, they come back as their first. */
async function takeIds(tx: TransactionSql, count: number): Promise<readonly number[]> {
  const [row] = await tx<{ lowest: number; ids: number[] | null }[]>`
    select min(id) as lowest, case when max(id) - min(id) + 1 > count(*) then array_agg(id) end as ids
    from (select nextval('entry_id_seq'::regclass) as id from generate_series(1, ${count})) taken`
  if (row === undefined) throw new Error('the numbers did not come back')
  const { lowest, ids } = row
  return ids ?? Array.from({ length: count }, (_, at) => lowest + at)
}
