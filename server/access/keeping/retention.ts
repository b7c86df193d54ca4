import type { Database } from '../../../db/client.ts'
import type { Retention } from '../../../shared/governance.ts'

const SYSTEM = { kind: 'system', name: 'retention' } as const
const CUTS_SHOWN = 100

/** How long what is kept is kept. */
export interface RetentionRule {
  /** Of pathways, from their last change once closed. */
  readonly years: number
  /** Of events of the audit. */
  readonly auditYears: number
}

type Kept = Omit<Retention['closedPathways'], 'years'>

/** Something overdue for more than a day says that the daily work does not run. [IG-12, IG-13] */
export async function readRetention(
  db: Database,
  rule: RetentionRule,
  nowMs: number,
): Promise<Retention> {
  const at = new Date(nowMs).toISOString()
  return db.scoped(SYSTEM, async (tx) => {
    const [pathways] = await tx<Kept[]>`
      select count(*)::int as held, min(updated_at) as "oldestAt",
        count(*) filter (where updated_at < ${at}::timestamptz - make_interval(years => ${rule.years}))::int as overdue
      from entry where state = 'closed' and local_id not like 'erased-%'`
    const [events] = await tx<Kept[]>`
      select count(*)::int as held, min(at) as "oldestAt",
        count(*) filter (where at < ${at}::timestamptz - make_interval(years => ${rule.auditYears}))::int as overdue
      from audit`
    const cuts = await tx<{ at: string; rule: string; events: number }[]>`
      select at, rule, events from audit_cut order by through_id desc limit ${CUTS_SHOWN}`
    const none = { held: 0, oldestAt: null, overdue: 0 }
    return {
      closedPathways: { years: rule.years, ...(pathways ?? none) },
      auditEvents: { years: rule.auditYears, ...(events ?? none) },
      cuts: [...cuts],
    }
  })
}
