import { stringify } from 'csv-stringify/sync'
import type { Database, Scope } from '../../../db/client.ts'
import type { AuditLine } from '../../../shared/governance.ts'

export interface AuditFilter {
  /** Instants; `to` is not among them. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly action?: string | undefined
  readonly subject?: string | undefined
  readonly personId?: string | undefined
  /** Part of the name of whoever did it, small and capital letters alike. */
  readonly by?: string | undefined
  /** A pathway: also where several were touched at once. */
  readonly entryId?: number | undefined
}

/** Oldest first from after an id, or newest first from before one. */
export type AuditPage =
  | { readonly after: number; readonly limit: number }
  | { readonly before: number | null; readonly limit: number }

const LINES_A_READ = 5_000
const COLUMNS = [
  'id',
  'at',
  'personId',
  'by',
  'organisation',
  'role',
  'action',
  'subject',
  'reason',
  'requestId',
  'address',
  'hash',
] as const

/** A page of the events, as row-level security shows them to whoever asks. */
export async function readAudit(
  db: Database,
  scope: Scope,
  filter: AuditFilter,
  page: AuditPage,
): Promise<AuditLine[]> {
  const { from = null, to = null, action = null, subject = null, personId = null } = filter
  const { by = null, entryId = null } = filter
  const after = 'after' in page ? page.after : 0
  const before = 'after' in page ? null : page.before
  const rows = await db.scoped(
    scope,
    (tx) => tx<AuditLine[]>`
      select a.id, a.at, a.person_id as "personId", p.name as by, a.organisation, a.role, a.action, a.subject,
        a.reason, a.request_id as "requestId", a.address, encode(a.hash, 'hex') as hash
      from audit a left join person p on p.id = a.person_id
      where a.id > ${after} and (${before}::bigint is null or a.id < ${before})
        and (${from}::timestamptz is null or a.at >= ${from}) and (${to}::timestamptz is null or a.at < ${to})
        and (${action}::text is null or a.action = ${action})
        and (${subject}::text is null or a.subject = ${subject})
        and (${personId}::uuid is null or a.person_id = ${personId})
        and (${by}::text is null or strpos(lower(p.name), lower(${by})) > 0)
        and (${entryId}::bigint is null or a.subject ~ ('^entr(y|ies):(.*,)?' || ${entryId}::bigint || '(,|$)'))
      order by a.id ${'after' in page ? tx`asc` : tx`desc`} limit ${page.limit}
    `,
  )
  return [...rows]
}

/** All of them as lines of JSON, or as CSV whose cells no spreadsheet takes for a formula; a part at a time. */
export async function* exportAudit(
  db: Database,
  scope: Scope,
  filter: AuditFilter,
  format: 'csv' | 'ndjson',
): AsyncGenerator<string> {
  if (format === 'csv') yield `\ufeff${asCsv([COLUMNS])}`
  let after = 0
  for (;;) {
    const lines = await readAudit(db, scope, filter, { after, limit: LINES_A_READ })
    const last = lines.at(-1)
    if (last === undefined) return
    after = last.id
    yield format === 'csv'
      ? asCsv(lines.map((line) => COLUMNS.map((column) => line[column])))
      : `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`
  }
}

function asCsv(records: readonly (readonly (string | number | null)[])[]): string {
  return stringify([...records], { escape_formulas: true, record_delimiter: 'windows' })
}
