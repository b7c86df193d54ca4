import type { Database } from '../../../db/client.ts'
import { addDays, londonDate, type IsoDate } from '../../../shared/date.ts'
import { LIVE_STATES } from '../../../shared/suggestion.ts'
import type { PlanPatient } from '../../domain/plan/model.ts'
import type { ListChange, LiveList } from '../../list/live-list.ts'
import { readBuckets, readCapacity, type Bucket } from '../capacity/capacity.ts'
import type { PlanDesk } from './desk.ts'
import { lastOwnDays, planPatient, type PlanContext } from './input.ts'
import { markBuckets, nothing, texts, type Marked } from './marks.ts'
import { readMainSites, readRefusals, readSettings, readShown, readTransfers } from './reads.ts'
import { asShown, offered } from './told.ts'
import type { Shown } from '../suggestions/changes.ts'
import type { TravelTable } from '../travel.ts'

/** Entries worked out in one go: about three milliseconds, so that nobody waits behind them. */
const ENTRIES_A_SLICE = 100

/** What the planner's own thread must know, followed through the change log and told to it bit by bit. */
export interface PlanFacts {
  /** Takes note of a change. @returns whether the plan may be another one now */
  note(change: ListChange): boolean
  /** Tells the desk what is not told yet, reading only that. @throws PlannerGone when the desk's thread has ended */
  bring(): Promise<void>
  /** Forgets everything: the next `bring` begins a new plan. */
  forget(): void
  readonly shown: ReadonlyMap<string, Shown>
  readonly bucketOf: (capacityId: number) => Bucket | undefined
  /** Live suggestions whose slot's notice has run out. [MOV-47] */
  hasExpired(): boolean
}

export function openPlanFacts(options: {
  readonly db: Database
  readonly list: LiveList
  readonly desk: PlanDesk
  readonly travel: TravelTable
  /** Milliseconds since 1970. */
  readonly now: () => number
}): PlanFacts {
  const { db, list, desk, travel, now } = options
  const buckets = new Map<number, Bucket>()
  const shown = new Map<string, Shown>()
  /** Trust and step of every patient told of, by entry id. */
  const told = new Map<number, string>()
  let isNew = true
  let marked = nothing()
  let context: PlanContext = emptyContext('1970-01-01' as IsoDate)

  async function bring(): Promise<void> {
    if (isNew || !desk.isOpen() || context.today !== londonDate(now())) await begin()
    const { suggestions, buckets: days, entries } = marked
    marked = nothing()
    try {
      await bringBuckets(days, entries)
      await bringSuggestions(suggestions, entries)
      await bringEntries([...entries])
    } catch (error) {
      isNew = true
      throw error
    }
  }

  /** Everything anew: a start, a new day, another policy, a thread that ended. */
  async function begin(): Promise<void> {
    isNew = false
    marked = nothing()
    const today = londonDate(now())
    try {
      const [{ settings }, capacity, mainSiteOf, live, refusals, transfers] = await Promise.all([
        readSettings(db),
        readCapacity(db, today),
        readMainSites(db),
        readShown(db, null),
        readRefusals(db, null),
        readTransfers(db, null),
      ])
      const lastOwnDay = lastOwnDays(capacity)
      context = { today, mainSiteOf, lastOwnDay, refusals, transfers }
      buckets.clear()
      told.clear()
      shown.clear()
      for (const bucket of capacity) buckets.set(bucket.id, bucket)
      for (const one of live) shown.set(one.id, one)
      const siteNames = capacity.map(({ site, siteName }) => [site, siteName] as const)
      desk.open({ today, settings, travel, siteNames: [...new Map(siteNames)] })
      desk.change({ capacity: capacity.map(offered), shown: live.map(asShown) })
      await bringEntries([...list.entries()].map((entry) => entry.id))
    } catch (error) {
      isNew = true
      throw error
    }
  }

  async function bringBuckets(days: Marked['buckets'], entries: Set<number>): Promise<void> {
    if (days.size === 0) return
    const read: Bucket[] = []
    for (const { site, step, days: of } of days.values()) {
      read.push(...(await readBuckets(db, { site, step, days: [...of] }, context.today)))
    }
    for (const bucket of read) buckets.set(bucket.id, bucket)
    desk.change({ capacity: read.map(offered) })
    const queues = new Set(read.map(({ trust, step }) => `${trust} ${step}`))
    const after = lastOwnDays(
      [...buckets.values()].filter(({ trust, step }) => queues.has(`${trust} ${step}`)),
    )
    const longer = [...queues].filter((queue) => after.get(queue) !== context.lastOwnDay.get(queue))
    if (longer.length === 0) return
    // a trust that published further days is expected to see its patients on another one
    const others = [...context.lastOwnDay].filter(([queue]) => !queues.has(queue))
    context = { ...context, lastOwnDay: new Map([...others, ...after]) }
    for (const [id, queue] of told) if (longer.includes(queue)) entries.add(id)
  }

  async function bringSuggestions(ids: ReadonlySet<string>, entries: Set<number>): Promise<void> {
    if (ids.size === 0) return
    const read = await readShown(db, [...ids])
    const live = new Map(read.flatMap((one) => (LIVE.has(one.state) ? [[one.id, one]] : [])))
    const gone = [...ids].filter((id) => !live.has(id))
    const touched = [
      ...new Set([
        ...read.map((one) => one.patientId),
        ...gone.map((id) => shown.get(id)?.patientId),
      ]),
    ].filter((id) => id !== undefined)
    for (const id of gone) shown.delete(id)
    for (const one of live.values()) shown.set(one.id, one)
    desk.change({ shown: [...live.values()].map(asShown), shownGone: gone })
    const [refusals, transfers] = await Promise.all([
      readRefusals(db, touched),
      readTransfers(db, touched),
    ])
    context = {
      ...context,
      refusals: replaced(context.refusals, touched, refusals),
      transfers: replaced(context.transfers, touched, transfers),
    }
    for (const id of touched) entries.add(id)
  }

  async function bringEntries(ids: readonly number[]): Promise<void> {
    for (let from = 0; from < ids.length; from += ENTRIES_A_SLICE) {
      if (from > 0) await new Promise(setImmediate)
      const patients: PlanPatient[] = []
      const gone: number[] = []
      for (const id of ids.slice(from, from + ENTRIES_A_SLICE)) {
        const entry = list.entry(id)
        if (entry === undefined || entry.state !== 'open') {
          if (told.delete(id)) gone.push(id)
          continue
        }
        patients.push(planPatient(entry, context))
        told.set(id, `${entry.trust} ${entry.step ?? ''}`)
      }
      desk.change({ patients, patientsGone: gone })
    }
  }

  return {
    note(change) {
      let matters = change.reRanked
      if (change.reRanked) isNew = true
      for (const { kind, payload } of change.rows) {
        if (kind === 'planSettings') isNew = true
        if (kind === 'capacity') markBuckets(marked, payload)
        if (kind === 'suggestions')
          for (const id of texts(payload, 'ids')) marked.suggestions.add(id)
        matters ||= kind === 'capacity' || kind === 'suggestions' || kind === 'planSettings'
      }
      for (const id of change.entryIds) {
        if (!told.has(id) && list.entry(id) === undefined) continue
        marked.entries.add(id)
        matters = true
      }
      return matters
    },
    bring,
    forget: () => (isNew = true),
    shown,
    bucketOf: (capacityId) => buckets.get(capacityId),
    hasExpired: () =>
      [...shown.values()].some(({ capacityId, state }) => {
        const bucket = buckets.get(capacityId)
        if (state === 'mdsSent' || state === 'received') return false
        return bucket === undefined || addDays(bucket.day, -bucket.noticeDays) < context.today
      }),
  }
}

const LIVE = new Set<string>(LIVE_STATES)

function emptyContext(today: IsoDate): PlanContext {
  return {
    today,
    mainSiteOf: new Map(),
    lastOwnDay: new Map(),
    refusals: new Map(),
    transfers: new Map(),
  }
}

function replaced<T>(
  before: ReadonlyMap<number, readonly T[]>,
  ids: readonly number[],
  now: ReadonlyMap<number, readonly T[]>,
): Map<number, readonly T[]> {
  const after = new Map(before)
  for (const id of ids) {
    const values = now.get(id)
    if (values === undefined) after.delete(id)
    else after.set(id, values)
  }
  return after
}
