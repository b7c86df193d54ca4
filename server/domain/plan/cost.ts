import type { DayNumber } from '../../../shared/date.ts'
import type { PlanDeadline, PlanSettings } from './model.ts'

/**
 * Weighted days late of being seen on `day`: over the deadlines, weight x days past it. The ranking's own currency,
 * so that a place in the list and a move are the same arithmetic. [MOV-13]
 * @returns points, >= 0; 0 while every deadline is still met
 */
export function latePoints(deadlines: readonly PlanDeadline[], day: DayNumber): number {
  let points = 0
  for (const deadline of deadlines) {
    const daysLate = day - deadline.dueDay
    if (daysLate > 0) points += deadline.weightPerDayLate * daysLate
  }
  return points
}

/** Standards missed by being seen on `day`. */
export function breachesOn(deadlines: readonly PlanDeadline[], day: DayNumber): number {
  let breaches = 0
  for (const deadline of deadlines) if (deadline.breach && day > deadline.dueDay) breaches++
  return breaches
}

/**
 * The last day that misses no deadline which `day` meets; null when `day` meets none. A patient whose own trust
 * alone would see them on `day` is not pushed past it. [MOV-19]
 */
export function lastDayAsGoodAs(
  deadlines: readonly PlanDeadline[],
  day: DayNumber,
): DayNumber | null {
  let last: DayNumber | null = null
  for (const deadline of deadlines) {
    if (deadline.dueDay >= day && (last === null || deadline.dueDay < last)) last = deadline.dueDay
  }
  return last
}

/** What is set against a move to another trust, besides the day. [MOV-17] */
export function movePoints(
  settings: PlanSettings,
  travelMinutes: number,
): { travel: number; transfer: number } {
  return {
    travel: settings.travelPointsPerMinute * travelMinutes,
    transfer: settings.transferPoints,
  }
}
