import { patientBarrier, siteBarrier, slotBarrier } from './eligibility.ts'
import { toDay } from '../../../shared/date.ts'
import type { Book } from './book.ts'
import { helpBarrier, stayDay, type HomePlan } from './options.ts'
import type { PlanDiff, PlannedMove, ShownSuggestion } from './model.ts'
import { shortDate } from './reason.ts'

/**
 * What must change in what people see: the new plan against the suggestions shown. [MOV-30..MOV-33]
 *
 * The margin that a better plan must win by is in the plan's own costs (every other choice of a patient who was shown
 * one costs `changePoints` more), so here a suggestion is kept exactly when the plan still has it. Answered ones are
 * people's, not the planner's: they end here only when facts took the ground from under them.
 */
export function diff(book: Book, home: HomePlan, moves: readonly PlannedMove[]): PlanDiff {
  const moveOf = new Map(moves.map((move) => [move.patientId, move]))
  const keep: { id: string; patientId: number }[] = []
  const withdraw: PlanDiff['withdraw'][number][] = []
  const kept = new Set<number>()
  for (const suggestion of book.shown) {
    if (suggestion.answered) {
      const lost = groundLost(book, suggestion)
      if (lost !== null)
        withdraw.push({ id: suggestion.id, patientId: suggestion.patientId, ...lost })
      continue
    }
    const { id, patientId } = suggestion
    const move = moveOf.get(patientId)
    if (move?.capacityId === suggestion.capacityId && !kept.has(patientId)) {
      keep.push({ id, patientId })
      kept.add(patientId)
      continue
    }
    withdraw.push({ id, patientId, ...cause(book, home, suggestion) })
  }
  return { keep, create: moves.filter((move) => !kept.has(move.patientId)), withdraw }
}

/** `gone`: patient or slot no longer there. `wrong`: a rule now forbids it. `beaten`: a better plan, by the margin. */
function cause(book: Book, home: HomePlan, suggestion: ShownSuggestion): Cause {
  const patient = book.patientOfId.get(suggestion.patientId)
  const slot = book.slotOfId.get(suggestion.capacityId)
  if (patient === undefined) return { kind: 'gone', why: 'the pathway is no longer open' }
  if (slot === undefined) {
    return book.stepOffered.has(suggestion.capacityId)
      ? { kind: 'wrong', why: 'the patient now awaits another step' }
      : { kind: 'gone', why: 'the slot is no longer offered' }
  }
  const barrier =
    patientBarrier(patient, book.context) ??
    siteBarrier(patient, slot.site, slot.trust, book.context) ??
    slotBarrier(patient, slot, book.context)
  if (barrier !== null) return { kind: 'wrong', why: barrier.words() }
  const homeDay = home.day[book.patients.indexOf(patient)] ?? stayDay(patient)
  const help = helpBarrier(book, patient, slot, homeDay)
  if (help !== null) return { kind: 'wrong', why: `it no longer helps: ${help.words()}` }
  if (slot.free === 0) return { kind: 'gone', why: 'the slot is no longer free' }
  const margin = String(book.context.settings.changePoints)
  return { kind: 'beaten', why: `another plan saves over ${margin} points more in all` }
}

type Cause = Pick<PlanDiff['withdraw'][number], 'kind' | 'why'>

/** Why a suggestion somebody said yes to cannot go on; null when it can. [MOV-32] */
function groundLost(book: Book, suggestion: ShownSuggestion): Cause | null {
  const patient = book.patientOfId.get(suggestion.patientId)
  const step = book.stepOffered.get(suggestion.capacityId)
  if (patient === undefined) return { kind: 'gone', why: 'the pathway is no longer open' }
  if (step === undefined) return { kind: 'gone', why: 'the slot is no longer offered' }
  if (suggestion.underWay === true || patient.midTransfer) return null
  if (patient.step !== step) return { kind: 'wrong', why: 'the patient now awaits another step' }
  const slot = book.slotOfId.get(suggestion.capacityId)
  const bookedOn = patient.bookedOn
  if (slot === undefined || bookedOn === null || toDay(bookedOn) >= slot.day) return null
  return { kind: 'wrong', why: `booked at home for ${shortDate(bookedOn)}, sooner than this` }
}
