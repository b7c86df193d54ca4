import { stringify } from 'csv-stringify/sync'
import type { Database, Scope } from '../../../db/client.ts'

/** An event as it is shown and exported; the hashes make it possible to prove it elsewhere. */
export interface AuditLine {
  readonly id: number
  readonly at: string
  readonly personId: string | null
  readonly by: string | null
  readonly organisation: string | null
  readonly role: string | null
  readonly action: string
  readonly subject: string
  readonly reason: string | null
  readonly requestId: string | null
  readonly address: string | null
  readonly hash: string
}

export interface AuditFilter {
  /** Instants; `to` is not among them. */
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly action?: string | undefined
  readonly subject?: string | undefined
  readonly personId?: string | undefined
}

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

/** Events after id `after` in order, as row-level security shows them to whoever asks. */
export async function readAudit(
  db: Database,
  scope: Scope,
  filter: AuditFilter,
  page: { readonly after: number; readonly limit: number },
): Promise<AuditLine[]> {
  const { from = null, to = null, action = null, subject = null, personId = null } = filter
  const rows = await db.scoped(
    scope,
    (tx) => tx<AuditLine[]>`
      select a.id, a.at, a.person_id as "personId", p.name as by, a.organisation, a.role, a.action, a.subject,
        a.reason, a.request_id as "requestId", a.address, encode(a.hash, 'hex') as hash
      from audit a left join person p on p.id = a.person_id
      where a.id > ${page.after}
        and (${from}::timestamptz is null or a.at >= ${from}) and (${to}::timestamptz is null or a.at < ${to})
        and (${action}::text is null or a.action = ${action})
        and (${subject}::text is null or a.subject = ${subject})
        and (${personId}::uuid is null or a.person_id = ${personId})
      order by a.id limit ${page.limit}
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
