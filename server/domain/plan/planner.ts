import type { DayNumber } from '../../../shared/date.ts'
import { openBook, type Book } from './book.ts'
import { diff } from './diff.ts'
import { bestPlaces, effect, lateTotal, slotPrices } from './effect.ts'
import type { Slot } from './eligibility.ts'
import { stillToCheck } from './limits.ts'
import type { HomeSlot, PlanInput, PlannedMove, PlanOutput, PlanPatient } from './model.ts'
import { allianceOptions, homeOptions, stayDay } from './options.ts'
import { slotValues } from './prices.ts'
import { hundredths, moveReason } from './reason.ts'
import { capsLeft } from './caps/parts.ts'
import { pricedOf, solveCapped, type CapState } from './caps/capped.ts'
import { cappedPoints, type Priced } from './caps/savings.ts'
import { solve } from './solve.ts'
import type { TransportProblem, TransportSolution } from './transport.ts'
import { whyNot } from './why-not.ts'

/**
 * The best plan for everybody: who is seen where and on which day, at the least total of weighted days late, with
 * what is set against travel, transfer and change. Every trust alone is solved first: it is what a move must beat,
 * what nobody is pushed past, and what the effect is counted against. Pure; the same facts in any order give the
 * same plan. [MOV-15]
 * @throws RangeError when a weight or a setting is not a finite number in range
 */
export function plan(input: PlanInput): PlanOutput {
  const book = openBook(input)
  const homeDay = homeDays(book, book.patients)
  const problem = allianceOptions(book, { day: homeDay })
  const trustOf = new Map(input.capacity.map(({ id, trust }) => [id, trust]))
  const caps = capsLeft(input.settings.importCaps, input.shown, (id) => trustOf.get(id))
  const capped = solveCapped([{ book, problem }], caps)
  const [solved] = capped.parts
  if (solved === undefined) throw new Error('a plan of one part has one answer')
  const priced = pricedOf({ book, problem }, capped, caps)
  return describe({ book, homeDay, ...solved, ...capped, priced, siteName: input.siteName })
}

/** Where each of some patients would be with every trust alone, in their order. [MOV-14] */
export function homeDays(book: Book, patients: readonly PlanPatient[]): DayNumber[] {
  return daysOf(book, patients, solve(homeOptions(book, patients)).assignment)
}

/** A plan solved, cold or kept: rows in the order of the book's patients, buckets in that of its slots. */
export interface SolvedPlan {
  readonly book: Book
  readonly homeDay: readonly DayNumber[]
  readonly problem: TransportProblem
  readonly best: Pick<TransportSolution, 'assignment' | 'chosenArc' | 'price'> & {
    readonly components?: number
  }
  readonly siteName: PlanInput['siteName']
  /** How the import caps stand, and what the answer is away from the optimum at most because of them. [MOV-52] */
  readonly caps?: readonly CapState[]
  readonly gap?: number
  /** Present where there are caps: for what slots save then. */
  readonly priced?: Priced | undefined
}

/** What a solved plan means for people. */
export function describe(solved: SolvedPlan): PlanOutput {
  const { book, homeDay, problem, best, siteName, caps = [], gap = 0, priced } = solved
  const planDay = daysOf(book, book.patients, best.assignment)
  const moves: PlannedMove[] = []
  const home: HomeSlot[] = []
  book.patients.forEach((patient, row) => {
    const slot = book.slots[best.assignment[row] as number]
    if (slot === undefined) return
    if (slot.trust === patient.trust) home.push({ patientId: patient.id, capacityId: slot.id })
    else moves.push(moveOf(book, patient, slot, homeDay[row] as DayNumber, siteName))
  })

  const plain = slotValues(problem, best)
  const values =
    priced === undefined
      ? plain
      : { ...plain, points: cappedPoints(priced, plain, best.assignment) }
  const prices = slotPrices(book, values, best.assignment, planDay)
  const costStay = hundredths(lateTotal(book, homeDay))
  const against = moves.reduce(
    (sum, { reason }) => sum + reason.travelCost + reason.transferCost,
    0,
  )
  const costPlan = hundredths(lateTotal(book, planDay) + against)
  return {
    moves,
    home,
    diff: diff(book, { day: homeDay }, moves),
    caps,
    gap,
    prices,
    bestPlaces: bestPlaces(prices),
    costStay,
    costPlan,
    effect: {
      ...effect(book, homeDay, planDay, moves),
      pointsSaved: hundredths(costStay - costPlan),
    },
    size: {
      patients: book.patients.length,
      slots: book.slots.reduce((sum, slot) => sum + slot.free, 0),
      arcs: problem.arcBucket.length,
      components: best.components ?? 0,
    },
    whyNot: (patientId, capacityId) =>
      whyNot({ book, best, values, homeDay, planDay, caps }, patientId, capacityId),
  }
}

function daysOf(book: Book, patients: readonly PlanPatient[], assignment: Int32Array): DayNumber[] {
  return patients.map(
    (patient, row) => book.slots[assignment[row] as number]?.day ?? stayDay(patient),
  )
}

function moveOf(
  book: Book,
  patient: PlanPatient,
  slot: Slot,
  homeDay: DayNumber,
  siteName: PlanInput['siteName'],
): PlannedMove {
  const from = patient.homeSite
  const facts = {
    step: slot.step,
    siteName: siteName?.(slot.site) ?? slot.site,
    deadlines: patient.deadlines,
    stayDay: homeDay,
    moveDay: slot.day,
    travelMinutes: from === null ? 0 : (book.context.minutes(from, slot.site) ?? 0),
    toCheck: slot.limits === null ? [] : stillToCheck(patient, slot.limits),
  }
  return {
    patientId: patient.id,
    capacityId: slot.id,
    fromTrust: patient.trust,
    toTrust: slot.trust,
    reason: moveReason(facts, book.context.settings),
  }
}
