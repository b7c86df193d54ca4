import { toDay, type DayNumber } from '../../../shared/date.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import type { Deadline, DeadlineKind } from '../rank/deadline.ts'
import type { PlanDeadline } from './model.ts'

/**
 * The deadlines of a place on the list, moved to the step awaited: who is to be told by day 28 needs the test some
 * days before. [MOV-13]
 */
export function planDeadlines(
  deadlines: readonly Pick<Deadline, 'kind' | 'dueOn' | 'weightLate'>[],
  step: Step,
): PlanDeadline[] {
  return deadlines
    .filter((deadline) => deadline.weightLate > 0)
    .map((deadline) => ({
      dueDay: (toDay(deadline.dueOn) - daysStillNeeded(step, deadline.kind)) as DayNumber,
      weightPerDayLate: deadline.weightLate,
      breach: deadline.kind === 'fds28' || deadline.kind === 'dtt31' || deadline.kind === 'rtt62',
    }))
}

/**
 * Days a pathway still needs after a step until what the deadline is about. Local figures, dated 2026-11-01, from the
 * skeleton of the timed pathways (3 triage, 14 key test, 21 MDT, 28 told, 38 transfer, 62 treated). [MOV-13; L]
 */
function daysStillNeeded(step: Step, kind: DeadlineKind): number {
  if (kind === 'priority' || kind === 'milestone' || kind === 'handover38' || kind === 'dtt31')
    return 0
  const toTold = step === 'clinic' ? 14 : step === 'mdt' ? 3 : 7
  if (kind === 'fds28') return isTreatment(step) ? 0 : toTold
  return isTreatment(step) ? 0 : step === 'mdt' ? 24 : toTold + 24
}

function isTreatment(step: Step): boolean {
  return step === 'surgery' || step === 'sact' || step === 'radiotherapy'
}
