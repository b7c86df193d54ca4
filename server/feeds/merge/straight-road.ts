import type { TransactionSql } from '../../../db/client.ts'
import { copyRows } from '../../../db/copy.ts'
import { LOADED_ENTRY_COLUMNS, asLoader } from '../../../db/loader-role.ts'
import { wholeCopy } from './copy-rows.ts'
import type { Road, RoadOptions } from './road.ts'
import type { StraightCopies } from './straight-rows.ts'
import { ENTRY_STOP_COLUMNS, IDENTITY_COLUMNS, openStraightRows } from './straight-rows.ts'

/**
 * Rows whose identities and stopped clocks may wait for those of further rows: each COPY costs two answers of the server,
 * for which it stands still.
 */
const ROWS_BEHIND = 12_000

/**
 * Straight into the tables, for the first records of a trust: all are new, nothing is held against anything, and no row
 * is written twice. Only where the service may act as the loader. [IG-16]
 */
export function openStraightRoad(options: RoadOptions): Road {
  const { tx, merge } = options
  const rows = openStraightRows(options, merge)
  let behind = 0
  let identities: Buffer[] = []
  let stops: Buffer[] = []
  return {
    add: (entry) => rows.add(entry),
    part() {
      const { rowNumbers, numbered } = rows.take()
      return async () => {
        const taken = takeIds(tx, rowNumbers.length)
        // Told by the copy, which asks for them.
        taken.catch(() => undefined)
        await asLoader(tx, merge.trust, async () => {
          await copyRows(tx, `entry (${LOADED_ENTRY_COLUMNS})`, entriesOf(taken, numbered), BINARY)
          behind += rowNumbers.length
          if (behind >= ROWS_BEHIND) await copyBehind()
        })
        const entryIds = await taken
        return { rowNumbers, entryIds, verdicts: 'a'.repeat(entryIds.length) }
      }
    },
    async rest() {
      if (behind > 0) await asLoader(tx, merge.trust, copyBehind)
    },
  }

  /** Asked for the numbers and for the copy in one go: the rows follow as soon as both have been answered. */
  async function* entriesOf(
    taken: Promise<readonly number[]>,
    numbered: (ids: readonly number[]) => StraightCopies,
  ): AsyncGenerator<Buffer> {
    const copies = numbered(await taken)
    identities.push(...copies.identities)
    stops.push(...copies.stops)
    yield* wholeCopy(copies.entries)
  }

  /** Entries are in by now: these are of them. */
  async function copyBehind(): Promise<void> {
    if (identities.length > 0)
      await copyRows(tx, `identity (${IDENTITY_COLUMNS})`, wholeCopy(identities), BINARY)
    if (stops.length > 0)
      await copyRows(tx, `clock_stop (${ENTRY_STOP_COLUMNS})`, stops, { deadlineMs: null })
    behind = 0
    identities = []
    stops = []
  }
}

const BINARY = { format: 'binary', deadlineMs: null } as const

/** As many numbers of entries to be as there are rows. One behind another, they come back as their first. */
async function takeIds(tx: TransactionSql, count: number): Promise<readonly number[]> {
  const asked = tx<{ lowest: number; ids: number[] | null }[]>`
    select min(id) as lowest, case when max(id) - min(id) + 1 > count(*) then array_agg(id) end as ids
    from (select nextval('entry_id_seq'::regclass) as id from generate_series(1, ${count})) taken`
  // Sent before the loader's role is taken on, which may take none.
  const [row] = await asked.execute()
  if (row === undefined) throw new Error('the numbers did not come back')
  const { lowest, ids } = row
  return ids ?? Array.from({ length: count }, (_, at) => lowest + at)
}
