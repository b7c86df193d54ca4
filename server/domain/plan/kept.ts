import { toDay } from '../../../shared/date.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import { bookOf, marksOf, remembered, type Book } from './book.ts'
import type {
  PlanCapacity,
  PlanDiff,
  PlanInput,
  PlanOutput,
  PlanPatient,
  ShownSuggestion,
  WhyNot,
} from './model.ts'
import { capsLeft } from './caps/parts.ts'
import { openKeptCaps } from './caps/kept-caps.ts'
import { openPathways } from './pathways.ts'
import { describe, type SolvedPlan } from './planner.ts'
import { solvedStep } from './step-answer.ts'
import { changeStepPlan, openStepPlan, type StepPlan } from './step-plan.ts'

/** What is so now and was not when the plan was last asked for. */
export interface PlanChanges {
  readonly patients?: readonly PlanPatient[]
  readonly patientsGone?: readonly number[]
  readonly capacity?: readonly PlanCapacity[]
  readonly shown?: readonly ShownSuggestion[]
  readonly shownGone?: readonly string[]
}

/** A plan that is kept solved between changes, step by step. */
export interface KeptPlan {
  /** Takes changes in; nothing is solved before `plan`. */
  readonly change: (changes: PlanChanges) => void
  /** Brings the steps touched up to date. @returns the newest output of every step, and which are new */
  readonly plan: () => KeptOutput
  /** Why a patient is not given a slot, by the newest plan; null when they are. [MOV-25] */
  readonly whyNot: (patientId: number, capacityId: number) => WhyNot | null
  /** Every step as a problem and its answer, for whoever wants to check them. */
  readonly solved: () => ReadonlyMap<Step, Omit<SolvedPlan, 'siteName'>>
}

export interface KeptOutput {
  readonly steps: ReadonlyMap<Step, PlanOutput>
  readonly touched: readonly Step[]
  /** Live suggestions whose slot nobody offers any more. */
  readonly orphans: PlanDiff['withdraw']
  /** Points the whole is away from the optimum at most; above 0 only where an import cap binds. [MOV-52] */
  readonly gap: number
}

interface Dirty {
  readonly patients: Set<number>
  readonly slots: Set<number>
  /** Trusts whose own plan may differ. */
  readonly trusts: Set<string>
}

/**
 * Opens an empty plan for a day; the facts come by `change`. Steps do not compete, so each is solved by itself, and
 * after a change only those it touches. [MOV-23, MOV-24]
 */
export function openKeptPlan(
  given: Pick<PlanInput, 'today' | 'settings' | 'travelMinutes' | 'siteName'>,
): KeptPlan {
  const today = toDay(given.today)
  const minutes = remembered(given.travelMinutes)
  const patientOfId = new Map<number, PlanPatient>()
  const capacityOfId = new Map<number, PlanCapacity>()
  const shownOfId = new Map<string, ShownSuggestion>()
  const stepOffered = new Map<number, Step>()
  const patientsOf = groups<PlanPatient>()
  const slotsOf = groups<PlanCapacity>()
  const pathways = openPathways()
  const dirty = new Map<Step, Dirty>()
  const plans = new Map<Step, StepPlan>()
  const outputs = new Map<Step, PlanOutput>()
  const keptCaps = openKeptCaps(given.settings.importCaps)

  function touch(step: Step | null | undefined): Dirty | null {
    if (step === null || step === undefined) return null
    let marks = dirty.get(step)
    if (marks === undefined) {
      marks = { patients: new Set<number>(), slots: new Set<number>(), trusts: new Set<string>() }
      dirty.set(step, marks)
    }
    return marks
  }

  function touchPatient(id: number): void {
    const patient = patientOfId.get(id)
    const marks = touch(patient?.step)
    if (patient === undefined || marks === null) return
    marks.patients.add(id)
    marks.trusts.add(patient.trust)
  }

  function touchSlot(capacityId: number): void {
    const capacity = capacityOfId.get(capacityId)
    const marks = touch(capacity?.step)
    if (capacity === undefined || marks === null) return
    marks.slots.add(capacityId)
    marks.trusts.add(capacity.trust)
  }

  function putPatient(id: number, patient: PlanPatient | null): void {
    const before = patientOfId.get(id)
    if (before === undefined && patient === null) return
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(patient)) return
    touchPatient(id)
    const stepBefore = before?.step ?? null
    if (stepBefore !== null && stepBefore !== patient?.step) patientsOf.of(stepBefore).delete(id)
    if (patient === null) patientOfId.delete(id)
    else {
      patientOfId.set(id, patient)
      if (patient.step !== null) patientsOf.of(patient.step).set(id, patient)
    }
    touchPatient(id)
    for (const other of pathways.put(id, before?.pathwayKey ?? null, patient)) touchPatient(other)
    for (const one of shownOfId.values()) {
      if (one.patientId === id) touch(stepOffered.get(one.capacityId))
    }
  }

  function putCapacity(capacity: PlanCapacity): void {
    const before = capacityOfId.get(capacity.id)
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(capacity)) return
    capacityOfId.set(capacity.id, capacity)
    stepOffered.set(capacity.id, capacity.step)
    slotsOf.of(capacity.step).set(capacity.id, capacity)
    touchSlot(capacity.id)
  }

  function putShown(id: string, shown: ShownSuggestion | null): void {
    for (const one of [shownOfId.get(id), shown]) {
      if (one === undefined || one === null) continue
      touchPatient(one.patientId)
      touchSlot(one.capacityId)
    }
    if (shown === null) shownOfId.delete(id)
    else shownOfId.set(id, shown)
  }

  function bookFor(step: Step, marks: ReturnType<typeof marksOf>): Book {
    return bookOf({
      today,
      context: {
        today,
        todayOn: given.today,
        settings: given.settings,
        minutes,
        pathway: pathways.of,
        pinned: (id) => marks.pinned.has(id),
      },
      capacity: [...slotsOf.of(step).values()],
      taken: marks.taken,
      patients: [...patientsOf.of(step).values()],
      patientOfId,
      shown: [...shownOfId.values()].filter((one) => stepOffered.get(one.capacityId) === step),
      stepOffered,
      shownTo: marks.shownTo,
    })
  }

  return {
    change(changes) {
      for (const capacity of changes.capacity ?? []) putCapacity(capacity)
      for (const patient of changes.patients ?? []) putPatient(patient.id, patient)
      for (const id of changes.patientsGone ?? []) putPatient(id, null)
      for (const one of changes.shown ?? []) putShown(one.id, one)
      for (const id of changes.shownGone ?? []) putShown(id, null)
    },
    plan() {
      const marks = marksOf(shownOfId.values())
      for (const [step, changed] of dirty) {
        const book = bookFor(step, marks)
        const kept = plans.get(step)
        if (kept === undefined) plans.set(step, openStepPlan(book, keptCaps.charge))
        else changeStepPlan(kept, book, changed)
      }
      const { stale, caps, gap } = keptCaps.settle(plans, dirty.keys(), capsNow())
      dirty.clear()
      for (const step of stale) {
        const kept = plans.get(step)
        if (kept === undefined) continue
        const priced = keptCaps.priced(step, kept)
        const { siteName } = given
        outputs.set(step, describe({ ...solvedStep(kept), caps, gap, priced, siteName }))
      }
      return { steps: outputs, touched: [...stale], orphans: orphansOf(shownOfId.values()), gap }
    },
    whyNot(patientId, capacityId) {
      const step = stepOffered.get(capacityId)
      const output = step === undefined ? undefined : outputs.get(step)
      if (output === undefined) return { rule: 'CAP-3', words: 'the slot is not offered' }
      return output.whyNot(patientId, capacityId)
    },
    solved: () => new Map([...plans].map(([step, kept]) => [step, solvedStep(kept)])),
  }

  /** What the caps leave: those who are coming already count. [MOV-52] */
  function capsNow(): ReturnType<typeof capsLeft> {
    const { importCaps } = given.settings
    return capsLeft(importCaps, shownOfId.values(), (id) => capacityOfId.get(id)?.trust)
  }

  function orphansOf(shown: Iterable<ShownSuggestion>): PlanDiff['withdraw'] {
    return [...shown].flatMap(({ id, patientId, capacityId }) => {
      if (stepOffered.has(capacityId)) return []
      const isOpen = patientOfId.has(patientId)
      const why = isOpen ? 'the slot is no longer offered' : 'the pathway is no longer open'
      return [{ id, patientId, kind: 'gone' as const, why }]
    })
  }
}

function groups<T>(): { readonly of: (step: Step) => Map<number, T> } {
  const all = new Map<Step, Map<number, T>>()
  return {
    of(step) {
      let group = all.get(step)
      if (group === undefined) all.set(step, (group = new Map<number, T>()))
      return group
    },
  }
}
