import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { appendChanges } from '../../db/changes.ts'
import type { Database, TransactionSql } from '../../db/client.ts'
import { addDays, londonDate, type IsoDate } from '../../shared/date.ts'
import { LIVE_STATES, type SuggestionState } from '../../shared/suggestion.ts'
import {
  DEFAULT_PLAN_SETTINGS,
  type PlanOutput,
  type PlannedMove,
  type ShownSuggestion,
} from '../domain/plan/model.ts'
import { plan } from '../domain/plan/planner.ts'
import type { LiveList } from '../list/live-list.ts'
import { releaseSlot } from './answers.ts'
import type { Bucket } from './capacity.ts'
import { readCapacity } from './capacity.ts'
import { LostLeadership, type Leadership } from './leadership.ts'
import { transition } from './lifecycle.ts'
import {
  lastOwnDays,
  planPatient,
  type PlanContext,
  type StoredRefusal,
  type StoredTransfer,
} from './plan-input.ts'
import type { TravelMinutes } from './travel.ts'

/** Changes that come together are planned together. */
const GATHER_MS = 40
/** At most this many unanswered suggestions are put before one trust: a list nobody can work through helps nobody. [MOV-50] */
const SHOWN_A_TRUST = 25
/** Plans kept for people who ask what was known when. */
const PLANS_KEPT = 200

export interface PlannerOptions {
  readonly db: Database
  readonly list: LiveList
  readonly leadership: Leadership
  readonly travel: TravelMinutes
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

/** Plans whenever facts, slots or answers change, while this process leads. */
export interface PlannerJob {
  /** Asks for a plan soon; many asks make one plan. */
  wake(): void
  /** Resolves when no plan is running or wanted. */
  idle(): Promise<void>
  close(): Promise<void>
}

/**
 * One plan after another, never two at once: read, decide (pure), write in one fenced transaction. What changed while
 * a plan ran is planned next. A plan that finds nothing to change writes nothing.
 */
export function startPlannerJob(options: PlannerOptions): PlannerJob {
  const { leadership, list, onError } = options
  const stopping = new AbortController()
  const isStopping = (): boolean => stopping.signal.aborted
  let wanted = false
  let running: Promise<void> | null = null

  /** Who took part in the newest plan: closed history that streams in behind them changes nothing. */
  let planned: ReadonlySet<number> = new Set()
  const stopListening = list.onChange((change) => {
    const kinds = new Set(change.rows.map((row) => row.kind))
    const slotsOrRules = kinds.has('capacity') || kinds.has('suggestions') || kinds.has('policy')
    if (change.reRanked || slotsOrRules || [...change.entryIds].some(takesPart)) wake()
  })

  function takesPart(id: number): boolean {
    return planned.has(id) || list.entry(id) !== undefined
  }

  function wake(): void {
    wanted = true
    running ??= work().finally(() => {
      running = null
      if (wanted && !isStopping()) wake()
    })
  }

  async function work(): Promise<void> {
    await delay(GATHER_MS, undefined, { signal: stopping.signal }).catch(() => undefined)
    wanted = false
    const fence = leadership.fence()
    if (fence === null || isStopping()) return
    try {
      planned = await planOnce(options, fence)
    } catch (error) {
      if (!(error instanceof LostLeadership) && !isStopping()) onError(error)
    }
  }

  leadership.onElected(wake)

  return {
    wake,
    async idle() {
      while (running !== null) await running
    },
    async close() {
      stopListening()
      stopping.abort()
      await running
    },
  }
}

/** @returns the ids of those who took part */
async function planOnce(options: PlannerOptions, fence: number): Promise<ReadonlySet<number>> {
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

interface Touched {
  readonly id: string
  readonly entryId: number
}

type Shown = Omit<ShownSuggestion, 'answered'> & {
  readonly state: SuggestionState
  readonly fromTrust: string
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

/** Ends what the plan found wrong or beaten, unless somebody answered meanwhile in a way the road does not allow to undo. */
async function withdraw(tx: TransactionSql, output: PlanOutput, at: string): Promise<Touched[]> {
  const ended: Touched[] = []
  for (const { id, why } of output.diff.withdraw) {
    const one = await end(tx, id, 'withdraw', why, at)
    if (one !== null) ended.push(one)
  }
  return ended
}

/** Ends what nobody answered before the slot's notice ran out. [MOV-47] */
async function expire(tx: TransactionSql, today: IsoDate, at: string): Promise<Touched[]> {
  const due = await tx<{ id: string }[]>`
    select s.id from suggestion s join capacity c on c.id = s.capacity_id
    where s.state = any(${[...LIVE_STATES]}) and s.state not in ('mdsSent', 'received') and c.day - c.notice_days < ${today}`
  const ended: Touched[] = []
  for (const { id } of due) {
    const one = await end(tx, id, 'expire', 'Not answered by all three in time for the slot', at)
    if (one !== null) ended.push(one)
  }
  return ended
}

async function end(
  tx: TransactionSql,
  id: string,
  event: 'withdraw' | 'expire',
  why: string,
  at: string,
): Promise<Touched | null> {
  const [row] = await tx<{ entryId: number; capacityId: number; state: SuggestionState }[]>`
    select entry_id as "entryId", capacity_id as "capacityId", state from suggestion where id = ${id} for update`
  const next = row === undefined ? null : transition(row.state, event)
  if (row === undefined || next === null) return null
  if (next.slot === 'release') await releaseSlot(tx, row)
  await tx`
    update suggestion set state = ${next.to}, version = version + 1, slot_held = false, closed_reason = ${why},
      updated_at = ${at}
    where id = ${id}`
  return { id, entryId: row.entryId }
}

/** Puts the best new moves before each referring trust, up to what it can look at. [MOV-45, MOV-50] */
async function create(
  tx: TransactionSql,
  given: {
    readonly output: PlanOutput
    readonly capacity: readonly Bucket[]
    readonly list: LiveList
    /** Entry ids in rank order: of two moves that save as much, the one higher on the list is shown. */
    readonly order: readonly number[]
    readonly shown: readonly Shown[]
    readonly at: string
  },
): Promise<Touched[]> {
  const unanswered = new Map<string, number>()
  for (const one of given.shown) {
    if (one.state === 'suggested' || one.state === 'referrerReview') {
      unanswered.set(one.fromTrust, (unanswered.get(one.fromTrust) ?? 0) + 1)
    }
  }
  const buckets = new Map(given.capacity.map((bucket) => [bucket.id, bucket]))
  const chosen: PlannedMove[] = []
  const place = new Map(given.order.map((id, index) => [id, index]))
  const placeOf = (move: PlannedMove): number => place.get(move.patientId) ?? given.order.length
  const best = [...given.output.diff.create].sort(
    (a, b) => b.reason.saves - a.reason.saves || placeOf(a) - placeOf(b),
  )
  for (const move of best) {
    const already = unanswered.get(move.fromTrust) ?? 0
    if (already >= SHOWN_A_TRUST) continue
    unanswered.set(move.fromTrust, already + 1)
    chosen.push(move)
  }
  const rows = chosen.flatMap((move) => {
    const bucket = buckets.get(move.capacityId)
    const entry = given.list.entry(move.patientId)
    if (bucket === undefined || entry === undefined) return []
    return [
      {
        id: randomUUID(),
        entry_id: move.patientId,
        capacity_id: move.capacityId,
        from_trust: move.fromTrust,
        to_trust: move.toTrust,
        to_site: bucket.site,
        step: bucket.step,
        tumour: entry.tumour,
        day: bucket.day,
        state: 'suggested',
        reason: JSON.stringify(move.reason),
        created_at: given.at,
        updated_at: given.at,
        expires_at: `${addDays(bucket.day, -bucket.noticeDays)}T23:59:59Z`,
      },
    ]
  })
  if (rows.length === 0) return []
  return tx<Touched[]>`
    insert into suggestion (id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, state, reason,
      created_at, updated_at, expires_at)
    select id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, state, reason::jsonb,
      created_at, updated_at, expires_at
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as given (id uuid, entry_id bigint,
      capacity_id bigint, from_trust text, to_trust text, to_site text, step text, tumour text, day date, state text,
      reason text, created_at timestamptz, updated_at timestamptz, expires_at timestamptz)
    on conflict do nothing
    returning id, entry_id as "entryId"`
}

/** Keeps the plan where it says something new. @returns true when it did */
async function savePlan(
  tx: TransactionSql,
  given: {
    readonly output: PlanOutput
    readonly fence: number
    readonly lastSeq: number
    readonly tookMs: number
    readonly at: string
  },
): Promise<boolean> {
  const { output, fence, lastSeq, tookMs, at } = given
  const prices = JSON.stringify(
    Object.fromEntries(
      output.prices
        .filter((price) => price.points > 0)
        .map((price) => [price.capacityId, Math.round(price.points * 100) / 100]),
    ),
  )
  const [saved] = await tx<{ id: number }[]>`
    insert into plan (at, fence, last_seq, patients, slots, moved, cost_stay, cost_plan, prices, took_ms)
    select ${at}, ${fence}, ${lastSeq}, ${output.size.patients}, ${output.size.slots}, ${output.moves.length},
      ${output.costStay}, ${output.costPlan}, ${prices}::text::jsonb, ${tookMs}
    where not exists (
      select from (select * from plan order by id desc limit 1) newest
      where newest.prices = ${prices}::text::jsonb and newest.moved = ${output.moves.length}
    )
    returning id`
  if (saved === undefined) return false
  await tx`delete from plan where id <= ${saved.id - PLANS_KEPT}`
  return true
}
