import type { TransactionSql } from '../../../db/client.ts'
import { CLOCK_AHEAD_MS } from '../merge/extract-time.ts'
import { FORMATS } from '../formats/choose.ts'
import { FACT_NAMES, IDENTITY_NAMES } from '../formats/facts.ts'
import { inOrder } from '../formats/found-facts.ts'
import { NATIONAL_FIELDS } from '../formats/ncwtmds-csv.ts'
import type { EntryUpdate, HeldEntry } from '../formats/update.ts'
import type { WorkingEntry } from './held-entries.ts'

/*
 * A message that comes after a newer whole record. Where only national records were newer, what those have no place for
 * is still news: the pathway comes to what it would be had both come in time. [FEED-24, FEED-54]
 */

/** Whose records may say what messages do. */
const WIDE_FORMATS = [FORMATS.ptl, FORMATS.json, FORMATS.ndjson, FORMATS.fhir].map(
  ({ name }) => name,
)

/**
 * The newest extract time of a delivery of the trust that may have a place for what the late ones among these messages
 * say, '' when there is none. Asked of the database only where one is late.
 */
export async function coveredAt(
  tx: TransactionSql,
  trust: string,
  updates: readonly EntryUpdate[],
  known: readonly WorkingEntry[],
): Promise<string> {
  const wholeAt = known.reduce(
    (latest, entry) => (entry.wholeAt > latest ? entry.wholeAt : latest),
    '',
  )
  const late = updates.map(({ saidAt }) => saidAt).filter((saidAt) => saidAt < wholeAt)
  if (late.length === 0) return ''
  const earliest = late.reduce((a, b) => (a < b ? a : b))
  // No extract is further ahead of its receipt than a clock may be: so few rows are looked at.
  const receivedFrom = new Date(Date.parse(earliest) - CLOCK_AHEAD_MS).toISOString()
  const [row] = await tx<{ at: string | null }[]>`
    select max(extract_at) as at from delivery where trust = ${trust} and received_at >= ${receivedFrom}
      and state = 'done' and not dry_run and not sandbox and format = any(${WIDE_FORMATS}::text[])`
  return row?.at === null || row === undefined ? '' : new Date(row.at).toISOString()
}

/** What a message made of an entry, in the fields that a national record has no place for; the rest as it was. */
export function beyondNational(held: HeldEntry, said: HeldEntry): HeldEntry {
  const facts = new Map<string, unknown>()
  for (const name of FACT_NAMES) {
    const { [name]: value } = NATIONAL_FIELDS.has(name) ? held.facts : said.facts
    if (value !== undefined) facts.set(name, value)
  }
  const identity: Record<string, string> = {}
  for (const name of IDENTITY_NAMES) {
    const { [name]: value } = NATIONAL_FIELDS.has(name) ? held.identity : said.identity
    if (value !== undefined) identity[name] = value
  }
  return { facts: inOrder(facts) ?? held.facts, identity }
}
