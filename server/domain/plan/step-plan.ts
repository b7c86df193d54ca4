import type { DayNumber } from '../../../shared/date.ts'
import type { Book } from './book.ts'
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
import { homeDays, type SolvedPlan } from './planner.ts'
import { solve } from './solve.ts'
import { quantise, STAY, toPoints, type TransportProblem } from './transport.ts'
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
}

/** What changed since: those whose own facts did; everything that follows from it is found here. */
export interface StepChanges {
  readonly patients: ReadonlySet<number>
  readonly slots: ReadonlySet<number>
  /** Trusts whose own plan may differ: those of the patients and slots changed, before and after. */
  readonly trusts: ReadonlySet<string>
}

/** Solves a step from nothing. */
export function openStepPlan(book: Book): StepPlan {
  return coldStep(book, byId(book.patients, homeDays(book, book.patients)))
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
    Object.assign(step, coldStep(book, homeDay))
    return
  }
  for (const id of changes.slots) changeSlot(step, before, id, dirty)
  for (const id of dirty) changePatient(step, id)
}

/** The step as a problem and its answer, in the order of the book: what a cold solve would give, for `describe`. */
export function solvedStep(step: StepPlan): Omit<SolvedPlan, 'siteName'> {
  const { book, warm, rowOf, bucketOf } = step
  const slotAt = new Int32Array(warm.capacity.length).fill(STAY)
  const price = new Float64Array(book.slots.length)
  for (const slot of book.slots) {
    const bucket = bucketOf.get(slot.id)
    if (bucket === undefined) continue
    slotAt[bucket] = slot.index
    price[slot.index] = toPoints(warm.price[bucket] as number)
  }
  const rows = book.patients.map((patient) => rowOf.get(patient.id) as number)
  const patientStart = new Int32Array(rows.length + 1)
  rows.forEach((row, index) => {
    patientStart[index + 1] =
      (patientStart[index] as number) +
      (warm.arcEnd[row] as number) -
      (warm.arcStart[row] as number)
  })
  const arcs = patientStart[rows.length] as number
  const problem: TransportProblem = {
    patientStart,
    arcBucket: new Int32Array(arcs),
    arcCost: new Float64Array(arcs),
    stayCost: new Float64Array(rows.length),
    capacity: Int32Array.from(book.slots, (slot) => slot.free),
  }
  const assignment = new Int32Array(rows.length).fill(STAY)
  const chosenArc = new Int32Array(rows.length).fill(STAY)
  let to = 0
  rows.forEach((row, index) => {
    problem.stayCost[index] = toPoints(warm.stayCost[row] as number)
    const place = warm.place[row] as number
    if (place !== STAY) assignment[index] = slotAt[place] as number
    const end = warm.arcEnd[row] as number
    for (let arc = warm.arcStart[row] as number; arc < end; arc++) {
      if (warm.placeArc[row] === arc) chosenArc[index] = to
      problem.arcBucket[to] = slotAt[warm.arcBucket[arc] as number] as number
      problem.arcCost[to++] = toPoints(warm.arcCost[arc] as number)
    }
  })
  const homeDay = book.patients.map((patient) => dayAtHome(step, patient))
  return { book, homeDay, problem, best: { assignment, chosenArc, price } }
}

function coldStep(book: Book, homeDay: Map<number, DayNumber>): StepPlan {
  const day = book.patients.map((patient) => homeDay.get(patient.id) ?? stayDay(patient))
  const problem = allianceOptions(book, { day })
  const best = solve(problem)
  const buckets = book.slots.length + SPARE_BUCKETS
  const capacity = new Int32Array(buckets)
  capacity.set(problem.capacity)
  const price = new Float64Array(buckets)
  price.set(best.price)
  return {
    book,
    homeDay,
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
    if (known !== undefined) reopenBucket(warm, known, 0, [])
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
    if (points !== null) choosers.push({ patient: row, points })
  }
  reopenBucket(warm, bucket, slot.free, choosers)
}

function changePatient(step: StepPlan, id: number): void {
  const { book, warm, rowOf, bucketOf } = step
  const row = rowOf.get(id)
  const patient = book.patientOfId.get(id)
  const day = step.homeDay.get(id)
  if (patient === undefined || day === undefined) {
    if (row !== undefined) patientOut(warm, row)
    rowOf.delete(id)
    return
  }
  const view = viewOf(book, patient, day)
  const choices = choicesOf(book, view, bucketOf)
  const stay = stayPoints(view)
  if (row === undefined) rowOf.set(id, patientIn(warm, stay, choices))
  else if (!sameRow(warm, row, stay, choices)) {
    rowOf.set(id, costsChanged(warm, row, stay, choices))
  }
}

function choicesOf(book: Book, view: PatientView, bucketOf: ReadonlyMap<number, number>): Choice[] {
  const choices: Choice[] = []
  allianceRow(book, view, (index, points) => {
    const bucket = bucketOf.get(book.slots[index]?.id ?? STAY)
    if (bucket !== undefined) choices.push({ bucket, points })
  })
  return choices
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

function sameRules(a: Slot, b: Slot): boolean {
  const tumours = (slot: Slot): string =>
    slot.tumours === null ? '' : [...slot.tumours].sort().join()
  return (
    a.openToAlliance === b.openToAlliance &&
    a.noticeDays === b.noticeDays &&
    a.day === b.day &&
    a.trust === b.trust &&
    tumours(a) === tumours(b) &&
    JSON.stringify(a.limits) === JSON.stringify(b.limits)
  )
}

function dayAtHome(step: StepPlan, patient: PlanPatient): DayNumber {
  return step.homeDay.get(patient.id) ?? stayDay(patient)
}

function byId<T>(patients: readonly PlanPatient[], values: readonly T[]): Map<number, T> {
  return new Map(patients.map((patient, row) => [patient.id, values[row] as T]))
}
