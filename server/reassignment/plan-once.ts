import { appendChanges } from '../../db/changes.ts'
import type { Database } from '../../db/client.ts'
import { londonDate, type IsoDate } from '../../shared/date.ts'
import { LIVE_STATES } from '../../shared/suggestion.ts'
import { DEFAULT_PLAN_SETTINGS } from '../domain/plan/model.ts'
import { plan } from '../domain/plan/planner.ts'
import type { LiveList } from '../list/live-list.ts'
import { readCapacity } from './capacity.ts'
import type { Leadership } from './leadership.ts'
import {
  lastOwnDays,
  planPatient,
  type PlanContext,
  type StoredRefusal,
  type StoredTransfer,
} from './plan-input.ts'
import { savePlan } from './plan-record.ts'
import { create, expire, withdraw, type Shown } from './suggestion-changes.ts'
import type { TravelMinutes } from './travel.ts'

export interface PlanOptions {
  readonly db: Database
  readonly list: LiveList
  readonly leadership: Leadership
  readonly travel: TravelMinutes
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/**
 * Reads, decides and writes one plan in one fenced transaction; one that finds nothing to change writes nothing.
 * @returns the ids of those who took part
 * @throws LostLeadership when a newer leader exists: nothing was written
 */
export async function planOnce(options: PlanOptions, fence: number): Promise<ReadonlySet<number>> {
  const { db, leadership, list, travel, now } = options
  const today = londonDate(now())
  const lastSeq = list.seq
  const [capacity, known] = await Promise.all([readCapacity(db, today), readKnown(db, today)])
  const startedAt = performance.now()
  const context: PlanContext = { ...known, today, lastOwnDay: lastOwnDays(capacity) }
  const patients = [...list.entries()]
    .filter((entry) => entry.state === 'open')
    .map((entry) => planPatient(entry, context))
  const siteNames = new Map(capacity.map((bucket) => [bucket.site, bucket.siteName]))
  const output = plan({
    today,
    patients,
    capacity: capacity.map((bucket) => ({
      ...bucket,
      free: bucket.slots - bucket.promised,
    })),
    travelMinutes: travel,
    siteName: (site) => siteNames.get(site) ?? site,
    shown: known.shown.map((one) => ({
      ...one,
      answered: one.state !== 'suggested' && one.state !== 'referrerReview',
      underWay: one.state === 'mdsSent' || one.state === 'received',
    })),
    settings: DEFAULT_PLAN_SETTINGS,
  })
  const tookMs = performance.now() - startedAt

  await db.scoped({ kind: 'system', name: 'planner' }, async (tx) => {
    await leadership.assertFence(tx, fence)
    const at = new Date(now()).toISOString()
    // time first: what ran out says so, rather than that its slot has gone
    const expired = await expire(tx, today, at)
    const withdrawn = await withdraw(tx, output, at)
    const ended = new Set([...expired, ...withdrawn].map((one) => one.id))
    const created = await create(tx, {
      output,
      capacity,
      list,
      order: patients.map((patient) => patient.id),
      shown: known.shown.filter((one) => !ended.has(one.id)),
      at,
    })
    const touched = [...expired, ...withdrawn, ...created]
    const newPlan = await savePlan(tx, { output, fence, lastSeq, tookMs, at })
    if (touched.length === 0 && !newPlan) return
    await appendChanges(
      tx,
      [
        ...(touched.length === 0
          ? []
          : [
              {
                topic: 'suggestions' as const,
                kind: 'suggestions',
                entryIds: touched.map((one) => one.entryId),
                payload: { ids: touched.map((one) => one.id) },
              },
            ]),
        ...(newPlan ? [{ topic: 'capacity' as const, kind: 'plan', payload: {} }] : []),
      ],
      at,
    )
  })
  return new Set(patients.map((patient) => patient.id))
}

/** What the database knows beyond the list: live suggestions, refusals, agreed moves, main sites. */
async function readKnown(
  db: Database,
  today: IsoDate,
): Promise<Omit<PlanContext, 'today' | 'lastOwnDay'> & { readonly shown: readonly Shown[] }> {
  return db.scoped({ kind: 'system', name: 'planner' }, async (tx) => {
    const shown = await tx<Shown[]>`
      select id, entry_id as "patientId", capacity_id as "capacityId", slot_held as "slotHeld", state,
        from_trust as "fromTrust"
      from suggestion where state = any(${[...LIVE_STATES]})`
    const refusals = await tx<StoredRefusal[]>`
      select s.entry_id as "entryId", a.side, a.reason_code as "reasonCode", s.to_trust as "toTrust", s.step, s.day
      from suggestion_answer a join suggestion s on s.id = a.suggestion_id where a.answer = 'no'`
    const transfers = await tx<StoredTransfer[]>`
      select entry_id as "entryId", step, day from transfer where day >= ${today}`
    const sites = await tx<{ organisation: string; code: string }[]>`
      select distinct on (organisation) organisation, code from site where closed_on is null order by organisation, code`
    return {
      shown,
      refusals: byEntry(refusals),
      transfers: byEntry(transfers),
      mainSiteOf: new Map(sites.map((row) => [row.organisation, row.code])),
    }
  })
}

function byEntry<T extends { readonly entryId: number }>(rows: readonly T[]): Map<number, T[]> {
  const grouped = new Map<number, T[]>()
  for (const row of rows) {
    const known = grouped.get(row.entryId)
    if (known === undefined) grouped.set(row.entryId, [row])
    else known.push(row)
  }
  return grouped
}
