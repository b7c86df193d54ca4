import { stringify } from 'csv-stringify/sync'
import type { Database, TransactionSql } from '../../../db/client.ts'
import type { Json } from '../../../db/changes.ts'
import { nhsHashes, unsealIdentity } from '../identity/seal.ts'
import type { IdentityKeys, SealedBytes } from '../identity/seal.ts'

const SYSTEM = { kind: 'system', name: 'subject access' } as const

/** All that is held on one person, pathway by pathway, and who has looked at it. [IG-11] */
export interface SubjectAccess {
  readonly madeAt: string
  readonly pathways: readonly (Readonly<Record<string, Json>> & { readonly entryId: number })[]
}

/** The pathways of a person, under whichever key their number was hashed. */
export async function pathwaysOf(
  tx: TransactionSql,
  keys: IdentityKeys,
  nhsNumber: string,
): Promise<number[]> {
  const hashes = nhsHashes(nhsNumber, keys).map((hash) => hash.toString('hex'))
  const rows = await tx<{ id: number }[]>`
    select entry_id as id from identity
    where nhs_hash in (select decode(hash, 'hex') from unnest(${hashes}::text[]) hash) order by entry_id
  `
  return rows.map((row) => row.id)
}

/**
 * Each table that has something on a pathway, and what of it is told. A table with an `entry_id` that is not here
 * fails a test, so that nobody forgets one.
 */
export const HELD: Readonly<Record<string, string>> = {
  entry_version:
    'select version, at, state, closed_reason, facts from entry_version where entry_id = $1 order by version',
  note: 'select at, organisation, body from note where entry_id = $1 order by id',
  action:
    'select at, organisation, body, owner, due_on, escalated, done_at from action where entry_id = $1 order by id',
  priority_override:
    'select at, organisation, tier, reason, ends_on from priority_override where entry_id = $1 order by id',
  clock_stop:
    'select standard, trust, stopped_on, wait_days, in_time, share, breach_share from clock_stop where entry_id = $1',
  suggestion: `select s.created_at, s.from_trust, s.to_trust, s.to_site, s.step, s.day, s.state, s.closed_reason,
    (select jsonb_agg(jsonb_build_object('side', side, 'answer', answer, 'reasonCode', reason_code, 'note', note,
      'organisation', organisation, 'at', at)) from suggestion_answer where suggestion_id = s.id) as answers
    from suggestion s where s.entry_id = $1 order by s.created_at`,
  transfer:
    'select agreed_at, from_trust, to_trust, to_site, step, day, sent_on, received_on from transfer where entry_id = $1',
  link_decision:
    'select at, organisation, decision, reason from link_decision where $1 in (entry_id, other_id) order by id',
  acknowledgement: 'select at, organisation from acknowledgement where entry_id = $1',
  /** When staff last looked at the row: by role and organisation, as below. */
  entry_look: `select l.at, p.organisation, p.role from entry_look l join person p on p.id = l.person_id
    where l.entry_id = $1 order by l.at`,
  break_glass:
    'select at, ends_at, organisation, role, reason, outcome from break_glass where entry_id = $1',
  mutual_aid:
    'select asked_at, ended_at, trust, to_trust, state from mutual_aid where entry_id = $1 order by asked_at',
  /** Who looked: by role and organisation, for the names of staff are theirs. */
  audit: `select at, organisation, role, action, reason from audit where subject ~ ('^entr(y|ies):(.*,)?' || $1::bigint || '(,|$)') order by id`,
}

/** Collects all of it. Nothing is written: the reading itself is audited by whoever asks. */
export async function subjectAccess(
  db: Database,
  keys: IdentityKeys,
  nhsNumber: string,
  at: string,
): Promise<SubjectAccess> {
  return db.scoped(SYSTEM, async (tx) => {
    const pathways = []
    for (const entryId of await pathwaysOf(tx, keys, nhsNumber)) {
      const [entry] = await tx<(SealedBytes & { trust: string; organisations: string[] })[]>`
        select e.trust, e.organisations, i.key_id as "keyId", i.sealed
        from entry e join identity i on i.entry_id = e.id where e.id = ${entryId}
      `
      if (entry === undefined) continue
      const held: Record<string, Json> = {}
      for (const [table, query] of Object.entries(HELD))
        held[table] = JSON.parse(JSON.stringify(await tx.unsafe(query, [entryId]))) as Json
      const { trust, organisations, ...sealed } = entry
      pathways.push({
        entryId,
        trust,
        organisations,
        identity: { ...unsealIdentity(sealed, keys) },
        ...held,
      })
    }
    return { madeAt: at, pathways }
  })
}

/** The same as lines of pathway, section, record, field and value, for whoever has a spreadsheet and no program. */
export function subjectAccessCsv(found: SubjectAccess): string {
  const lines: (string | number)[][] = [['pathway', 'section', 'record', 'field', 'value']]
  for (const { entryId, ...sections } of found.pathways) {
    for (const [section, held] of Object.entries(sections)) {
      const records: readonly Json[] = Array.isArray(held) ? (held as readonly Json[]) : [held]
      for (const [index, record] of records.entries()) {
        for (const [field, value] of fieldsOf(record))
          lines.push([
            entryId,
            section,
            index + 1,
            field,
            typeof value === 'string' ? value : JSON.stringify(value),
          ])
      }
    }
  }
  return `\ufeff${stringify(lines, { escape_formulas: true, record_delimiter: 'windows' })}`
}

function* fieldsOf(record: Json, prefix = ''): Generator<readonly [string, Json]> {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    if (record !== null) yield [prefix === '' ? 'value' : prefix, record]
    return
  }
  for (const [name, value] of Object.entries(record)) {
    if (value !== undefined) yield* fieldsOf(value, prefix === '' ? name : `${prefix}.${name}`)
  }
}
