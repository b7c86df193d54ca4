import type { TransactionSql } from '../../../db/client.ts'
import type { DeliveryCounts, Issue } from '../../../shared/delivery.ts'
import type { SlotDays } from '../../reassignment/capacity/capacity.ts'
import type { CapacityFile, CapacityRow } from '../formats/capacity-row.ts'
import { rowIssue } from '../formats/format.ts'

const MOST_DAYS = 400

/** What of a capacity file goes in, and what was wrong with the rest. */
export interface Judged {
  readonly buckets: readonly SlotDays[]
  readonly counts: DeliveryCounts
  readonly issues: readonly Issue[]
}

interface StoredDay {
  readonly site: string
  readonly step: string
  readonly day: string
  readonly promised: number
  readonly terms: string
}

/** Holds each row against the trust's sites, today, and what is promised already. [FEED-80] */
export async function judgeCapacity(
  tx: TransactionSql,
  trust: string,
  file: CapacityFile,
  today: string,
): Promise<Judged> {
  const sites = [...new Set(file.rows.map(({ site }) => site))]
  const own = new Set(
    (await tx<{ code: string }[]>`select code from site where organisation = ${trust}`).map(
      ({ code }) => code,
    ),
  )
  const stored = await tx<StoredDay[]>`
    select site, step, day::text as day, promised, jsonb_build_array(slots, open_to_alliance,
      coalesce(to_jsonb(tumours), '[]'), notice_days, coalesce(limits, '{}'))::text as terms
    from capacity where site = any(${sites}::text[]) and day >= ${today}::date for update`
  const before = new Map(stored.map((one) => [`${one.site} ${one.step} ${one.day}`, one]))
  const issues = [...file.issues]
  const buckets = new Map<
    string,
    { site: string; step: SlotDays['step']; days: SlotDays['days'][number][] }
  >()
  const counts = { read: 0, unchanged: 0, changed: 0, added: 0, refused: file.refused }
  for (const row of file.rows) {
    const was = before.get(`${row.site} ${row.step} ${row.day.day}`)
    const bucket = buckets.get(`${row.site} ${row.step}`) ?? {
      site: row.site,
      step: row.step,
      days: [],
    }
    const wrong = wrongRow(row, { own, today, was, days: bucket.days.length })
    if (wrong !== null) {
      counts.refused += row.records
      issues.push(rowIssue(row.rowNumber, '', wrong))
      continue
    }
    counts[was === undefined ? 'added' : sameTerms(row, was) ? 'unchanged' : 'changed'] +=
      row.records
    bucket.days.push(row.day)
    buckets.set(`${row.site} ${row.step}`, bucket)
  }
  const accepted = counts.unchanged + counts.changed + counts.added
  return {
    buckets: [...buckets.values()],
    issues: issues.toSorted((a, b) => a.rowNumber - b.rowNumber),
    counts: { ...counts, read: accepted + counts.refused, accepted, removed: 0 },
  }
}

function wrongRow(
  { site, day }: CapacityRow,
  against: {
    readonly own: ReadonlySet<string>
    readonly today: string
    readonly was: StoredDay | undefined
    readonly days: number
  },
): Pick<Issue, 'field' | 'code' | 'message' | 'fix'> | null {
  if (!against.own.has(site)) {
    return {
      field: 'site',
      code: 'FEED-80',
      message: 'The site is none of this trust.',
      fix: 'Check the ODS site code.',
    }
  }
  if (day.day < against.today) {
    return {
      field: 'day',
      code: 'FEED-80',
      message: 'The day is past.',
      fix: `Send slots for ${against.today} or later.`,
    }
  }
  if (against.days >= MOST_DAYS) {
    return {
      field: 'day',
      code: 'FEED-80',
      message: `More than ${MOST_DAYS} days of one step at one site.`,
      fix: 'Send the nearer days.',
    }
  }
  if ((against.was?.promised ?? 0) > day.slots) {
    return {
      field: 'slots',
      code: 'CAP-3',
      message: 'More slots are promised than offered.',
      fix: 'Withdraw a suggestion first, or keep the number.',
    }
  }
  return null
}

function sameTerms({ day }: CapacityRow, was: StoredDay): boolean {
  const terms = [day.slots, day.openToAlliance, day.tumours ?? [], day.noticeDays, day.limits ?? {}]
  return canonical(terms) === canonical(JSON.parse(was.terms))
}

/** JSON with the members of objects in order. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    part !== null && typeof part === 'object' && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )
}
