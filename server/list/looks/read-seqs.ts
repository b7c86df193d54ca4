import { z } from 'zod'
import type { Database } from '../../../db/client.ts'
import { READ_AGAIN } from '../../../db/changes.ts'
import type { ChangeRow } from '../live-entry.ts'
import type { Looks, OwnChange } from './looks.ts'
import { FOLLOWER } from '../read-entries.ts'

/** Who has not looked for longer finds everything new: the log is read no further back at a start. [RNK-17] */
const KEPT_MS = 31 * 24 * 60 * 60 * 1_000

/** Numbers of the last changes as the log has them. */
export interface LastChanges {
  readonly seqOf: (id: number) => number
  /** Those that people made. */
  readonly own: ReadonlyMap<number, OwnChange>
}

/**
 * Numbers of the last changes, so that what is new to somebody is told by numbers and not by instants. [RNK-17]
 *
 * What nobody who is still here has yet to see is not read: an entry not named since the least of their looks, or for
 * a month, gets the number where reading began, and is new to none who looked since.
 * @param now milliseconds since 1970
 */
export async function readSeqs(db: Database, upTo: number, now: number): Promise<LastChanges> {
  return db.scoped(FOLLOWER, async (tx) => {
    const [start] = await tx<{ least: number | null; monthAgo: number | null }[]>`
      select (
        select min(look.seq) from (
          select person_id, seq from list_look union all select person_id, seq from entry_look
        ) look join person p on p.id = look.person_id where p.active
      ) as least, (
        select seq from change_log where at < ${new Date(now - KEPT_MS).toISOString()}
        order by seq desc limit 1
      ) as "monthAgo"
    `
    const floor = Math.min(Math.max(start?.least ?? upTo, start?.monthAgo ?? 0), upTo)
    const rows = await tx<{ id: number; by: string | null; seq: number }[]>`
      select id, payload ->> 'by' as by, max(seq) as seq from change_log, unnest(entry_ids) as id
      where seq > ${floor} and seq <= ${upTo} and kind <> ${READ_AGAIN}
      group by id, payload ->> 'by' order by max(seq)
    `
    const seqs = new Map<number, number>()
    const own = new Map<number, OwnChange>()
    for (const { id, by, seq } of rows) {
      // Of each person only the last change is among these: the one before it is somebody else's.
      if (by === null) own.delete(id)
      else own.set(id, { by, seq, othersSeq: seqs.get(id) ?? floor })
      seqs.set(id, seq)
    }
    return { seqOf: (id) => seqs.get(id) ?? floor, own }
  })
}

const madeBy = z.object({ by: z.string() })

/**
 * Takes in who made the changes among some change-log rows, in their order. To be called before they are applied.
 * @param seqOf number of the last change to an entry before these
 * @returns to whom entries may be new or not new in another way than their numbers say
 */
export function takeOwn(
  rows: readonly ChangeRow[],
  into: Looks,
  seqOf: (id: number) => number | undefined,
): Set<string> {
  const people = new Set<string>()
  const last = new Map<number, number>()
  for (const { seq, kind, entryIds, payload } of rows) {
    if (kind === READ_AGAIN) continue
    const by = payload === null ? null : (madeBy.safeParse(payload).data?.by ?? null)
    for (const id of entryIds) {
      const lastSeq = last.get(id) ?? seqOf(id) ?? 0
      for (const personId of into.changed(id, seq, by, lastSeq)) people.add(personId)
      last.set(id, seq)
    }
  }
  return people
}

/** The last number that each entry among some change-log rows changed with. */
export function changedSeqs(rows: readonly ChangeRow[]): (id: number) => number | undefined {
  const seqs = new Map<number, number>()
  for (const { seq, kind, entryIds } of rows)
    if (kind !== READ_AGAIN) for (const id of entryIds) seqs.set(id, seq)
  return (id) => seqs.get(id)
}
