import type { Database, TransactionSql } from '../../../db/client.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { CodeTable, MappingDone } from '../../../shared/refused-row.ts'
import type { Person } from '../../access/access.ts'
import type { CodeMap } from '../../domain/codes/mappable.ts'
import { codeMap } from '../../domain/codes/mappable.ts'
import { keepCodes, looksLikeCode } from './aside.ts'
import type { Mending, MendingWork } from './mending.ts'
import { eventOf, sendAgain } from './mending.ts'
import { scopeOf, tellQueue } from './refused-rows.ts'
import { COLUMN, hasMeanings, isKnown, isMeaning, meaningsOf } from './vocabulary.ts'

const SYSTEM = { kind: 'system', name: 'feeds' } as const
/** SQLSTATE of a lock not given within the connection's lock timeout. */
const LOCK_NOT_AVAILABLE = '55P03'

/** What a trust means by codes of its own. */
export async function loadCodeMap(tx: TransactionSql, trust: string): Promise<CodeMap> {
  const rows = await tx<{ field: string; from: string; to: string }[]>`
    select field, from_code as "from", to_code as "to" from code_mapping where trust = ${trust}`
  return codeMap(rows)
}

/** Column names of a file refused for them gather with the trust's own codes. [FEED-44] */
export async function noteColumns(
  tx: TransactionSql,
  delivery: { readonly id: string; readonly trust: string; readonly at: string },
  names: readonly string[],
): Promise<void> {
  const columns = [...new Set(names)].map((code) => ({
    field: COLUMN,
    code,
    count: 1,
    rowNumber: 0,
  }))
  await keepCodes(
    tx,
    delivery,
    columns.filter(({ code }) => looksLikeCode(code)),
  )
}

/** Codes of the trust's own that nobody has given a meaning, and those that somebody has. */
export async function codeTable(db: Database, person: Person, trust: string): Promise<CodeTable> {
  return db.scoped(scopeOf(person), async (tx) => {
    const codes = await tx<CodeTable['codes']>`
      select field, code, count, last_seen_at as "lastSeenAt", delivery_id as "deliveryId",
        row_number as "rowNumber"
      from unmapped_code u where trust = ${trust} and not exists (select from code_mapping m
        where m.trust = u.trust and m.field = u.field and m.from_code = u.code)
      order by count desc, field, code limit 500`
    const mappings = await tx<CodeTable['mappings']>`
      select field, from_code as "from", to_code as "to", p.name as "by", m.at
      from code_mapping m join person p on p.id = m.person_id where trust = ${trust} order by field, from_code`
    const fields = new Set([...codes, ...mappings].map(({ field }) => field))
    return { codes: [...codes], mappings: [...mappings], options: meaningsOf(fields) }
  })
}

/**
 * Says what a code means, from the next record on and for the rows that wait; null takes it back. Lines that were read
 * with another meaning are read again. [FEED-44]
 * @throws Refusal `bad-request` for a field without a list, a code that is listed, or a meaning that is not
 */
export async function mapCode(
  mending: Mending,
  work: MendingWork,
  mapping: { readonly field: string; readonly from: string; readonly to: string | null },
): Promise<MappingDone> {
  const { field, from, to } = mapping
  if (!hasMeanings(field)) throw new Refusal('bad-request', 'This field is held against no list.')
  if (isKnown(field, from))
    throw new Refusal('bad-request', 'This code is a listed one and keeps its meaning.')
  if (to !== null && !isMeaning(field, to))
    throw new Refusal('bad-request', 'The meaning is to be a code of the list.')
  const at = new Date(mending.now()).toISOString()
  await mending.db.scoped(SYSTEM, async (tx) => {
    await waitForTurn(tx, work.trust, mapping)
    const before = await tx<{ to: string }[]>`
      delete from code_mapping where trust = ${work.trust} and field = ${field} and from_code = ${from}
      returning to_code as "to"`
    if (to !== null) {
      await tx`
        insert into code_mapping (trust, field, from_code, to_code, person_id, at)
        values (${work.trust}, ${field}, ${from}, ${to}, ${work.person.id}, ${at})`
    }
    // What columns mean is part of how lines are read: another meaning, and all are read again.
    if (field !== COLUMN) {
      for (const { to: meant } of before) await dropLinesMeaning(tx, work.trust, field, meant)
    }
    const action = to === null ? 'codeMapping:remove' : 'codeMapping:set'
    await mending.access.audit(tx, { ...eventOf(work, action, ''), subject: `code:${field}` })
    await tellQueue(tx, work.trust, at)
  })
  // A file with a column nobody knows was refused whole: there is no row of it that waits.
  if (to === null || field === COLUMN) return { resubmitted: 0, taken: 0 }
  return sendAgain(mending, work, field)
}

/** Lines of entries that have this meaning: among them are all that were read by the mapping. [FEED-20] */
async function dropLinesMeaning(
  tx: TransactionSql,
  trust: string,
  field: string,
  meant: string,
): Promise<void> {
  await tx`
    insert into feed_line_dropped (trust, entry_id)
    select ${trust}, id from entry
    where trust = ${trust} and facts ->> ${field} = ${meant}
      and exists (select from feed_snapshot where trust = ${trust})
    on conflict do nothing`
}

/**
 * A delivery under way reads by the old meaning and remembers its lines: a meaning is changed between two deliveries.
 * @throws Refusal `conflict` when the one under way takes longer than a lock is waited for
 */
async function waitForTurn(
  tx: TransactionSql,
  trust: string,
  { field, from }: { readonly field: string; readonly from: string },
): Promise<void> {
  const known = await tx`
    select from code_mapping where trust = ${trust} and field = ${field} and from_code = ${from}`
  if (known.count === 0) return
  await tx`select pg_advisory_xact_lock(hashtextextended(${`ptl feed ${trust}`}, 0))`.catch(
    (cause: unknown) => {
      if (!(cause instanceof Error && 'code' in cause && cause.code === LOCK_NOT_AVAILABLE)) {
        throw cause
      }
      throw new Refusal('conflict', 'A long delivery is coming in. Change the meaning after it.')
    },
  )
}
