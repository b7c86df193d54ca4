import { z } from 'zod'
import { appendChanges } from '../../../db/changes.ts'
import type { Database, Scope, TransactionSql } from '../../../db/client.ts'
import type { ChangeRow } from '../live-entry.ts'
import type { Looks } from './looks.ts'
import { FOLLOWER } from '../read-entries.ts'

const lookChange = z.object({
  personId: z.string(),
  /** Absent: the whole list. */
  entryId: z.number().optional(),
  /** What they looked at, as a number of this log. */
  seq: z.number(),
  /** Milliseconds since 1970. */
  at: z.number(),
})

/** Everybody's looks as the database has them. Applied on top of what is held: nobody unsees. */
export async function readLooks(db: Database, into: Looks): Promise<void> {
  await db.scoped(FOLLOWER, async (tx) => {
    const lists = await tx<{ personId: string; seq: number; at: number }[]>`
      select person_id as "personId", seq, ${milliseconds(tx)} as at from list_look
    `
    for (const { personId, seq, at } of lists) into.sawList(personId, seq, at)
    const entries = await tx<{ personId: string; entryId: number; seq: number }[]>`
      select person_id as "personId", entry_id as "entryId", seq from entry_look
    `
    for (const { personId, entryId, seq } of entries) into.sawEntry(personId, entryId, seq)
  })
}

/** Takes in the looks among some change-log rows. @returns whose */
export function takeLooks(rows: readonly ChangeRow[], into: Looks): Set<string> {
  const people = new Set<string>()
  for (const row of rows) {
    const look = row.kind === 'look' ? lookChange.safeParse(row.payload).data : undefined
    if (look === undefined) continue
    if (look.entryId === undefined) into.sawList(look.personId, look.seq, look.at)
    else into.sawEntry(look.personId, look.entryId, look.seq)
    people.add(look.personId)
  }
  return people
}

/**
 * Writes down that somebody has seen the list, or one entry, as it stood at a number of the change log. [RNK-17]
 * @param entryId null: the whole list; single entries seen before are then forgotten
 * @returns the change-log number of this
 */
export function writeLook(
  db: Database,
  scope: Scope & { readonly kind: 'person' },
  seen: { readonly seq: number; readonly entryId: number | null; readonly now: string },
): Promise<number> {
  const { personId } = scope
  const { seq, entryId, now } = seen
  return db.scoped(scope, async (tx) => {
    const [stood] = await tx<{ at: string; ms: number }[]>`
      select at, ${milliseconds(tx)} as ms from change_log where seq <= ${seq}
      order by seq desc limit 1
    `
    const at = stood?.at ?? now
    const ms = stood?.ms ?? Date.parse(now)
    if (entryId === null) {
      await tx`
        insert into list_look (person_id, at, seq) values (${personId}, ${at}, ${seq})
        on conflict (person_id) do update set at = greatest(list_look.at, excluded.at),
          seq = greatest(list_look.seq, excluded.seq)
      `
      await tx`delete from entry_look where person_id = ${personId} and seq <= ${seq}`
    } else
      await tx`
        insert into entry_look (person_id, entry_id, at, seq)
        values (${personId}, ${entryId}, ${at}, ${seq})
        on conflict (person_id, entry_id) do update set at = greatest(entry_look.at, excluded.at),
          seq = greatest(entry_look.seq, excluded.seq)
      `
    const payload = { personId, seq, at: ms, ...(entryId === null ? {} : { entryId }) }
    return appendChanges(tx, [{ topic: 'list', kind: 'look', payload }], now)
  })
}

function milliseconds(tx: TransactionSql): ReturnType<TransactionSql> {
  return tx`floor(extract(epoch from at) * 1000)::float8`
}
