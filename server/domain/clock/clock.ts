import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { Band, Route, Standard } from '../../../shared/vocabulary.ts'
import type { Adjustment, Stretch } from './adjustments.ts'
import { countedDays, firstSeenAdjustments, treatmentAdjustments } from './adjustments.ts'
import { bandOf } from './band.ts'
import { excludedFrom28, excludedFrom31, excludedFrom62 } from './counting.ts'
import { dayOf, isoOf } from './day.ts'
import { openState } from './open.ts'
import { hasFasterDiagnosis, routeOf } from './route.ts'
import type { StandardsConfig } from './standards-config.ts'
import { standardsConfig } from './standards-config.ts'
import { isSubsequent } from './treatment.ts'

/** One person's wait against one standard. Days are calendar days; day 0 is the start. [CLK-1, CLK-9] */
export interface Clock {
  readonly standard: Standard
  readonly state: 'running' | 'stopped'
  readonly startOn: IsoDate
  /** What started it, in words. */
  readonly startedBy: string
  /** Null while it runs. */
  readonly stopOn: IsoDate | null
  readonly stoppedBy: string | null
  readonly adjustments: readonly Adjustment[]
  /** From start to stop, or to `asOf` while it runs. */
  readonly rawDays: number
  readonly adjustmentDays: number
  /** `rawDays - adjustmentDays`, never below 0. */
  readonly waitDays: number
  readonly limitDays: number
  /** Last day in time; a pause still under way moves it on a day at a time. */
  readonly targetOn: IsoDate
  /** The day after `targetOn`. */
  readonly breachOn: IsoDate
  /** `limitDays - waitDays`: 0 on the last day in time, negative once breached. */
  readonly daysToTarget: number
  readonly breached: boolean
  readonly band: Band
  /** False when the standard does not count this person; `excludedBecause` says why. True while the clock runs. */
  readonly inStandard: boolean
  readonly excludedBecause: string | null
}

export interface Clocks {
  readonly route: Route
  readonly fds28: Clock | null
  readonly dtt31: Clock | null
  readonly rtt62: Clock | null
}

/** The dates that move a clock, as day numbers; NaN for one that is absent, impossible or after `asOf`. */
interface Milestones {
  readonly today: number
  readonly received: number
  readonly upgraded: number
  readonly told: number
  readonly decidedFirst: number
  /** Where the 31 days begin: the decision, or the ECAD of a later treatment. */
  readonly decided: number
  readonly treated: number
  /** Closed without the event that the clock waits for. */
  readonly closed: number
  readonly closedBecause: string
}

/**
 * All clocks of a pathway as they stood on `asOf`: what is dated later had not happened yet. [CLK-16]
 *
 * Never throws: a date that is none, lies ahead, or stops a clock before it starts is taken as absent
 * (the findings about it come from quality/check.ts). [CLK-17]
 * @returns null for a standard that has no clock on this route or whose start is not reached
 */
export function clocks(
  facts: EntryFacts,
  asOf: IsoDate,
  config: StandardsConfig = standardsConfig,
): Clocks {
  const at = milestones(facts, dayOf(asOf))
  const route = routeOf(facts, !Number.isNaN(at.upgraded))
  return {
    route,
    fds28: fasterDiagnosis(facts, at, route, config),
    dtt31: decisionToTreatment(facts, at, config),
    rtt62: referralToTreatment(facts, at, route, config),
  }
}

function milestones(facts: EntryFacts, today: number): Milestones {
  const state = openState(facts)
  const subsequent = isSubsequent(facts)
  return {
    today,
    received: past(facts.receivedOn, today),
    upgraded: past(facts.upgradedOn, today),
    told: past(facts.toldOn, today),
    decidedFirst: past(facts.dttOn, today),
    // A later treatment counts from the earliest clinically appropriate date where one is given. [CLK-5]
    decided: past(subsequent && facts.ecadOn !== undefined ? facts.ecadOn : facts.dttOn, today),
    treated: past(facts.treatedOn, today),
    closed: state.open ? NaN : past(state.on ?? undefined, today),
    closedBecause: state.open ? '' : state.reason,
  }
}

/** Day of a date that has come; NaN for any other. */
function past(date: IsoDate | undefined, today: number): number {
  const day = dayOf(date)
  return day <= today ? day : NaN
}

/** 28 days: receipt to told, or to the decision to treat if that came first. [CLK-3, CLK-4] */
function fasterDiagnosis(
  facts: EntryFacts,
  at: Milestones,
  route: Route,
  config: StandardsConfig,
): Clock | null {
  if (!hasFasterDiagnosis(route) || Number.isNaN(at.received)) return null
  const told = notBefore(at.told, at.received)
  const decided = notBefore(at.decidedFirst, at.received)
  const byDecision = decided <= told || (Number.isNaN(told) && !Number.isNaN(decided))
  const answered = byDecision ? decided : told
  const closed = Number.isNaN(answered) ? notBefore(at.closed, at.received) : NaN
  const stop = Number.isNaN(answered) ? closed : answered
  const stretch = { start: at.received, end: Number.isNaN(stop) ? at.today : stop }
  const adjustments = firstSeenAdjustments(facts, stretch, false)
  const waitDays = stretch.end - stretch.start - countedDays(adjustments)
  const stoppedBy = !Number.isNaN(closed) ? 'closed' : byDecision ? 'decided to treat' : 'told'
  const limit = config.limitDays.fds28
  const excluded = !Number.isNaN(closed)
    ? at.closedBecause
    : Number.isNaN(stop)
      ? null
      : excludedFrom28(facts, byDecision, waitDays > limit)
  return clock('fds28', stretch, 'referral received', stop, stoppedBy, adjustments, excluded, limit)
}

/** 31 days: decision to treat, or the ECAD of a later treatment, to treatment. [CLK-5] */
function decisionToTreatment(
  facts: EntryFacts,
  at: Milestones,
  config: StandardsConfig,
): Clock | null {
  if (Number.isNaN(at.decided)) return null
  const treated = notBefore(at.treated, at.decided)
  const closed = Number.isNaN(treated) ? notBefore(at.closed, at.decided) : NaN
  const stop = Number.isNaN(treated) ? closed : treated
  const stretch = { start: at.decided, end: Number.isNaN(stop) ? at.today : stop }
  const room = stretch.end - stretch.start
  const adjustments = treatmentAdjustments(facts, stretch, at.decided, room, config)
  const excluded = Number.isNaN(closed)
    ? excludedFrom31(facts, !Number.isNaN(treated))
    : at.closedBecause
  const fromEcad = isSubsequent(facts) && facts.ecadOn !== undefined
  const startedBy = fromEcad ? 'earliest clinically appropriate date' : 'decision to treat'
  const stoppedBy = Number.isNaN(closed) ? 'treated' : 'closed'
  const limit = config.limitDays.dtt31
  return clock('dtt31', stretch, startedBy, stop, stoppedBy, adjustments, excluded, limit)
}

/** 62 days: receipt, or the upgrade, to the first definitive treatment. [CLK-6, CLK-7] */
function referralToTreatment(
  facts: EntryFacts,
  at: Milestones,
  route: Route,
  config: StandardsConfig,
): Clock | null {
  if (route === 'unknown' || isSubsequent(facts)) return null
  const onUpgrade = route === 'upgrade'
  const start = onUpgrade ? at.upgraded : at.received
  if (Number.isNaN(start)) return null
  const treated = notBefore(at.treated, start)
  const closed = Number.isNaN(treated) ? notBefore(at.closed, start) : NaN
  const stop = Number.isNaN(treated) ? closed : treated
  const stretch = { start, end: Number.isNaN(stop) ? at.today : stop }
  const seen = firstSeenAdjustments(facts, stretch, onUpgrade)
  const room = stretch.end - start - countedDays(seen)
  const treatment = treatmentAdjustments(facts, stretch, at.decided, room, config)
  const adjustments = treatment.length === 0 ? seen : [...seen, ...treatment]
  const excluded = Number.isNaN(closed)
    ? excludedFrom62(facts, !Number.isNaN(treated), onUpgrade)
    : at.closedBecause
  const startedBy = onUpgrade ? 'consultant upgrade' : 'referral received'
  const stoppedBy = Number.isNaN(closed) ? 'treated' : 'closed'
  const limit = config.limitDays.rtt62
  return clock('rtt62', stretch, startedBy, stop, stoppedBy, adjustments, excluded, limit)
}

/** NaN for a stop before its start: it cannot be right, so it stops nothing. [CLK-17] */
function notBefore(day: number, start: number): number {
  return day >= start ? day : NaN
}

function clock(
  standard: Standard,
  stretch: Stretch,
  startedBy: string,
  stop: number,
  stoppedBy: string,
  adjustments: readonly Adjustment[],
  excludedBecause: string | null,
  limitDays: number,
): Clock {
  const running = Number.isNaN(stop)
  const rawDays = stretch.end - stretch.start
  const adjustmentDays = countedDays(adjustments)
  const waitDays = rawDays - adjustmentDays
  const target = stretch.start + limitDays + adjustmentDays
  return {
    standard,
    state: running ? 'running' : 'stopped',
    startOn: isoOf(stretch.start),
    startedBy,
    stopOn: running ? null : isoOf(stop),
    stoppedBy: running ? null : stoppedBy,
    adjustments,
    rawDays,
    adjustmentDays,
    waitDays,
    limitDays,
    targetOn: isoOf(target),
    breachOn: isoOf(target + 1),
    daysToTarget: limitDays - waitDays,
    breached: waitDays > limitDays,
    band: bandOf(waitDays),
    inStandard: excludedBecause === null,
    excludedBecause,
  }
}
