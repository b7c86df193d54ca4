import type { DayNumber } from '../../../shared/date.ts'
import type { Book } from './book.ts'
import { latePoints } from './cost.ts'
import { patientBarrier, siteBarrier, slotBarrier, type Slot } from './eligibility.ts'
import type { PlanOutput, PlanPatient, WhyNot } from './model.ts'
import { awayPoints, helpBarrier, protectedUntil, stayDay } from './options.ts'
import type { SlotValues } from './prices.ts'
import { shortDate } from './reason.ts'
import type { TransportSolution } from './transport.ts'

/** A solved plan, as far as it is needed to say why. */
export interface Solved {
  readonly book: Book
  readonly best: Pick<TransportSolution, 'assignment' | 'price'>
  readonly values: SlotValues
  readonly homeDay: readonly DayNumber[]
  readonly planDay: readonly DayNumber[]
  readonly caps: PlanOutput['caps']
}

/**
 * Why a patient is not given a slot: the first rule against it or, where no rule is, what the plan does with slot and
 * patient instead. [MOV-25]
 * @returns null exactly when the plan gives the patient this slot
 */
export function whyNot(solved: Solved, patientId: number, capacityId: number): WhyNot | null {
  const { book } = solved
  const patient = book.patientOfId.get(patientId)
  if (patient === undefined) return { rule: 'MOV-1', words: 'the pathway is not open' }
  const slot = book.slotOfId.get(capacityId)
  if (slot === undefined) return { rule: 'CAP-3', words: 'the slot is not offered' }
  const row = book.patients.indexOf(patient)
  if (row >= 0 && solved.best.assignment[row] === slot.index) return null

  const away = slot.trust !== patient.trust
  const homeDay = solved.homeDay[row] ?? stayDay(patient)
  const barrier =
    patientBarrier(patient, book.context) ??
    slotBarrier(patient, slot, book.context) ??
    (away ? siteBarrier(patient, slot.site, slot.trust, book.context) : null) ??
    (away ? helpBarrier(book, patient, slot, homeDay) : null)
  if (barrier !== null) return { rule: barrier.rule, words: barrier.words() }
  const lastDay = protectedUntil(book, patient, homeDay)
  if (!away && lastDay !== null && slot.day > lastDay) {
    return { rule: 'MOV-19', words: `their own trust alone would meet ${shortDate(lastDay)}` }
  }
  return outbid(solved, row, patient, slot)
}

/** No rule is against it: the sums are. */
function outbid(solved: Solved, row: number, patient: PlanPatient, slot: Slot): WhyNot {
  const { book, best, values } = solved
  const got = book.slots[best.assignment[row] as number]
  const dayNow = solved.planDay[row] ?? stayDay(patient)
  const now = got === undefined ? `expected on ${shortDate(dayNow)}` : `given ${shortDate(dayNow)}`
  const extra = (site: string, trust: string): number =>
    trust === patient.trust ? 0 : awayPoints(book, patient, site)
  const costNow =
    latePoints(patient.deadlines, dayNow) + (got === undefined ? 0 : extra(got.site, got.trust))
  const costThere = latePoints(patient.deadlines, slot.day) + extra(slot.site, slot.trust)
  const gain = costNow - costThere
  if (gain <= 0) {
    return {
      rule: 'MOV-15',
      words: `the patient is ${now}; this slot would cost ${(-gain).toFixed(2)} points more`,
    }
  }
  const cap = solved.caps.find(({ trust, points }) => trust === slot.trust && points > 0)
  if (cap !== undefined && slot.trust !== patient.trust) {
    return {
      rule: 'MOV-52',
      words:
        `the patient is ${now}; ${cap.trust} takes ${String(cap.imports)} more patients of other trusts, ` +
        `and this one would save ${gain.toFixed(2)} points where ${cap.points.toFixed(2)} are wanted`,
    }
  }
  const worth = best.price[slot.index] ?? 0
  const onePlus = values.points[slot.index] ?? 0
  return {
    rule: 'MOV-15',
    words:
      `the patient is ${now}; this slot would save them ${gain.toFixed(2)} points and is worth ` +
      `${worth.toFixed(2)} to those who have it (one more slot here: ${onePlus.toFixed(2)})`,
  }
}
