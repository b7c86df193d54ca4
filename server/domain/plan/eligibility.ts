import type { DayNumber, IsoDate } from '../../../shared/date.ts'
import type { SlotLimits } from '../../../shared/capacity.ts'
import { STEPS, TUMOURS, type Step, type Tumour } from '../../../shared/vocabulary.ts'
import { beyondLimit } from './limits.ts'
import type { PlanPatient, PlanSettings } from './model.ts'
import { shortDate } from './reason.ts'

/** Under this age nobody is moved: other services, other consent. [MOV-9; PIDMAS excludes under 18] */
const ADULT_YEARS = 18

/** A rule against something; its words are only put together for whoever asks. */
export interface Barrier {
  readonly rule: string
  readonly words: () => string
}

/** One site's slots of one step on one day, its dates as day numbers. */
export interface Slot {
  readonly index: number
  readonly id: number
  readonly site: string
  readonly trust: string
  readonly step: Step
  readonly day: DayNumber
  /** The same day, to be held against dates as they are stored. */
  readonly on: IsoDate
  readonly free: number
  readonly openToAlliance: boolean
  /** null: all. */
  readonly tumours: ReadonlySet<Tumour> | null
  readonly noticeDays: number
  readonly limits: SlotLimits | null
}

/** All that report the same pathway: the entry planned for, the lowest id, and every trust. */
export interface Pathway {
  readonly entryId: number
  readonly trusts: readonly string[]
}

/** What the rules must know beside the patient and the slot. */
export interface EligibilityContext {
  readonly today: DayNumber
  readonly todayOn: IsoDate
  readonly settings: PlanSettings
  /** Minutes from one site to another; null when not known. */
  readonly minutes: (fromSite: string, toSite: string) => number | null
  readonly pathway: (patient: PlanPatient) => Pathway
  /** True when somebody has said yes to a suggestion for this patient. */
  readonly pinned: (patientId: number) => boolean
}

/** Why a patient takes no part in the plan at all; null when they do. [MOV-1, MOV-6, MOV-7, MOV-10, MOV-31] */
export function patientBarrier(patient: PlanPatient, context: EligibilityContext): Barrier | null {
  if (patient.step === null) return no('MOV-1', () => 'no step is awaited')
  if (patient.midTransfer)
    return no('MOV-7', () => 'a transfer between trusts is already under way')
  if (patient.doneElsewhere === true) {
    return no('MOV-51', () => 'this step was done at another trust and not asked for again since')
  }
  if (context.pinned(patient.id)) {
    return no(
      'MOV-31',
      () => 'a suggestion for this patient has been answered and is carried through',
    )
  }
  const { bookedOn } = patient
  if (bookedOn !== null && bookedOn <= context.todayOn) {
    return no('MOV-6', () => `booked at home for ${shortDate(bookedOn)}`)
  }
  const { entryId, trusts } = context.pathway(patient)
  if (entryId !== patient.id) {
    return no('MOV-10', () => `the same pathway is counted once, at ${trusts[0] ?? patient.trust}`)
  }
  return null
}

/** Why a patient cannot go to another trust's site, whatever the day; null when they can. [MOV-4, MOV-8..MOV-11] */
export function siteBarrier(
  patient: PlanPatient,
  site: string,
  trust: string,
  context: EligibilityContext,
): Barrier | null {
  if (patient.ageYears !== null && patient.ageYears < ADULT_YEARS) {
    return no('MOV-9', () => 'patients under 18 are not moved')
  }
  if (patient.tumour === 'children') return no('MOV-9', () => "children's pathways are not moved")
  if (context.pathway(patient).trusts.includes(trust)) {
    return no('MOV-10', () => `${trust} already reports this pathway`)
  }
  const { barredPairs, defaultTravelLimitMinutes } = context.settings
  if (barredPairs.some((pair) => pair.from === patient.trust && pair.to === trust)) {
    return no('MOV-11', () => `nothing is proposed from ${patient.trust} to ${trust}`)
  }
  const refused = patient.refused.some(
    (refusal) =>
      refusal.day === null &&
      (refusal.toTrust === null || refusal.toTrust === trust) &&
      (refusal.toSite === null || refusal.toSite === site),
  )
  if (refused) return no('MOV-8', () => 'this was refused before')
  const minutes = patient.homeSite === null ? null : context.minutes(patient.homeSite, site)
  if (minutes === null) return no('MOV-4', () => 'the travel time is not known')
  const limit = patient.travelLimitMinutes ?? defaultTravelLimitMinutes
  if (minutes > limit) {
    const asked = patient.travelLimitMinutes === null ? 'usual' : "patient's own"
    const found = `${String(minutes)} minutes of travel`
    return no('MOV-4', () => `${found} is beyond the ${asked} limit of ${String(limit)}`)
  }
  return null
}

/** Why a patient cannot use a slot, own or away; null when they can. [MOV-1..MOV-3, MOV-5, MOV-6, MOV-8, MOV-12] */
export function slotBarrier(
  patient: PlanPatient,
  slot: Slot,
  context: EligibilityContext,
): Barrier | null {
  if (patient.step !== slot.step) {
    const { step } = patient
    const awaited = (): string => (step === null ? 'nothing' : STEPS[step])
    return no('MOV-1', () => `the patient awaits ${awaited()}, the slot is for ${STEPS[slot.step]}`)
  }
  const away = slot.trust !== patient.trust
  if (away && !slot.openToAlliance) {
    return no('MOV-2', () => `${slot.trust} has not opened this slot to the alliance`)
  }
  if (slot.tumours !== null && !slot.tumours.has(patient.tumour)) {
    return no('MOV-3', () => `the site does not take ${TUMOURS[patient.tumour]} here`)
  }
  if (slot.limits !== null && beyondLimit(patient, slot.limits) !== null) {
    const { limits } = slot
    return no('CAP-8', () => `the site takes ${beyondLimit(patient, limits) ?? 'others'}`)
  }
  if (slot.day < context.today + slot.noticeDays) {
    return no('MOV-5', () => `the site wants ${String(slot.noticeDays)} days of notice`)
  }
  if (slot.day > context.today + context.settings.horizonDays) {
    const days = String(context.settings.horizonDays)
    return no('MOV-12', () => `the slot is more than ${days} days ahead`)
  }
  const { bookedOn } = patient
  if (bookedOn !== null && bookedOn <= slot.on) {
    return no('MOV-6', () => `booked at home for ${shortDate(bookedOn)}, no later than this`)
  }
  if (away && patient.refused.some((refusal) => refusesDay(refusal, slot))) {
    return no('MOV-8', () => 'this day was refused before')
  }
  return null
}

function refusesDay(refusal: PlanPatient['refused'][number], slot: Slot): boolean {
  return (
    refusal.day !== null &&
    refusal.day === slot.on &&
    (refusal.toTrust === null || refusal.toTrust === slot.trust) &&
    (refusal.toSite === null || refusal.toSite === slot.site)
  )
}

function no(rule: string, words: () => string): Barrier {
  return { rule, words }
}
