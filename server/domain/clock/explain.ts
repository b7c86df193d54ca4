import { addDays } from '../../../shared/date.ts'
import { STANDARDS } from '../../../shared/vocabulary.ts'
import type { Clock } from './clock.ts'

/** A line of the sum, in the order a reader would do it by hand. */
export interface ExplanationLine {
  readonly label: string
  readonly value: string
  /** Id of the rule in RULES.md. */
  readonly rule: string
}

const RULE_OF_CLOCK = { fds28: 'CLK-3', dtt31: 'CLK-5', rtt62: 'CLK-6' } as const
const RULE_OF_ADJUSTMENT = {
  missedFirstAppointment: 'CLK-11',
  firstSeen: 'CLK-11',
  pause: 'CLK-13',
  treatment: 'CLK-14',
} as const

/**
 * A clock as the sum behind it: start, end, days between, each adjustment allowed or not, wait, limit,
 * target, breach and whether the standard counts it. [CLK-23]
 */
export function explainClock(clock: Clock): ExplanationLine[] {
  const rule = RULE_OF_CLOCK[clock.standard]
  const endOn = clock.stopOn ?? addDays(clock.startOn, clock.rawDays)
  const lines: ExplanationLine[] = [
    { label: 'Standard', value: STANDARDS[clock.standard], rule },
    { label: `Start: ${clock.startedBy}`, value: clock.startOn, rule },
    {
      label: clock.stoppedBy === null ? 'Still running on' : `Stop: ${clock.stoppedBy}`,
      value: endOn,
      rule: clock.stoppedBy === null ? 'CLK-16' : clock.stoppedBy === 'closed' ? 'CLK-19' : rule,
    },
    { label: 'Days from start to end', value: String(clock.rawDays), rule: 'CLK-1' },
  ]
  for (const adjustment of clock.adjustments) {
    lines.push({
      label: adjustment.counted ? `Less: ${adjustment.why}` : `Not taken off: ${adjustment.why}`,
      value: adjustment.counted ? `-${String(adjustment.days)}` : `(${String(adjustment.days)})`,
      rule: RULE_OF_ADJUSTMENT[adjustment.kind],
    })
  }
  const counted = clock.excludedBecause === null ? 'yes' : `no: ${clock.excludedBecause}`
  lines.push(
    {
      label: 'Wait',
      value: `${String(clock.rawDays)} - ${String(clock.adjustmentDays)} = ${String(clock.waitDays)} days`,
      rule: 'CLK-9',
    },
    { label: 'Limit', value: `${String(clock.limitDays)} days`, rule: 'CLK-22' },
    { label: 'Last day in time', value: clock.targetOn, rule: 'CLK-9' },
    { label: 'Breach from', value: clock.breachOn, rule: 'CLK-9' },
    { label: 'Days left', value: String(clock.daysToTarget), rule: 'CLK-9' },
    { label: 'Within the limit', value: clock.breached ? 'no' : 'yes', rule: 'CLK-9' },
    {
      label: 'Counted by the standard',
      value: counted,
      rule: rule === 'CLK-3' ? 'CLK-4' : 'CLK-7',
    },
  )
  return lines
}
