import type { Database } from '../../db/client.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import type { StandardsQuery } from '../../shared/measures.ts'
import type { Standard, Step } from '../../shared/vocabulary.ts'
import type { SlotTotal } from '../domain/measure/balance.ts'

/** Totals over everybody: no row of a person leaves this folder. */
const MEASURES = { kind: 'system', name: 'measures' } as const

export interface StopRow {
  readonly standard: Standard
  readonly month: string
  readonly code: string
  readonly total: number
  readonly breaches: number
}

/** Clocks stopped, summed by standard, month and group. [MEA-1] */
export function readStops(
  db: Database,
  query: Pick<StandardsQuery, 'standard' | 'trust' | 'tumour' | 'route' | 'by'>,
  from: string,
  to: string,
): Promise<StopRow[]> {
  return db.scoped(MEASURES, async (tx) => {
    const code = query.by === 'none' ? tx`''` : tx`c.${tx(query.by)}`
    const where = (column: string, value: string | undefined) =>
      value === undefined ? tx`` : tx`and c.${tx(column)} = ${value}`
    const rows = await tx<StopRow[]>`
      select c.standard, to_char(c.stopped_on, 'YYYY-MM') as month, ${code} as code,
        sum(c.share)::float8 as total, sum(c.breach_share)::float8 as breaches
      from clock_stop c
      where c.stopped_on >= ${`${from}-01`}::date
        and c.stopped_on < ${`${to}-01`}::date + interval '1 month'
        ${where('standard', query.standard)} ${where('trust', query.trust)}
        ${where('tumour', query.tumour)} ${where('route', query.route)}
      group by 1, 2, 3 order by 1, 2, 3`
    return [...rows]
  })
}

/** One side of a queue in one week: people, by the Monday the week began on. */
export interface FlowRow {
  readonly code: string
  readonly weekFrom: IsoDate
  readonly people: number
}

/**
 * Clocks of one standard that stopped, by week: of the stop (`departures`) and of the start (`starts`, those stopped
 * since). [MEA-6]
 * @param from a Monday; `until` a later Monday, not included
 */
export function readFlow(
  db: Database,
  of: {
    readonly standard: 'fds28' | 'dtt31'
    readonly by: 'trust' | 'tumour'
    readonly trust: string | undefined
    readonly tumour: string | undefined
  },
  from: IsoDate,
  until: IsoDate,
): Promise<{ departures: FlowRow[]; starts: FlowRow[] }> {
  return db.scoped(MEASURES, async (tx) => {
    const where = (column: string, value: string | undefined) =>
      value === undefined ? tx`` : tx`and c.${tx(column)} = ${value}`
    const which = tx`c.standard = ${of.standard} ${where('trust', of.trust)} ${where('tumour', of.tumour)}`
    const departures = await tx<FlowRow[]>`
      select c.${tx(of.by)} as code, date_trunc('week', c.stopped_on)::date as "weekFrom",
        sum(c.share)::float8 as people
      from clock_stop c
      where ${which} and c.stopped_on >= ${from} and c.stopped_on < ${until}
      group by 1, 2`
    const start = of.standard === 'fds28' ? tx`e.received_on` : tx`(e.facts ->> 'dttOn')::date`
    const starts = await tx<FlowRow[]>`
      select c.${tx(of.by)} as code, date_trunc('week', ${start})::date as "weekFrom",
        sum(c.share)::float8 as people
      from clock_stop c join entry e on e.id = c.entry_id
      where ${which} and c.stopped_on >= ${from} and ${start} >= ${from} and ${start} < ${until}
      group by 1, 2`
    return { departures: [...departures], starts: [...starts] }
  })
}

/** Slots from `from` up to and without `until`, by trust and step. [MEA-5] */
export function readSlots(
  db: Database,
  trust: string | undefined,
  from: IsoDate,
  until: IsoDate,
): Promise<SlotTotal[]> {
  return db.scoped(MEASURES, async (tx) => {
    const rows = await tx<(Omit<SlotTotal, 'step'> & { step: Step })[]>`
      select s.organisation as trust, c.step, sum(c.slots)::int as slots,
        coalesce(sum(c.slots) filter (where c.open_to_alliance), 0)::int as "openSlots",
        sum(c.promised)::int as promised
      from capacity c join site s on s.code = c.site
      where c.day >= ${from} and c.day < ${until}
        ${trust === undefined ? tx`` : tx`and s.organisation = ${trust}`}
      group by 1, 2`
    return [...rows]
  })
}

/** Names of trusts that are not closed. */
export async function readTrusts(db: Database): Promise<ReadonlyMap<string, string>> {
  const rows = await db.sql<{ code: string; name: string }[]>`
    select code, name from organisation where kind = 'trust' order by code`
  return new Map(rows.map(({ code, name }) => [code, name]))
}

export interface ClosedPathway {
  readonly trust: string
  readonly facts: EntryFacts
  readonly leftOn: IsoDate | null
}

/**
 * Closed pathways that a weekly return may still count: with a date after `after`, or no longer reported since.
 * [MEA-4]
 */
export function readClosed(
  db: Database,
  trust: string | undefined,
  after: IsoDate,
): Promise<ClosedPathway[]> {
  return db.scoped(MEASURES, async (tx) => {
    const rows = await tx<ClosedPathway[]>`
      select e.trust, e.facts,
        case when e.closed_reason = 'no longer reported'
          then (e.updated_at at time zone 'Europe/London')::date end as "leftOn"
      from entry e
      where e.state = 'closed'
        ${trust === undefined ? tx`` : tx`and e.trust = ${trust}`}
        and (greatest(e.received_on::text, e.facts ->> 'firstSeenOn', e.facts ->> 'toldOn',
            e.facts ->> 'treatedOn', e.facts ->> 'closedOn') > ${after}
          or (e.closed_reason = 'no longer reported'
            and e.updated_at > ${after}::date::timestamp at time zone 'Europe/London'))`
    return [...rows]
  })
}

/**
 * When each trust's last whole delivery was extracted. A return whose Sunday is later is missing. [MEA-4]
 */
export async function readLastExtracts(db: Database): Promise<ReadonlyMap<string, IsoDate>> {
  const rows = await db.scoped(
    MEASURES,
    (tx) => tx<{ trust: string; extractOn: IsoDate }[]>`
      select trust, (max(extract_at) at time zone 'Europe/London')::date as "extractOn"
      from delivery where state = 'done' and not dry_run and not sandbox group by trust`,
  )
  return new Map(rows.map(({ trust, extractOn }) => [trust, extractOn]))
}
