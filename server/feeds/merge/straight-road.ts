import { copyRows } from '../../../db/copy.ts'
import { LOADED_ENTRY_COLUMNS, asLoader } from '../../../db/loader-role.ts'
import { openIdBlocks } from './id-blocks.ts'
import type { Road, RoadOptions } from './road.ts'
import type { StraightPart } from './straight-rows.ts'
import { ENTRY_STOP_COLUMNS, IDENTITY_COLUMNS, openStraightRows } from './straight-rows.ts'

/**
 * Straight into the tables, for the first records of a trust: all are new, nothing is held against anything, and no row
 * is written twice. Only where the service may act as the loader. [IG-16]
 * @param mostRows of a part
 */
export async function openStraightRoad(options: RoadOptions, mostRows: number): Promise<Road> {
  const { tx, merge } = options
  const rows = openStraightRows(options, merge)
  const ids = await openIdBlocks(tx, mostRows)
  return {
    add: (entry) => rows.add(entry, ids.next()),
    part() {
      const part = rows.take()
      const filled = ids.fill()
      return async () => {
        await filled()
        await copyPart(part)
        const { rowNumbers, entryIds } = part
        return { rowNumbers, entryIds, verdicts: 'a'.repeat(entryIds.length) }
      }
    },
    ready: () => ids.ready(),
  }

  /** Entries first: the other two are of them. */
  function copyPart(part: StraightPart): Promise<void> {
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
