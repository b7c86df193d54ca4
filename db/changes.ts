import type { Topic } from '../shared/vocabulary.ts'
import type { TransactionSql } from './connection.ts'

/** What `jsonb` holds. */
export type Json =
  string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined }

export interface Change {
  readonly topic: Topic
  readonly kind: string
  /** Entries to read again. More than 2,000 become several rows. */
  readonly entryIds?: readonly number[]
  readonly payload?: Json
}

export const CHANGE_CHANNEL = 'ptl_change'
/** Kind of a row whose entries are to be read again though nothing that people are told of them changed. */
export const READ_AGAIN = 'readAgain'
const ENTRIES_PER_ROW = 2_000

/**
 * Writes rows to the change log and rings the doorbell; to be called LAST in a writing transaction.
 *
 * The numbers are given under the row lock of `change_clock`, kept until commit: they have no holes, and
 * no reader can pass a number that commits late. Everything before this call runs unserialised.
 * @param at instant of the change, ISO 8601
 * @returns the last number given; the number before it all when `rows` is empty
 */
export async function appendChanges(
  tx: TransactionSql,
  rows: readonly Change[],
  at: string,
): Promise<number> {
  const split = rows.flatMap(splitEntries)
  const document = JSON.stringify(
    split.map((row) => ({
      topic: row.topic,
      kind: row.kind,
      // As the text of an array, which the server reads five times as fast as one of JSON; the clock is locked meanwhile.
      entry_ids: row.entryIds === undefined ? null : `{${row.entryIds.join()}}`,
      payload: row.payload ?? null,
    })),
  )
  const [last] = await tx<{ lastSeq: number }[]>`
    with clock as (
      update change_clock set last_seq = last_seq + ${split.length} where id = 1 returning last_seq
    ), written as (
      insert into change_log (seq, at, topic, kind, entry_ids, payload)
      select clock.last_seq - ${split.length} + given.position, ${at}, given.topic, given.kind,
        given.entry_ids::bigint[], given.payload
      from clock, rows from (
        jsonb_to_recordset(${document}::text::jsonb)
          as (topic text, kind text, entry_ids text, payload jsonb)
      ) with ordinality as given (topic, kind, entry_ids, payload, position)
    )
    select last_seq as "lastSeq", pg_notify(${CHANGE_CHANNEL}, last_seq::text) from clock
  `
  if (last === undefined) throw new Error('change_clock has no row: was the database migrated?')
  return last.lastSeq
}

function splitEntries(row: Change): Change[] {
  const ids = row.entryIds ?? []
  if (ids.length <= ENTRIES_PER_ROW) return [row]
  const parts: Change[] = []
  for (let from = 0; from < ids.length; from += ENTRIES_PER_ROW) {
    parts.push({ ...row, entryIds: ids.slice(from, from + ENTRIES_PER_ROW) })
  }
  return parts
}
