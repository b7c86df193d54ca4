import { toDay, type DayNumber } from '../../../shared/date.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import { patientBarrier, type EligibilityContext, type Pathway, type Slot } from './eligibility.ts'
import type { PlanInput, PlanPatient, ShownSuggestion } from './model.ts'

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

/**
 * Orders everything by id, so that the same facts in any order give the same plan, and takes pinned slots off what
 * is free. [MOV-24, MOV-31, CAP-3]
 */
export function openBook(input: PlanInput): Book {
  const today = toDay(input.today)
  const taken = new Map<number, number>()
  const shownTo = new Map<number, number>()
  const pinned = new Set<number>()
  for (const shown of input.shown) {
    if (!shown.answered) {
      shownTo.set(shown.patientId, shown.capacityId)
      continue
    }
    pinned.add(shown.patientId)
    if (!shown.slotHeld) taken.set(shown.capacityId, (taken.get(shown.capacityId) ?? 0) + 1)
  }
  const planned = new Set(input.steps)
  const inPlan = (step: Step | null): boolean =>
    input.steps === undefined || (step !== null && planned.has(step))
  const slots = input.capacity
    .filter((capacity) => inPlan(capacity.step))
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
        free: Math.max(0, capacity.free - (taken.get(capacity.id) ?? 0)),
        openToAlliance: capacity.openToAlliance,
        tumours: tumours === null || tumours.length === 0 ? null : new Set(tumours),
        noticeDays: capacity.noticeDays,
      }
    })
  const patients = [...input.patients].sort((a, b) => a.id - b.id)
  const patientOfId = new Map(patients.map((patient) => [patient.id, patient]))
  const stepOffered = new Map(input.capacity.map(({ id, step }) => [id, step]))
  const pathwayOfKey = pathways(patients)
  const context: EligibilityContext = {
    today,
    settings: input.settings,
    minutes: remembered(input.travelMinutes),
    pathway: (patient) =>
      (patient.pathwayKey === null ? undefined : pathwayOfKey.get(patient.pathwayKey)) ?? {
        entryId: patient.id,
        trusts: [patient.trust],
      },
    pinned: (patientId) => pinned.has(patientId),
  }
  return {
    today,
    context,
    slots,
    slotOfId: new Map(slots.map((slot) => [slot.id, slot])),
    sitesOfStep: bySite(slots),
    patients: patients.filter(
      (patient) => inPlan(patient.step) && patientBarrier(patient, context) === null,
    ),
    patientOfId,
    shown: input.shown.filter(({ patientId, capacityId }) => {
      const touched = [patientOfId.get(patientId)?.step, stepOffered.get(capacityId)]
      return touched.some((step) => step === undefined || inPlan(step))
    }),
    stepOffered,
    shownTo,
  }
}

/** The lowest entry id, the one that has been on the list longest, is the one planned for. [MOV-10] */
function pathways(patients: readonly PlanPatient[]): Map<string, Pathway> {
  const pathwayOfKey = new Map<string, { entryId: number; trusts: string[] }>()
  for (const { id, pathwayKey, trust } of patients) {
    if (pathwayKey === null) continue
    const pathway = pathwayOfKey.get(pathwayKey)
    if (pathway === undefined) pathwayOfKey.set(pathwayKey, { entryId: id, trusts: [trust] })
    else if (!pathway.trusts.includes(trust)) pathway.trusts.push(trust)
  }
  return pathwayOfKey
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

function remembered(
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
