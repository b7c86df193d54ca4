import type { DayNumber } from '../../../shared/date.ts'
import type { Book } from './book.ts'
import type { CapSide } from './caps/ledger.ts'
import type { Slot } from './eligibility.ts'
import type { PlanPatient } from './model.ts'
import {
  allianceOptions,
  allianceRow,
  slotPoints,
  stayDay,
  stayPoints,
  viewOf,
  type PatientView,
} from './options.ts'
import { homeDays } from './planner.ts'
import { sameRules } from './same-rules.ts'
import { solve } from './solve.ts'
import { quantise, STAY, toPoints } from './transport.ts'
import type { TransportProblem, TransportSolution } from './transport.ts'
import { reopenBucket, setSlots, type Chooser } from './warm-bucket.ts'
import { openWarm, type Choice, type WarmState } from './warm-state.ts'
import { costsChanged, patientIn, patientOut } from './warm.ts'

/** Buckets kept empty for slots that are not there yet. */
const SPARE_BUCKETS = 64
/** Beyond this share of a step's patients solving anew is quicker than one change after another. */
const COLD_SHARE = 0.04
const COLD_LEAST = 60

/** One step of the plan, solved, with all that is needed to change it. */
export interface StepPlan {
  book: Book
  /** By patient id. */
  homeDay: Map<number, DayNumber>
  warm: WarmState
  /** Row of each patient, by id, and bucket of each slot, by capacity id. */
  rowOf: Map<number, number>
  bucketOf: Map<number, number>
  /** Points of the choices and of staying when the step was last solved anew, for telling when rows pile up. */
  coldArcs: number
  /** What imports cost more now, whole units. [MOV-52] */
  readonly charge: Charge
  /** Patients let in at less than that, by row. */
  eased: CapSide['eased']
}

/** Units that a patient of another trust costs more in a slot of this one, for the import caps. */
export type Charge = (toTrust: string) => number

/** What changed since: those whose own facts did; everything that follows from it is found here. */
export interface StepChanges {
  readonly patients: ReadonlySet<number>
  readonly slots: ReadonlySet<number>
  /** Trusts whose own plan may differ: those of the patients and slots changed, before and after. */
  readonly trusts: ReadonlySet<string>
}

/** Solves a step from nothing. */
export function openStepPlan(book: Book, charge: Charge): StepPlan {
  return coldStep(book, byId(book.patients, homeDays(book, book.patients)), charge)
}

/**
 * Brings a solved step to what is so now: the same total as solving it anew, with prices that prove it. [MOV-23]
 *
 * What each trust alone would do is solved anew for the trusts touched (it is small, and so it does not depend on
 * what was before); then only the choices that differ are changed in the solved state.
 */
export function changeStepPlan(step: StepPlan, book: Book, changes: StepChanges): void {
  const before = step.book
  const dirty = new Set(changes.patients)
  const homeDay = newHomeDays(step, book, changes.trusts)
  for (const [id, day] of homeDay) if (step.homeDay.get(id) !== day) dirty.add(id)
  step.book = book
  step.homeDay = homeDay

  const newSlots = book.slots.filter((slot) => !step.bucketOf.has(slot.id)).length
  const spare = step.warm.capacity.length - step.bucketOf.size
  const many = dirty.size > COLD_LEAST + book.patients.length * COLD_SHARE
  if (many || newSlots > spare || step.warm.arcCount > 2 * step.coldArcs + 10_000) {
    Object.assign(step, coldStep(book, homeDay, step.charge))
    return
  }
  for (const id of changes.slots) changeSlot(step, before, id, dirty)
  for (const id of dirty) changePatient(step, id)
}

function coldStep(book: Book, homeDay: Map<number, DayNumber>, charge: Charge): StepPlan {
  const problem = freeProblem({ book, homeDay })
  book.patients.forEach((patient, row) => {
    const end = problem.patientStart[row + 1] as number
    for (let arc = problem.patientStart[row] as number; arc < end; arc++) {
      const slot = book.slots[problem.arcBucket[arc] as number]
      if (slot === undefined) continue
      problem.arcCost[arc] = charged(charge, patient, slot, problem.arcCost[arc] as number)
    }
  })
  return { book, homeDay, charge, ...opened(book, problem, solve(problem)), eased: new Map() }
}

/** The step as it is without what imports cost more. */
export function freeProblem({
  book,
  homeDay,
}: Pick<StepPlan, 'book' | 'homeDay'>): TransportProblem {
  const day = book.patients.map((patient) => homeDay.get(patient.id) ?? stayDay(patient))
  return allianceOptions(book, { day })
}

/** Puts a step where it was found best from nothing, its rows in the order of the book. */
export function reopenStep(
  step: StepPlan,
  problem: TransportProblem,
  best: Pick<TransportSolution, 'assignment' | 'chosenArc' | 'price'>,
  eased: StepPlan['eased'],
): void {
  Object.assign(step, opened(step.book, problem, best), { eased })
}

function opened(
  book: Book,
  problem: TransportProblem,
  best: Pick<TransportSolution, 'assignment' | 'chosenArc' | 'price'>,
): Pick<StepPlan, 'warm' | 'rowOf' | 'bucketOf' | 'coldArcs'> {
  const buckets = book.slots.length + SPARE_BUCKETS
  const capacity = new Int32Array(buckets)
  capacity.set(problem.capacity)
  const price = new Float64Array(buckets)
  price.set(best.price)
  return {
    warm: openWarm({ ...problem, capacity }, { ...best, price }),
    rowOf: byId(book.patients, [...book.patients.keys()]),
    bucketOf: new Map(book.slots.map((slot) => [slot.id, slot.index])),
    coldArcs: problem.arcBucket.length,
  }
}

function newHomeDays(
  step: StepPlan,
  book: Book,
  trusts: ReadonlySet<string>,
): Map<number, DayNumber> {
  const homeDay = new Map<number, DayNumber>()
  const again: PlanPatient[] = []
  for (const patient of book.patients) {
    const known = step.homeDay.get(patient.id)
    if (known === undefined || trusts.has(patient.trust)) again.push(patient)
    else homeDay.set(patient.id, known)
  }
  homeDays(book, again).forEach((day, row) => {
    const patient = again[row]
    if (patient !== undefined) homeDay.set(patient.id, day)
  })
  return homeDay
}

/** A slot's number changed, or its rules did: then all who are not looked at anyway are asked about it again. */
function changeSlot(step: StepPlan, before: Book, id: number, dirty: ReadonlySet<number>): void {
  const { book, warm, bucketOf, rowOf } = step
  const slot = book.slotOfId.get(id)
  const known = bucketOf.get(id)
  if (slot === undefined) {
    if (known !== undefined) reopened(step, known, 0, [])
    return
  }
  const bucket = known ?? bucketOf.size
  bucketOf.set(id, bucket)
  const earlier = before.slotOfId.get(id)
  if (known !== undefined && earlier !== undefined && sameRules(earlier, slot)) {
    setSlots(warm, bucket, slot.free)
    return
  }
  const choosers: Chooser[] = []
  for (const patient of book.patients) {
    const row = rowOf.get(patient.id)
    if (row === undefined || dirty.has(patient.id)) continue
    const points = slotPoints(book, viewOf(book, patient, dayAtHome(step, patient)), slot)
    if (points === null) continue
    choosers.push({ patient: row, points: charged(step.charge, patient, slot, points) })
  }
  reopened(step, bucket, slot.free, choosers)
}

/** A bucket's choices are made new, so that nobody is eased there any more. */
function reopened(
  { warm, eased }: StepPlan,
  bucket: number,
  slots: number,
  choosers: readonly Chooser[],
): void {
  reopenBucket(warm, bucket, slots, choosers)
  for (const less of eased.values()) less.delete(bucket)
}

function changePatient(step: StepPlan, id: number): void {
  const { book, warm, rowOf } = step
  const row = rowOf.get(id)
  const patient = book.patientOfId.get(id)
  const day = step.homeDay.get(id)
  if (patient === undefined || day === undefined) {
    if (row !== undefined) patientOut(warm, row)
    rowOf.delete(id)
    return
  }
  const view = viewOf(book, patient, day)
  const choices = choicesOf(step, view)
  const stay = stayPoints(view)
  if (row === undefined) rowOf.set(id, patientIn(warm, stay, choices))
  else if (!sameRow(warm, row, stay, choices)) {
    rowOf.set(id, costsChanged(warm, row, stay, choices))
  }
}

function choicesOf({ book, bucketOf, charge }: StepPlan, view: PatientView): Choice[] {
  const choices: Choice[] = []
  allianceRow(book, view, (index, points) => {
    const slot = book.slots[index]
    const bucket = bucketOf.get(slot?.id ?? STAY)
    if (slot === undefined || bucket === undefined) return
    choices.push({ bucket, points: charged(charge, view.patient, slot, points) })
  })
  return choices
}

/** Points of a choice with what an import costs more; whole units, so that what is added can be taken off again. */
function charged(charge: Charge, patient: PlanPatient, slot: Slot, points: number): number {
  const units = slot.trust === patient.trust ? 0 : charge(slot.trust)
  return units === 0 ? points : toPoints(quantise(points) + units)
}

/** Whether a row already says this; in another order it counts as different, which only costs time. */
function sameRow(warm: WarmState, row: number, stay: number, choices: readonly Choice[]): boolean {
  const start = warm.arcStart[row] as number
  if ((warm.arcEnd[row] as number) - start !== choices.length) return false
  if (warm.stayCost[row] !== quantise(stay)) return false
  return choices.every(
    ({ bucket, points }, index) =>
      warm.arcBucket[start + index] === bucket && warm.arcCost[start + index] === quantise(points),
  )
}

/** When a patient would be seen with their own trust planning alone; if not asked yet, their day without a slot. */
export function dayAtHome(step: StepPlan, patient: PlanPatient): DayNumber {
  return step.homeDay.get(patient.id) ?? stayDay(patient)
}

function byId<T>(patients: readonly PlanPatient[], values: readonly T[]): Map<number, T> {
  return new Map(patients.map((patient, row) => [patient.id, values[row] as T]))
}
