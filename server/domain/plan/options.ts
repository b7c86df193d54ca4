import { toDay, type DayNumber } from '../../../shared/date.ts'
import type { Book, SiteSlots } from './book.ts'
import { lastDayAsGoodAs, latePoints, movePoints } from './cost.ts'
import { siteBarrier, slotBarrier, type Barrier, type Slot } from './eligibility.ts'
import type { PlanPatient, PlanSettings } from './model.ts'
import type { TransportProblem } from './transport.ts'

/** Set against leaving a protected patient without a slot: more than any chain of moves can save. [MOV-19] */
const UNPROTECTED_POINTS = 2 ** 20
/** Lateness above this counts as this, so that a mistaken date cannot leave the solver's range. */
const MAX_LATE_POINTS = 2 ** 18

/** Where each patient would be with every trust alone: its own slots at their best, or the day expected. */
export interface HomePlan {
  /** By place in `Book.patients`. */
  readonly day: readonly DayNumber[]
}

/** Every trust alone: each patient's choices are the slots of their own trust. [MOV-14, CAP-2] */
export function homeOptions(
  book: Book,
  patients: readonly PlanPatient[] = book.patients,
): TransportProblem {
  const rows = newRows(book, patients.length)
  for (const patient of patients) {
    for (const place of sitesFor(book, patient)) {
      if (place.trust !== patient.trust) continue
      for (const slot of place.slots) {
        if (slotBarrier(patient, slot, book.context) !== null) continue
        rows.add(slot.index, late(patient, slot.day))
      }
    }
    rows.close(late(patient, stayDay(patient)))
  }
  return rows.problem()
}

/** The whole alliance: own slots, and every slot elsewhere that the rules allow and that helps the patient. */
export function allianceOptions(book: Book, home: HomePlan): TransportProblem {
  const rows = newRows(book, book.patients.length)
  book.patients.forEach((patient, row) => {
    const view = viewOf(book, patient, home.day[row] ?? stayDay(patient))
    for (const place of sitesFor(book, patient)) addChoices(book, view, place, rows.add)
    rows.close(stayPoints(view))
  })
  return rows.problem()
}

/** A patient before all slots: what is the same for each of them. */
export interface PatientView {
  readonly patient: PlanPatient
  readonly homeDay: DayNumber
  readonly homeLate: number
  /** The last day a protected patient may be given; null when nothing binds. [MOV-19] */
  readonly lastDay: DayNumber | null
  /** Capacity id of what they were shown, and what every other choice costs more then. [MOV-30] */
  readonly shown: number | undefined
  readonly change: number
}

/** What a patient is planned by. @param homeDay when they would be seen if their own trust planned alone */
export function viewOf(book: Book, patient: PlanPatient, homeDay: DayNumber): PatientView {
  const shown = book.shownTo.get(patient.id)
  return {
    patient,
    homeDay,
    homeLate: late(patient, homeDay),
    lastDay: protectedUntil(book, patient, homeDay),
    shown,
    change: shown === undefined ? 0 : book.context.settings.changePoints,
  }
}

/** Every choice of a patient and its points, to `add`. */
export function allianceRow(
  book: Book,
  view: PatientView,
  add: (bucket: number, points: number) => void,
): void {
  for (const place of sitesFor(book, view.patient)) addChoices(book, view, place, add)
}

/** Points of one slot for a patient; null where a rule forbids it or it would not help them. */
export function slotPoints(book: Book, view: PatientView, slot: Slot): number | null {
  let points: number | null = null
  const place = { site: slot.site, trust: slot.trust, slots: [slot] }
  addChoices(book, view, place, (_, found) => (points = found))
  return points
}

/** Points of getting no slot. */
export function stayPoints({ patient, lastDay, change }: PatientView): number {
  const day = stayDay(patient)
  const exposed = lastDay !== null && day > lastDay ? UNPROTECTED_POINTS : 0
  return late(patient, day) + change + exposed
}

function addChoices(
  book: Book,
  view: PatientView,
  place: SiteSlots,
  add: (bucket: number, points: number) => void,
): void {
  const { patient, homeDay, homeLate, lastDay, change } = view
  const { context } = book
  if (place.trust === patient.trust) {
    for (const slot of place.slots) {
      if (lastDay !== null && slot.day > lastDay) break
      if (slotBarrier(patient, slot, context) !== null) continue
      add(slot.index, late(patient, slot.day) + change)
    }
    return
  }
  if (siteBarrier(patient, place.site, place.trust, context) !== null) return
  const extra = awayPoints(book, patient, place.site)
  for (const slot of place.slots) {
    if (slot.day >= homeDay) break
    if (slotBarrier(patient, slot, context) !== null) continue
    const points = late(patient, slot.day) + extra
    const kept = slot.id === view.shown
    if (!helps(context.settings, kept, homeDay - slot.day, homeLate - points)) continue
    add(slot.index, kept ? points : points + change)
  }
}

/**
 * Whether a move helps its patient enough, against their own trust alone. One already shown need only help at all.
 * [MOV-18, MOV-30]
 */
function helps(settings: PlanSettings, shown: boolean, daysSooner: number, saves: number): boolean {
  if (shown) return daysSooner > 0 && saves > 0
  const { minimumDaysSooner, minimumPointsSaved } = settings
  return (
    daysSooner > 0 && daysSooner >= minimumDaysSooner && saves > 0 && saves >= minimumPointsSaved
  )
}

/** Why a move to a slot would not help this patient enough; null when it would. [MOV-18] */
export function helpBarrier(
  book: Book,
  patient: PlanPatient,
  slot: Slot,
  homeDay: DayNumber,
): Barrier | null {
  const daysSooner = homeDay - slot.day
  const against = awayPoints(book, patient, slot.site)
  const saves = late(patient, homeDay) - late(patient, slot.day) - against
  const shown = book.shownTo.get(patient.id) === slot.id
  if (helps(book.context.settings, shown, daysSooner, saves)) return null
  const sooner = daysSooner > 0 ? `${String(daysSooner)} days sooner` : 'no sooner'
  return {
    rule: 'MOV-18',
    words: () => `it is ${sooner} than at home and would save ${saves.toFixed(2)} points`,
  }
}

/** The last day a protected patient may be given; null when nothing binds. [MOV-19] */
export function protectedUntil(
  book: Book,
  patient: PlanPatient,
  homeDay: DayNumber,
): DayNumber | null {
  if (!book.context.settings.protectOwnPatients) return null
  return lastDayAsGoodAs(patient.deadlines, homeDay)
}

/** The day a patient without a slot is seen: the day booked, or the day expected. [MOV-14] */
export function stayDay(patient: PlanPatient): DayNumber {
  return patient.bookedOn === null ? patient.expectedStayDay : toDay(patient.bookedOn)
}

/** Points that going to a site costs besides lateness: travel and transfer. [MOV-17] */
export function awayPoints(book: Book, patient: PlanPatient, site: string): number {
  const from = patient.homeSite
  const minutes = from === null ? 0 : (book.context.minutes(from, site) ?? 0)
  const against = movePoints(book.context.settings, minutes)
  return against.travel + against.transfer
}

function late(patient: PlanPatient, day: DayNumber): number {
  return Math.min(MAX_LATE_POINTS, latePoints(patient.deadlines, day))
}

function sitesFor(book: Book, patient: PlanPatient): readonly SiteSlots[] {
  return patient.step === null ? [] : (book.sitesOfStep.get(patient.step) ?? [])
}

interface Rows {
  readonly add: (bucket: number, points: number) => void
  readonly close: (stayPoints: number) => void
  readonly problem: () => TransportProblem
}

function newRows(book: Book, patientCount: number): Rows {
  const patientStart = new Int32Array(patientCount + 1)
  const stayCost = new Float64Array(patientCount)
  let arcBucket = new Int32Array(1024)
  let arcCost = new Float64Array(1024)
  let arcs = 0
  let patient = 0
  return {
    add: (bucket, points) => {
      if (arcs === arcBucket.length) {
        const bucketsBefore = arcBucket
        const costBefore = arcCost
        arcBucket = new Int32Array(arcs * 2)
        arcBucket.set(bucketsBefore)
        arcCost = new Float64Array(arcs * 2)
        arcCost.set(costBefore)
      }
      arcBucket[arcs] = bucket
      arcCost[arcs++] = points
    },
    close: (stayPoints) => {
      stayCost[patient++] = stayPoints
      patientStart[patient] = arcs
    },
    problem: () => ({
      patientStart,
      arcBucket: arcBucket.subarray(0, arcs),
      arcCost: arcCost.subarray(0, arcs),
      stayCost,
      capacity: Int32Array.from(book.slots, (slot) => slot.free),
    }),
  }
}
