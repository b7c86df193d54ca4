import type { EntryFacts } from '../../../shared/entry.ts'
import { dayOf, isoOf } from './day.ts'
import type { StandardsConfig } from './standards-config.ts'

/** Days taken off a wait, or a claim to it that was not allowed; either way with the reason. */
export interface Adjustment {
  readonly kind: 'missedFirstAppointment' | 'firstSeen' | 'pause' | 'treatment'
  /** Days subtracted when counted; the days claimed when not. */
  readonly days: number
  readonly counted: boolean
  readonly why: string
}

/** The stretch of days a clock covers, as day numbers: `end` is its stop, or today while it runs. */
export interface Stretch {
  readonly start: number
  readonly end: number
}

type Pause = NonNullable<EntryFacts['pauses']>[number]

const NONE: readonly Adjustment[] = []
const MISSED_APPOINTMENT = '3'
const ADMITTED: ReadonlySet<string> = new Set(['01', '02'])
const TREATMENT_REASONS: Readonly<Record<string, string>> = {
  '6': 'egg harvesting',
  '7': 'urgent treatment of another condition',
  '8': 'patient pause',
}

/**
 * Adjustments before first seen, for the 28- and 62-day clocks. [CLK-11, CLK-12, CLK-15]
 *
 * Dates of missed appointments are believed before a stated number of days, which is only their sum.
 */
export function firstSeenAdjustments(
  facts: EntryFacts,
  stretch: Stretch,
  onUpgrade: boolean,
): readonly Adjustment[] {
  const stated = facts.firstSeenAdjustmentDays ?? 0
  const missed = facts.missedFirstAppointments
  const dated = missed !== undefined && missed.length > 0
  if (stated === 0 && !dated) return NONE
  const seen = dayOf(facts.firstSeenOn)
  if (onUpgrade && !(stretch.start <= seen)) {
    const why = 'first seen before the upgrade, or not yet seen: nothing before it is on this clock'
    return dated
      ? missed.map(() => claim('missedFirstAppointment', 0, why))
      : [claim('firstSeen', stated, why)]
  }
  const limit = Number.isNaN(seen) ? stretch.end : Math.min(seen, stretch.end)
  if (dated) {
    const byDate = missedAppointments(missed, stretch.start, limit)
    if (stated === 0) return byDate
    return [...byDate, claim('firstSeen', stated, 'the dates missed are given and say it exactly')]
  }
  const reason = facts.firstSeenAdjustmentReason
  if (reason !== undefined && reason !== MISSED_APPOINTMENT) {
    return [claim('firstSeen', stated, 'only a missed first appointment (reason 3) adjusts')]
  }
  return [granted('firstSeen', stated, limit - stretch.start, 'first appointment missed')]
}

/** Each missed date counts the days since the one before it, so that no day is taken off twice. [CLK-11] */
function missedAppointments(
  missed: readonly string[],
  start: number,
  limit: number,
): readonly Adjustment[] {
  let from = start
  return sortedDays(missed).map((day) => {
    if (Number.isNaN(day)) return claim('missedFirstAppointment', 0, 'not a calendar date')
    if (day < start) return claim('missedFirstAppointment', 0, 'missed before the clock started')
    if (day > limit) {
      return claim('missedFirstAppointment', day - from, 'missed after first seen or after the end')
    }
    const days = day - from
    from = day
    const why = `missed the first appointment on ${isoOf(day)}`
    return { kind: 'missedFirstAppointment', days, counted: true, why }
  })
}

function sortedDays(dates: readonly string[]): readonly number[] {
  const days = dates.map((date) => dayOf(date as Parameters<typeof dayOf>[0]))
  return days.sort((a, b) => (Number.isNaN(a) ? 1 : Number.isNaN(b) ? -1 : a - b))
}

/**
 * Adjustments between decision and treatment, for the 31- and 62-day clocks. [CLK-13, CLK-14, CLK-15]
 *
 * @param decided day of the decision to treat, NaN when there was none
 * @param room days of the stretch not already taken off: a wait never falls below nought
 */
export function treatmentAdjustments(
  facts: EntryFacts,
  stretch: Stretch,
  decided: number,
  room: number,
  config: StandardsConfig,
): readonly Adjustment[] {
  const stated = facts.treatmentAdjustmentDays ?? 0
  const pauses = facts.pauses
  const dated = pauses !== undefined && pauses.length > 0
  if (stated === 0 && !dated) return NONE
  const from = Number.isNaN(decided) ? stretch.start : Math.max(decided, stretch.start)
  if (dated) {
    const within = { start: from, end: stretch.end }
    const byDate = countedPauses(facts, pauses, within, decided, room, config)
    if (stated === 0) return byDate
    return [...byDate, claim('treatment', stated, 'the pauses are given and say it exactly')]
  }
  const reason = facts.treatmentAdjustmentReason
  const refused = refusedReason(facts, reason, config)
  if (refused !== null) return [claim('treatment', stated, refused)]
  const why = TREATMENT_REASONS[reason ?? ''] ?? 'reason not given'
  return [granted('treatment', stated, Math.min(room, stretch.end - from), why)]
}

/** Pauses in order; a day in two of them counts once. `to` is the day the person was available again. */
function countedPauses(
  facts: EntryFacts,
  pauses: readonly Pause[],
  stretch: Stretch,
  decided: number,
  room: number,
  config: StandardsConfig,
): readonly Adjustment[] {
  let free = stretch.start
  let left = room
  const byStart = [...pauses].sort((a, b) => (a.from + a.to < b.from + b.to ? -1 : 1))
  return byStart.map((pause) => {
    const from = dayOf(pause.from)
    const to = dayOf(pause.to)
    if (!(from < to)) return claim('pause', 0, 'ends before it begins, or is no period of dates')
    const refused = refusedReason(facts, pause.reason, config)
    if (refused !== null) return claim('pause', to - from, refused)
    if (Number.isNaN(decided)) return claim('pause', to - from, 'before any decision to treat')
    const countedFrom = Math.max(from, free)
    const countedTo = Math.min(to, stretch.end)
    const days = Math.min(countedTo - countedFrom, left)
    if (days <= 0) return claim('pause', to - from, outside(from, to, stretch))
    free = countedTo
    left -= days
    const label = TREATMENT_REASONS[pause.reason] ?? 'pause'
    const part = days < to - from ? `, ${String(days)} of its ${String(to - from)} days` : ''
    const why = `${label} ${isoOf(from)} to ${isoOf(to)}${part}`
    return { kind: 'pause', days, counted: true, why }
  })
}

function outside(from: number, to: number, stretch: Stretch): string {
  if (to <= stretch.start) return 'before the decision to treat'
  return from >= stretch.end ? 'after the clock ends' : 'its days are already taken off'
}

/** Why an adjustment between decision and treatment cannot count by its reason; null when it can. */
function refusedReason(
  facts: EntryFacts,
  reason: string | undefined,
  config: StandardsConfig,
): string | null {
  if (reason === undefined) return null
  if (TREATMENT_REASONS[reason] === undefined) {
    return 'not a reason that adjusts (6, 7 or 8): it wants a delay reason instead'
  }
  if (reason !== '8' || config.pauseSettings === 'all') return null
  if (ADMITTED.has(facts.careSetting ?? '')) return null
  return 'a patient pause counts for admitted care only'
}

/** A stated number of days, as far as there are days for it to come from. [CLK-15] */
function granted(kind: Adjustment['kind'], stated: number, limit: number, why: string): Adjustment {
  if (!Number.isInteger(stated) || stated < 0 || stated > 999) {
    return claim(kind, stated, 'not a whole number of days from 0 to 999')
  }
  if (stated <= limit) return { kind, days: stated, counted: true, why }
  if (limit <= 0) return claim(kind, stated, 'no days lie where it could have been')
  const capped = `${why}; ${String(stated)} days stated, only ${String(limit)} lie there`
  return { kind, days: limit, counted: true, why: capped }
}

function claim(kind: Adjustment['kind'], days: number, why: string): Adjustment {
  return { kind, days, counted: false, why }
}

/** Days that were taken off. */
export function countedDays(adjustments: readonly Adjustment[]): number {
  let days = 0
  for (const adjustment of adjustments) if (adjustment.counted) days += adjustment.days
  return days
}
