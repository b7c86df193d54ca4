import { toDay, type DayNumber } from '../../../shared/date.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import { patientBarrier, type EligibilityContext, type Slot } from './eligibility.ts'
import type { PlanCapacity, PlanInput, PlanPatient, ShownSuggestion } from './model.ts'
import { openPathways } from './pathways.ts'

/** The slots of one step at one site, earliest first. */
export interface SiteSlots {
  readonly site: string
  readonly trust: string
  readonly slots: readonly Slot[]
}

/** The input, looked up and put in order: everything the plan and its explanations read. */
export interface Book {
  readonly today: DayNumber
  readonly context: EligibilityContext
  /** Every slot, in order of capacity id; `Slot.index` counts along it. */
  readonly slots: readonly Slot[]
  readonly slotOfId: ReadonlyMap<number, Slot>
  readonly sitesOfStep: ReadonlyMap<Step, readonly SiteSlots[]>
  /** Those who take part, in order of id. */
  readonly patients: readonly PlanPatient[]
  readonly patientOfId: ReadonlyMap<number, PlanPatient>
  /** Live suggestions that touch a step of this plan. */
  readonly shown: readonly ShownSuggestion[]
  /** Step of every slot offered, in this plan or not. */
  readonly stepOffered: ReadonlyMap<number, Step>
  /** Capacity id of the suggestion a patient has been shown and nobody has answered. */
  readonly shownTo: ReadonlyMap<number, number>
}

/** What a book is made of; `bookOf` orders it. */
export interface BookFacts {
  readonly today: DayNumber
  readonly context: EligibilityContext
  readonly capacity: readonly PlanCapacity[]
  /** Slots given to answered suggestions and not yet taken off `capacity.free`, by capacity id. [CAP-3] */
  readonly taken: ReadonlyMap<number, number>
  /** Those who may take part. */
  readonly patients: readonly PlanPatient[]
  readonly patientOfId: ReadonlyMap<number, PlanPatient>
  readonly shown: readonly ShownSuggestion[]
  readonly stepOffered: ReadonlyMap<number, Step>
  readonly shownTo: ReadonlyMap<number, number>
}

/**
 * Orders everything by id, so that the same facts in any order give the same plan, and takes pinned slots off what
 * is free. [MOV-24, MOV-31, CAP-3]
 */
export function openBook(input: PlanInput): Book {
  const today = toDay(input.today)
  const { taken, shownTo, pinned } = marksOf(input.shown)
  const planned = new Set(input.steps)
  const inPlan = (step: Step | null): boolean =>
    input.steps === undefined || (step !== null && planned.has(step))
  const patientOfId = new Map(input.patients.map((patient) => [patient.id, patient]))
  const stepOffered = new Map(input.capacity.map(({ id, step }) => [id, step]))
  const pathways = openPathways()
  for (const patient of input.patients) pathways.put(patient.id, null, patient)
  return bookOf({
    today,
    context: {
      today,
      todayOn: input.today,
      settings: input.settings,
      minutes: remembered(input.travelMinutes),
      pathway: pathways.of,
      pinned: (patientId) => pinned.has(patientId),
    },
    capacity: input.capacity.filter((capacity) => inPlan(capacity.step)),
    taken,
    patients: input.patients.filter((patient) => inPlan(patient.step)),
    patientOfId,
    shown: input.shown.filter(({ patientId, capacityId }) => {
      const touched = [patientOfId.get(patientId)?.step, stepOffered.get(capacityId)]
      return touched.some((step) => step === undefined || inPlan(step))
    }),
    stepOffered,
    shownTo,
  })
}

/** What live suggestions say of patients and slots. [MOV-30, MOV-31] */
export function marksOf(shown: Iterable<ShownSuggestion>): {
  readonly taken: Map<number, number>
  readonly shownTo: Map<number, number>
  readonly pinned: Set<number>
} {
  const taken = new Map<number, number>()
  const shownTo = new Map<number, number>()
  const pinned = new Set<number>()
  for (const one of shown) {
    if (!one.answered) {
      shownTo.set(one.patientId, one.capacityId)
      continue
    }
    pinned.add(one.patientId)
    if (!one.slotHeld) taken.set(one.capacityId, (taken.get(one.capacityId) ?? 0) + 1)
  }
  return { taken, shownTo, pinned }
}

/** The facts as the solver reads them, in order of id: the same facts give the same book. [MOV-24] */
export function bookOf(facts: BookFacts): Book {
  const { context, taken, patientOfId, stepOffered, shownTo, shown, today } = facts
  const slots = [...facts.capacity]
    .sort((a, b) => a.id - b.id)
    .map((capacity, index): Slot => {
      const tumours = capacity.tumours
      return {
        index,
        id: capacity.id,
        site: capacity.site,
        trust: capacity.trust,
        step: capacity.step,
        day: toDay(capacity.day),
        on: capacity.day,
        free: Math.max(0, capacity.free - (taken.get(capacity.id) ?? 0)),
        openToAlliance: capacity.openToAlliance,
        tumours: tumours === null || tumours.length === 0 ? null : new Set(tumours),
        noticeDays: capacity.noticeDays,
        limits: capacity.limits ?? null,
      }
    })
  return {
    today,
    context,
    slots,
    slotOfId: new Map(slots.map((slot) => [slot.id, slot])),
    sitesOfStep: bySite(slots),
    patients: facts.patients
      .filter((patient) => patientBarrier(patient, context) === null)
      .sort((a, b) => a.id - b.id),
    patientOfId,
    shown,
    stepOffered,
    shownTo,
  }
}

function bySite(slots: readonly Slot[]): Map<Step, SiteSlots[]> {
  const groups = new Map<string, Slot[]>()
  for (const slot of slots) {
    const key = `${slot.step} ${slot.site}`
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [slot])
    else group.push(slot)
  }
  const sites = new Map<Step, SiteSlots[]>()
  for (const group of groups.values()) {
    const [first] = group
    if (first === undefined) continue
    group.sort((a, b) => a.day - b.day || a.id - b.id)
    const list = sites.get(first.step) ?? []
    list.push({ site: first.site, trust: first.trust, slots: group })
    sites.set(first.step, list)
  }
  return sites
}

/** Minutes of travel asked for once a pair of sites; null where the time is not known. */
export function remembered(
  travelMinutes: PlanInput['travelMinutes'],
): (fromSite: string, toSite: string) => number | null {
  const known = new Map<string, Map<string, number | null>>()
  return (fromSite, toSite) => {
    let row = known.get(fromSite)
    if (row === undefined) known.set(fromSite, (row = new Map<string, number | null>()))
    let minutes = row.get(toSite)
    if (minutes === undefined) row.set(toSite, (minutes = travelMinutes(fromSite, toSite)))
    return minutes
  }
}
