import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { RankPlace, RankReason } from '../../../shared/list.ts'
import type { Clocks } from '../clock/clock.ts'
import { dayOf, isoOf } from '../clock/day.ts'
import type { ExactWeighting } from './compiled-policy.ts'
import { compiledPolicy, hundredths } from './compiled-policy.ts'
import type { ExactDeadline } from './deadlines.ts'
import { exactDeadlines } from './deadlines.ts'
import { shortDate } from '../plan/reason.ts'
import { POINTS_LIMIT_HUNDREDTHS } from './order.ts'
import type { Policy } from './policy.ts'
import { effectivePriority } from './priority.ts'

/** A clinician's word above the policy, from the day it was given to `endsOn`, that day included. [RNK-8] */
export interface OverrideInForce {
  readonly tier: number
  readonly reason: string
  readonly endsOn: IsoDate
}

/** Days credited as if already waited, never a date. [RNK-6] */
export interface Credit {
  readonly label: string
  readonly days: number
  readonly weightHundredths: number
}

/**
 * Where a person stands on `asOf`, with the arithmetic: the points are the sum of the reasons. [RNK-1, RNK-3]
 * @param override an override that has ended is taken as none
 */
export function place(
  facts: EntryFacts,
  clocks: Clocks,
  policy: Policy,
  asOf: IsoDate,
  override?: OverrideInForce | null,
): RankPlace {
  const today = dayOf(asOf)
  const reasons: RankReason[] = []
  let sum = 0
  for (const item of exactDeadlines(facts, clocks, policy, today)) {
    const points = pointsOf(item.weighting, today - item.dueDay)
    sum += points
    reasons.push(deadlineReason(item, today, points))
  }
  for (const credit of credits(facts, policy)) {
    const points = credit.days * credit.weightHundredths
    sum += points
    reasons.push({
      kind: 'credit',
      label: credit.label,
      dueOn: null,
      daysLate: credit.days,
      weight: credit.weightHundredths / 100,
      points: points / 100,
    })
  }
  const { tier, reason } = tierOf(facts, policy, today, override ?? null)
  return { tier, tierReason: reason, points: Math.min(sum, POINTS_LIMIT_HUNDREDTHS) / 100, reasons }
}

/**
 * Points of one deadline in hundredths. [RNK-3]
 * @param daysLate negative while there are days left
 * @returns never falls as `daysLate` rises
 */
export function pointsOf(weighting: ExactWeighting, daysLate: number): number {
  const within = weighting.closerWithinDays
  if (daysLate > 0) return within * weighting.closer + daysLate * weighting.late
  return daysLate > -within ? (within + daysLate) * weighting.closer : 0
}

/** Days credited by the policy: risk score and, where the alliance states it, vulnerability. [RNK-6] */
export function credits(facts: EntryFacts, policy: Policy): Credit[] {
  const found: Credit[] = []
  const { risk, vulnerability } = policy.credits
  if (facts.riskScore !== undefined) {
    const days = Math.round(facts.riskScore * risk.daysAtCertainty)
    const weightHundredths = hundredths(risk.weightPerDay)
    if (days * weightHundredths > 0)
      found.push({ label: 'Risk score (advisory)', days, weightHundredths })
  }
  const status = facts.performanceStatus
  if (vulnerability !== null && status !== undefined && vulnerability.days > 0) {
    if (status >= vulnerability.performanceStatusFrom)
      found.push({
        label: 'Vulnerability (performance status)',
        days: vulnerability.days,
        weightHundredths: hundredths(vulnerability.weightPerDay),
      })
  }
  return found
}

/** The tier and why: the most urgent of the code's, the override's and the ordinary one. [RNK-1, RNK-8] */
export function tierOf(
  facts: EntryFacts,
  policy: Policy,
  today: number,
  override: OverrideInForce | null,
): { tier: number; reason: string } {
  const rules = compiledPolicy(policy)
  const priority = effectivePriority(facts, policy, today)
  const byCode = priority === null ? policy.ordinaryTier : priority.code.tier
  if (override !== null && inForce(override, today) && override.tier < byCode) {
    const name = rules.tierName(override.tier)
    return { tier: override.tier, reason: `${name}: until ${shortDate(override.endsOn)}` }
  }
  const name = rules.tierName(byCode)
  const coded = priority !== null && byCode < policy.ordinaryTier
  return { tier: byCode, reason: coded ? `${name}: coded ${priority.code.code}` : name }
}

/** An override counts to its last day, that day included. [RNK-8] */
export function inForce(override: OverrideInForce, today: number): boolean {
  return dayOf(override.endsOn) >= today
}

/**
 * The wait that breaks a tie, as the day it counts from: the running 62-day clock, else receipt. [RNK-2]
 * @returns NaN where neither is there
 */
export function waitFromDay(facts: EntryFacts, clocks: Clocks, today: number): number {
  const whole = clocks.rtt62
  if (whole?.state === 'running') return today - whole.waitDays
  const received = dayOf(facts.receivedOn)
  return received <= today ? received : NaN
}

function deadlineReason(item: ExactDeadline, today: number, points: number): RankReason {
  const daysLate = today - item.dueDay
  return {
    kind: item.kind,
    label: item.label,
    dueOn: isoOf(item.dueDay),
    daysLate,
    weight: (daysLate > 0 ? item.weighting.late : item.weighting.closer) / 100,
    points: points / 100,
  }
}
