import { toDay, toIso, type DayNumber, type IsoDate } from '../../../shared/date.ts'
import type { MoveReason } from '../../../shared/suggestion.ts'
import { STEPS, type Step } from '../../../shared/vocabulary.ts'
import { latePoints, movePoints } from './cost.ts'
import type { PlanDeadline, PlanSettings } from './model.ts'

export interface MoveFacts {
  readonly step: Step
  readonly siteName: string
  readonly deadlines: readonly PlanDeadline[]
  /** Day with every trust alone. */
  readonly stayDay: DayNumber
  readonly moveDay: DayNumber
  readonly travelMinutes: number
  /** What is not known and the site has a limit on. [CAP-9] */
  readonly toCheck?: readonly string[]
}

/** The arithmetic of a move, to a hundredth of a point, and the same in plain words. [MOV-34] */
export function moveReason(facts: MoveFacts, settings: PlanSettings): MoveReason {
  const costStay = hundredths(latePoints(facts.deadlines, facts.stayDay))
  const costMove = hundredths(latePoints(facts.deadlines, facts.moveDay))
  const against = movePoints(settings, facts.travelMinutes)
  const travelCost = hundredths(against.travel)
  const transferCost = hundredths(against.transfer)
  const reason = {
    stayOn: toIso(facts.stayDay),
    moveOn: toIso(facts.moveDay),
    daysSooner: facts.stayDay - facts.moveDay,
    costStay,
    costMove,
    travelMinutes: facts.travelMinutes,
    travelCost,
    transferCost,
    saves: hundredths(costStay - costMove - travelCost - transferCost),
  }
  const toCheck = facts.toCheck ?? []
  if (toCheck.length === 0) return { ...reason, words: words(facts, reason) }
  const check = `; to be checked: ${toCheck.join(', ')}`
  return { ...reason, toCheck: [...toCheck], words: words(facts, reason) + check }
}

function words(facts: MoveFacts, reason: Omit<MoveReason, 'words'>): string {
  const days = reason.daysSooner === 1 ? '1 day' : `${String(reason.daysSooner)} days`
  const sums = [
    `${number(reason.costStay)} for lateness at home on ${shortDate(toIso(facts.stayDay))}`,
    `less ${number(reason.costMove)} there`,
    `${number(reason.travelCost)} for ${String(facts.travelMinutes)} minutes of travel`,
    `${number(reason.transferCost)} for the transfer`,
  ]
  return (
    `${STEPS[facts.step]} at ${facts.siteName} on ${shortDate(reason.moveOn)}, ${days} sooner ` +
    `than expected at home; saves ${number(reason.saves)} points (${sums.join(', ')})`
  )
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `3 Dec`, as it is said in a clinic; the year is in the data. */
export function shortDate(date: IsoDate | DayNumber): string {
  const text = typeof date === 'number' ? toIso(date) : toIso(toDay(date))
  return `${String(Number(text.slice(8)))} ${MONTHS[Number(text.slice(5, 7)) - 1] ?? ''}`
}

/** Points are said to a hundredth. */
export function hundredths(points: number): number {
  return Math.round(points * 100) / 100
}

function number(points: number): string {
  return String(hundredths(points))
}
