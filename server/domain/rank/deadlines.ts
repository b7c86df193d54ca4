import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import { PRIORITY_SCALES, STANDARDS } from '../../../shared/vocabulary.ts'
import { awaitedStep } from '../clock/awaited-step.ts'
import type { Clock, Clocks } from '../clock/clock.ts'
import { dayOf, isoOf } from '../clock/day.ts'
import { tumourOf } from '../clock/tumour.ts'
import type { ExactWeighting } from './compiled-policy.ts'
import { compiledPolicy } from './compiled-policy.ts'
import type { Deadline, DeadlineKind } from './deadline.ts'
import type { Policy, Weighting } from './policy.ts'
import { effectivePriority } from './priority.ts'

/** A deadline in the form that is added up: day numbers and hundredths of a point. */
export interface ExactDeadline {
  readonly kind: DeadlineKind
  readonly label: string
  readonly dueDay: number
  readonly weighting: ExactWeighting
}

const DAY_104 = 104
const STANDARD_NAMES = ['fds28', 'dtt31', 'rtt62'] as const

/**
 * Every deadline owed to a person on `asOf`: running clocks, day 104, the hand-over,
 * clinical priority and the milestones of the awaited step. [RNK-4]
 * @returns in a fixed order of kinds; empty when nothing is owed
 */
export function deadlines(
  facts: EntryFacts,
  clocks: Clocks,
  policy: Policy,
  asOf: IsoDate,
): Deadline[] {
  return exactDeadlines(facts, clocks, policy, dayOf(asOf)).map((item) => ({
    kind: item.kind,
    label: item.label,
    dueOn: isoOf(item.dueDay),
    weightLate: item.weighting.late / 100,
    weightCloser: item.weighting.closer / 100,
    closerWithinDays: item.weighting.closerWithinDays,
  }))
}

/** As `deadlines`, in the form that is added up. @param today day number */
export function exactDeadlines(
  facts: EntryFacts,
  clocks: Clocks,
  policy: Policy,
  today: number,
): ExactDeadline[] {
  const rules = compiledPolicy(policy)
  const found: ExactDeadline[] = []
  const owe = (kind: DeadlineKind, label: string, dueDay: number, weighting: Weighting) => {
    found.push({ kind, label, dueDay, weighting: rules.weighting(weighting) })
  }
  for (const name of STANDARD_NAMES) {
    const clock = running(clocks[name])
    if (clock !== null) owe(name, STANDARDS[name], dayOf(clock.targetOn), policy.standards[name])
  }
  const whole = running(clocks.rtt62)
  if (whole !== null) {
    const start = dayOf(whole.startOn) + whole.adjustmentDays
    if (policy.day104 !== null) owe('day104', 'Day 104', start + DAY_104, policy.day104)
    const handover = policy.handover
    if (handover !== null && (handover.appliesTo === 'everybody' || transferring(facts, today)))
      owe(
        'handover38',
        `Hand-over by day ${String(handover.days)}`,
        start + handover.days,
        handover,
      )
  }
  const priority = effectivePriority(facts, policy, today)
  const scale = facts.priority?.scale
  if (scale !== undefined && priority !== null && priority.dueDay !== null) {
    const label = `${PRIORITY_SCALES[scale]}: ${priority.code.code}`
    const rule = policy.priority[scale]
    if (rule !== undefined) owe('priority', label, priority.dueDay, rule.weighting)
  }
  const step = awaitedStep(facts)
  if (step === null) return found
  const receipt = milestoneStart(facts, whole, today)
  for (const item of rules.milestones(tumourOf(facts), step.step)) {
    if (item.whileUnbooked && facts.stepBookedOn !== undefined) continue
    const from = item.from === 'receipt' ? receipt : past(facts.stepRequestedOn, today)
    if (!Number.isNaN(from)) owe('milestone', item.label, from + item.days, item.weighting)
  }
  return found
}

/** A running clock is always one that its standard counts. */
function running(clock: Clock | null): Clock | null {
  return clock?.state === 'running' ? clock : null
}

/** Another trust has been asked to take over and has not yet received the minimum data set. */
function transferring(facts: EntryFacts, today: number): boolean {
  const asked = facts.iptReceiver !== undefined || !Number.isNaN(past(facts.iptRequestedOn, today))
  return asked && Number.isNaN(past(facts.iptReceivedOn, today))
}

/** Days of the timed pathway count from receipt, adjusted as the 62 days are. */
function milestoneStart(facts: EntryFacts, whole: Clock | null, today: number): number {
  if (whole !== null) return dayOf(whole.startOn) + whole.adjustmentDays
  return past(facts.receivedOn, today)
}

function past(date: IsoDate | undefined, today: number): number {
  const day = dayOf(date)
  return day <= today ? day : NaN
}
