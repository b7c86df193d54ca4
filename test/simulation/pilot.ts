import { DEFAULT_PLAN_SETTINGS } from '../../server/domain/plan/model.ts'
import type { PlanCapacity, PlanPatient } from '../../server/domain/plan/model.ts'
import { plan } from '../../server/domain/plan/planner.ts'
import { addDays, toDay, type DayNumber, type IsoDate } from '../../shared/date.ts'
import { seeded } from '../domain/plan/random-problem.ts'

/*
 * A simulation in the shape of the published Greater Manchester EBUS pilot: three centres, 193 procedures in six
 * months, home medians of 10, 6 and 10 days from request to test. What the pilot did not publish is assumed here, once
 * and in one place, the same for both arms: how demand falls on the days, when lists are held and how full they are.
 */

/** A centre: requests in six months, lists a week by weekday (0 Monday) with their slots, people waiting at the start. */
interface Centre {
  readonly code: string
  readonly requests: number
  readonly lists: Readonly<Record<number, number>>
  readonly waiting: number
}

/** Demand and capacity that give the pilot's home medians; the middle centre has slots to spare, the others hardly any. */
const CENTRES: readonly Centre[] = [
  { code: 'AAA', requests: 66, lists: { 1: 1, 3: 2 }, waiting: 5 },
  { code: 'BBB', requests: 61, lists: { 1: 2, 4: 1 }, waiting: 1 },
  { code: 'CCC', requests: 66, lists: { 0: 1, 3: 2 }, waiting: 8 },
]
const START = '2026-01-05' as IsoDate
const DAYS = 182
/** A list is filled so many days before it is held: vetting, blood thinners, the letter. */
const FILLED_AHEAD_DAYS = 3
const HORIZON_DAYS = 21
/** Of those asked, happy to travel in the pilot. */
const WILLING = 0.95
const TRAVEL_MINUTES = 30
/** Lung pathway: EBUS within five days of the request; longer waits weigh more. */
const DUE_AFTER_DAYS = [5, 10, 15]

interface Request {
  readonly id: number
  readonly trust: string
  readonly on: DayNumber
  readonly willing: boolean
}

/** Days from request to test of each centre's own patients, wherever they were seen. */
export type Waits = ReadonlyMap<string, readonly number[]>

export interface PilotRun {
  readonly home: Waits
  readonly pooled: Waits
  /** Patients seen at another centre. */
  readonly moved: number
  /** Patients of a centre seen later than they would have been at home. */
  readonly later: number
}

/** The same six months twice: every centre for itself, and pooled by the planner as it is shipped. */
export function runPilot(seed: number): PilotRun {
  const requests = requestsOf(seed)
  const home = arm(requests, false)
  const pooled = arm(requests, true)
  const later = requests.filter(({ id }) => (pooled.days.get(id) ?? 0) > (home.days.get(id) ?? 0))
  return {
    home: waitsOf(requests, home.days),
    pooled: waitsOf(requests, pooled.days),
    moved: pooled.moved,
    later: later.length,
  }
}

function requestsOf(seed: number): Request[] {
  const random = seeded(seed)
  const start = toDay(START)
  const requests: Omit<Request, 'id'>[] = []
  for (const { code, requests: count, waiting } of CENTRES) {
    for (let index = 0; index < waiting + count; index++) {
      const day = index < waiting ? -1 - Math.floor(random() * 7) : Math.floor(random() * DAYS)
      // nobody asks for a test at a weekend
      const weekday = (((start + day - toDay(START)) % 7) + 7) % 7
      const on = (start + day - (weekday > 4 ? weekday - 4 : 0)) as DayNumber
      requests.push({ trust: code, on, willing: random() < WILLING })
    }
  }
  return requests.sort((a, b) => a.on - b.on).map((request, id) => ({ ...request, id: id + 1 }))
}

/** Day by day: the list so many days ahead is filled from those who wait. */
function arm(
  requests: readonly Request[],
  pooled: boolean,
): { readonly days: Map<number, DayNumber>; readonly moved: number } {
  const days = new Map<number, DayNumber>()
  let moved = 0
  for (let at = 0; days.size < requests.length && at < DAYS + 200; at++) {
    const today = addDays(START, at)
    const waiting = requests.filter(({ id, on }) => on <= toDay(today) && !days.has(id))
    if (waiting.length === 0) continue
    const capacity = slotsAhead(today, pooled)
    const output = plan({
      today,
      patients: waiting.map((request) => patientOf(request, today)),
      capacity,
      travelMinutes: (from, to) => (from === to ? 0 : TRAVEL_MINUTES),
      shown: [],
      settings: { ...DEFAULT_PLAN_SETTINGS, horizonDays: HORIZON_DAYS },
    })
    const dayOf = new Map(capacity.map((slot) => [slot.id, toDay(slot.day)]))
    for (const { patientId, capacityId } of [...output.home, ...output.moves]) {
      const day = dayOf.get(capacityId)
      // only the list that is filled today is settled; the rest is planned again tomorrow
      if (day !== undefined && day === toDay(today) + FILLED_AHEAD_DAYS) days.set(patientId, day)
    }
    moved += output.moves.filter(({ patientId }) => days.has(patientId)).length
  }
  return { days, moved }
}

function slotsAhead(today: IsoDate, openToAlliance: boolean): PlanCapacity[] {
  return Array.from({ length: HORIZON_DAYS - FILLED_AHEAD_DAYS }, (_, ahead) => {
    const day = addDays(today, FILLED_AHEAD_DAYS + ahead)
    const weekday = (toDay(day) - toDay(START)) % 7
    return CENTRES.map(({ code, lists }, index): PlanCapacity => ({
      id: toDay(day) * CENTRES.length + index,
      site: `${code}01`,
      trust: code,
      step: 'ebus',
      day,
      free: lists[weekday] ?? 0,
      openToAlliance,
      tumours: null,
      noticeDays: FILLED_AHEAD_DAYS,
    }))
  })
    .flat()
    .filter(({ free }) => free > 0)
}

function patientOf({ id, trust, on, willing }: Request, today: IsoDate): PlanPatient {
  return {
    id,
    trust,
    homeSite: `${trust}01`,
    tumour: 'lung',
    step: 'ebus',
    deadlines: DUE_AFTER_DAYS.map((days) => ({
      dueDay: (on + days) as DayNumber,
      weightPerDayLate: 1,
      breach: false,
    })),
    expectedStayDay: (toDay(today) + HORIZON_DAYS + 7) as DayNumber,
    travelLimitMinutes: willing ? 60 : 0,
    bookedOn: null,
    ageYears: 65,
    midTransfer: false,
    refused: [],
    pathwayKey: null,
  }
}

function waitsOf(requests: readonly Request[], days: ReadonlyMap<number, DayNumber>): Waits {
  return new Map(
    CENTRES.map(({ code }) => [
      code,
      // those who waited before the six months began are not among the pilot's
      requests
        .filter(({ trust, on }) => trust === code && on >= toDay(START))
        .flatMap(({ id, on }) => {
          const day = days.get(id)
          return day === undefined ? [] : [day - on]
        }),
    ]),
  )
}

export interface PilotFigures {
  readonly median: number
  readonly byCentre: readonly number[]
  /** Between the centres' medians. */
  readonly spread: number
}

/** What a set of waits comes to. */
export function figuresOf(waits: Waits): PilotFigures {
  const byCentre = [...waits.values()].map(median)
  return {
    median: median([...waits.values()].flat()),
    byCentre,
    spread: Math.max(...byCentre) - Math.min(...byCentre),
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}
