import type { DayNumber } from '../../../shared/date.ts'
import type { Book } from './book.ts'
import { breachesOn, latePoints } from './cost.ts'
import type { PlanEffect, PlannedMove, SlotPrice } from './model.ts'
import { NOBODY, type SlotValues } from './prices.ts'

/** How many places are named as the best to add capacity. */
const BEST_PLACES = 10

/** What the plan does for people, against every trust alone on the same facts. [MOV-22] */
export function effect(
  book: Book,
  homeDay: readonly DayNumber[],
  planDay: readonly DayNumber[],
  moves: readonly PlannedMove[],
): Omit<PlanEffect, 'pointsSaved'> {
  let breachesAvoided = 0
  let daysSaved = 0
  let displaced = 0
  book.patients.forEach((patient, row) => {
    const before = homeDay[row] as DayNumber
    const after = planDay[row] as DayNumber
    breachesAvoided += breachesOn(patient.deadlines, before) - breachesOn(patient.deadlines, after)
    daysSaved += before - after
    if (after > before) displaced++
  })
  const trusts = new Map<string, { out: number; in: number }>()
  const of = (trust: string): { out: number; in: number } => {
    const counts = trusts.get(trust) ?? { out: 0, in: 0 }
    trusts.set(trust, counts)
    return counts
  }
  let travelMinutesAdded = 0
  for (const move of moves) {
    of(move.fromTrust).out++
    of(move.toTrust).in++
    travelMinutesAdded += move.reason.travelMinutes ?? 0
  }
  const byTrust = [...trusts]
    .map(([trust, counts]) => ({ trust, ...counts }))
    .sort((a, b) => (a.trust < b.trust ? -1 : 1))
  return { breachesAvoided, daysSaved, displaced, travelMinutesAdded, byTrust }
}

/** Total lateness when each patient is seen on their day, in points. */
export function lateTotal(book: Book, days: readonly DayNumber[]): number {
  return book.patients.reduce(
    (sum, patient, row) => sum + latePoints(patient.deadlines, days[row] as DayNumber),
    0,
  )
}

/**
 * Points, and the plain days and breaches of the same chain of people moving up, for one more slot in each bucket.
 * Where several chains save the same points, days and breaches are those of one of them. [MOV-20]
 */
export function slotPrices(
  book: Book,
  values: SlotValues,
  bucketOf: Int32Array,
  planDay: readonly DayNumber[],
): SlotPrice[] {
  const days = new Float64Array(book.slots.length)
  const breaches = new Float64Array(book.slots.length)
  for (const bucket of values.order) {
    const row = values.taker[bucket] as number
    const slot = book.slots[bucket]
    const patient = book.patients[row]
    if (row === NOBODY || slot === undefined || patient === undefined) continue
    const left = bucketOf[row] as number
    const dayNow = planDay[row] as DayNumber
    const fewer = breachesOn(patient.deadlines, dayNow) - breachesOn(patient.deadlines, slot.day)
    days[bucket] = (days[left] ?? 0) + dayNow - slot.day
    breaches[bucket] = (breaches[left] ?? 0) + fewer
  }
  return book.slots.map((slot) => ({
    capacityId: slot.id,
    points: values.points[slot.index] as number,
    days: days[slot.index] as number,
    breaches: breaches[slot.index] as number,
  }))
}

/** The places where one more slot saves most; a tie goes to the lower capacity id. [MOV-21] */
export function bestPlaces(prices: readonly SlotPrice[]): SlotPrice[] {
  return prices
    .filter((price) => price.points > 0)
    .sort((a, b) => b.points - a.points || a.capacityId - b.capacityId)
    .slice(0, BEST_PLACES)
}
