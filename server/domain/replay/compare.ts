import { toIso, type DayNumber } from '../../../shared/date.ts'
import type {
  ReplayFigures,
  ReplayResult,
  ReplaySaved,
  ReplayWeek,
} from '../../../shared/replay.ts'
import type { ReplayPathway, ReplayPeriod, ReplayWalk } from './model.ts'

const WEEK_DAYS = 7

type Counted = Pick<ReplayResult, 'alone' | 'pooled' | 'saved' | 'weeks' | 'byTrust'>
type Tally = { -readonly [Name in keyof ReplayFigures]: ReplayFigures[Name] }

/** One walk in figures: in all, by week, by trust. */
interface Told {
  readonly all: Tally
  readonly weeks: readonly (Tally & { past62: number })[]
  readonly trusts: ReadonlyMap<string, Tally>
  /** The day each pathway ended, or the period did. */
  readonly endedOn: readonly number[]
}

/**
 * Two walks through one period side by side. A breach is counted in the week in which a limit ran out and nobody else's;
 * days and points are those that fell inside the period, so that nothing hangs on when a pathway ended. [MOV-62]
 */
export function compare(period: ReplayPeriod, alone: ReplayWalk, pooled: ReplayWalk): Counted {
  const before = told(period, alone)
  const after = told(period, pooled)
  const weeks = before.weeks.map((one, at): ReplayWeek => {
    const other = after.weeks[at] ?? one
    const moves = pooled.moves.filter(({ week }) => week === at)
    return {
      week: toIso((period.from + at * WEEK_DAYS) as DayNumber),
      alone: figures(one),
      pooled: figures(other),
      past62: { alone: one.past62, pooled: other.past62 },
      moves: moves.length,
      travelMinutes: minutesOf(moves),
    }
  })
  return {
    alone: figures(before.all),
    pooled: figures(after.all),
    saved: savedOf(before, after, pooled),
    weeks,
    byTrust: byTrust(before, after, pooled),
  }
}

/** What one walk saves against another. */
export function saved(period: ReplayPeriod, alone: ReplayWalk, pooled: ReplayWalk): ReplaySaved {
  return savedOf(told(period, alone), told(period, pooled), pooled)
}

function savedOf(before: Told, after: Told, { moves, declined }: ReplayWalk): ReplaySaved {
  let sooner = 0
  let later = 0
  before.endedOn.forEach((day, at) => {
    const other = after.endedOn[at] ?? day
    if (other < day) sooner++
    if (other > day) later++
  })
  return {
    breachesAvoided: before.all.breaches - after.all.breaches,
    pointsSaved: before.all.pointsLate - after.all.pointsLate,
    daysSaved: before.all.daysWaited - after.all.daysWaited,
    moves: moves.length,
    declined,
    travelMinutes: minutesOf(moves),
    sooner,
    later,
  }
}

function byTrust(before: Told, after: Told, { moves }: ReplayWalk): Counted['byTrust'] {
  return [...before.trusts]
    .map(([trust, one]) => {
      const other = after.trusts.get(trust) ?? one
      return {
        trust,
        out: moves.filter(({ fromTrust }) => fromTrust === trust).length,
        in: moves.filter(({ toTrust }) => toTrust === trust).length,
        breachesAvoided: one.breaches - other.breaches,
        pointsSaved: one.pointsLate - other.pointsLate,
        daysSaved: one.daysWaited - other.daysWaited,
      }
    })
    .sort((a, b) => (a.trust < b.trust ? -1 : 1))
}

function told(period: ReplayPeriod, { doneOn }: ReplayWalk): Told {
  const { from, to, pathways } = period
  const weeks = Array.from({ length: Math.ceil((to - from) / WEEK_DAYS) }, () => ({
    ...nothing(),
    past62: 0,
  }))
  const trusts = new Map<string, Tally>()
  const all = nothing()
  const endedOn: number[] = []
  pathways.forEach((pathway, at) => {
    const done = doneOn[at] as Int32Array
    const ofTrust = trusts.get(pathway.trust) ?? nothing()
    trusts.set(pathway.trust, ofTrust)
    const add = (field: keyof Tally, day: number, amount: number): void => {
      all[field] += amount
      ofTrust[field] += amount
      const week = weeks[Math.floor((day - from) / WEEK_DAYS)]
      if (week !== undefined) week[field] += amount
    }
    const ended = endOf(done, to)
    endedOn.push(ended)
    byWeek(from, Math.max(from, pathway.startOn), ended, (day, days) =>
      add('daysWaited', day, days),
    )
    for (const { kind, weight, due, stopped } of clocksOf(pathway, done, to)) {
      const firstLate = due + 1
      if (firstLate >= from && firstLate < stopped) add('breaches', firstLate, 1)
      // done on the day after the limit is one day late, as the planner counts it
      byWeek(from, Math.max(from, due), stopped, (day, days) =>
        add('pointsLate', day, days * weight),
      )
      if (kind === 'rtt62') countPast(weeks, from, { due, stopped })
    }
  })
  return { all, weeks, trusts, endedOn }
}

interface RunClock {
  readonly kind: string
  readonly weight: number
  /** Last day in time. */
  readonly due: number
  /** The day it stopped, or the period did. */
  readonly stopped: number
}

function clocksOf(pathway: ReplayPathway, done: Int32Array, to: number): RunClock[] {
  return pathway.clocks.flatMap(({ kind, startsAt, stopsAt, days, weightPerDayLate }) => {
    const start = startsAt < 0 ? pathway.startOn : (done[startsAt] ?? -1)
    if (start < 0 && startsAt >= 0) return []
    const stop = done[stopsAt] ?? -1
    const stopped = stop < 0 ? to : Math.min(stop, to)
    return [{ kind, weight: weightPerDayLate, due: start + days, stopped }]
  })
}

/** The day the last stage was done; `to` while one is still to come. */
function endOf(done: Int32Array, to: number): number {
  const last = done.at(-1) ?? -1
  return last < 0 ? to : Math.min(last, to)
}

/** Splits the days from `start` up to `end` into the period's weeks. */
function byWeek(
  from: number,
  start: number,
  end: number,
  add: (day: number, days: number) => void,
): void {
  for (let day = start; day < end;) {
    const next = Math.min(end, from + (Math.floor((day - from) / WEEK_DAYS) + 1) * WEEK_DAYS)
    add(day, next - day)
    day = next
  }
}

/** Weeks at whose end somebody is past the limit and still waits. */
function countPast(
  weeks: readonly { past62: number }[],
  from: number,
  { due, stopped }: { readonly due: number; readonly stopped: number },
): void {
  const firstWeek = Math.max(0, Math.floor((due + 1 - from) / WEEK_DAYS))
  for (let at = firstWeek; at < weeks.length; at++) {
    const sunday = from + at * WEEK_DAYS + WEEK_DAYS - 1
    if (sunday >= stopped) return
    const week = weeks[at]
    if (week !== undefined) week.past62++
  }
}

function minutesOf(moves: readonly { readonly travelMinutes: number }[]): number {
  return moves.reduce((sum, { travelMinutes }) => sum + travelMinutes, 0)
}

function nothing(): Tally {
  return { breaches: 0, pointsLate: 0, daysWaited: 0 }
}

function figures({ breaches, pointsLate, daysWaited }: Tally): ReplayFigures {
  return { breaches, pointsLate: Math.round(pointsLate), daysWaited }
}
