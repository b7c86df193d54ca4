import type { IsoDate } from '../../../shared/date.ts'
import type { Issue } from '../../../shared/delivery.ts'
import type { Step } from '../../../shared/vocabulary.ts'
import { awaitedStep } from '../../domain/clock/awaited-step.ts'
import type { Patch } from './hl7-patch.ts'
import { patchOf, patched } from './hl7-patch.ts'
import type { HeldEntry } from './update.ts'

/*
 * What messages make of a pathway. Each takes the pathway as it is known and gives what changes; none knows of HL7's
 * segments, and none invents: what is not said stays as it is. [FEED-52]
 */

/** An appointment, and for which step; null for a service that is no step of ours. */
export interface Appointment {
  readonly step: Step | null
  readonly on: IsoDate
  /** ODS site; absent where none is said. */
  readonly site?: string
}

export interface Deed {
  readonly patch: Patch
  readonly issues: readonly Omit<Issue, 'rowNumber' | 'recordKey'>[]
}

const NOTHING: Deed = { patch: patchOf(), issues: [] }
const CLINIC: Step = 'clinic'
const MOST_MISSED = 20

/**
 * An appointment booked or moved. The list shows one appointment a pathway, the next: one for another step that comes
 * sooner is kept.
 */
export function booked({ facts }: HeldEntry, said: Appointment, saidOn: IsoDate): Deed {
  const { step, on, site } = said
  if (step === null) return { patch: patchOf(), issues: [UNKNOWN_SERVICE] }
  const { stepBookedOn } = facts
  const isAhead = stepBookedOn !== undefined && stepBookedOn >= saidOn && stepBookedOn < on
  if (facts.step !== undefined && facts.step !== step && isAhead) {
    return { patch: patchOf(), issues: [SOONER_KEPT] }
  }
  const other = facts.step !== step
  return {
    patch: patchOf(
      ['step', step],
      ['stepBookedOn', on],
      ['stepBookedSite', site],
      ...(other ? ([['stepRequestedOn', undefined]] as const) : []),
    ),
    issues: [],
  }
}

/** An appointment called off by anybody, with notice: no clock stops or is adjusted. [domain.md 2] */
export function cancelled(held: HeldEntry, said: Appointment): Deed {
  return isShown(held, said) ? { patch: UNBOOKED, issues: [] } : NOTHING
}

/** Somebody did not come. A missed first appointment counts in the first-seen adjustment. [domain.md 2] */
export function missed(held: HeldEntry, said: Appointment): Deed {
  const { facts } = held
  const step = said.step ?? (isShown(held, said) ? facts.step : undefined)
  const before = facts.missedFirstAppointments ?? []
  const counts =
    step === CLINIC &&
    facts.firstSeenOn === undefined &&
    !before.includes(said.on) &&
    before.length < MOST_MISSED
  const dates = [...before, said.on].sort()
  return {
    patch: new Map([
      ...(isShown(held, said) ? UNBOOKED : []),
      ...(counts ? patchOf(['missedFirstAppointments', dates]) : []),
    ]),
    issues: [],
  }
}

/** Somebody came. To the first clinic: first seen. */
export function attended(held: HeldEntry, on: IsoDate, site: string | undefined): Deed {
  const { facts } = held
  const isFirst = facts.firstSeenOn === undefined
  const clinicDone = facts.step === CLINIC && (facts.stepBookedOn ?? on) <= on
  return {
    patch: new Map([
      ...(isFirst ? patchOf(['firstSeenOn', on]) : []),
      ...(isFirst && site !== undefined ? patchOf(['firstSeenSite', site]) : []),
      ...(clinicDone ? STEP_DONE : []),
    ]),
    issues: [],
  }
}

/** The attendance of that day is taken back. */
export function notAttended({ facts }: HeldEntry, on: IsoDate): Deed {
  if (facts.firstSeenOn !== on) return NOTHING
  return { patch: patchOf(['firstSeenOn', undefined], ['firstSeenSite', undefined]), issues: [] }
}

/** A step has been done and reported: the pathway waits for what comes next, and not for the same again. */
export function reported(held: HeldEntry, step: Step): Deed {
  if (awaitedStep(held.facts)?.step !== step) return NOTHING
  const after = patched(held, STEP_DONE)
  // What would be inferred next is the very step that was done: somebody must look at its result first.
  const again = awaitedStep(after.facts)?.step === step
  return {
    patch: again ? new Map([...STEP_DONE, ...patchOf(['step', 'mdt'])]) : STEP_DONE,
    issues: [],
  }
}

const UNBOOKED = patchOf(['stepBookedOn', undefined], ['stepBookedSite', undefined])
const STEP_DONE: Patch = new Map([
  ...UNBOOKED,
  ...patchOf(['step', undefined], ['stepRequestedOn', undefined]),
])

/** Whether the list shows this very appointment. */
function isShown({ facts }: HeldEntry, { step, on }: Appointment): boolean {
  return facts.stepBookedOn === on && (step === null || facts.step === step)
}

const UNKNOWN_SERVICE: Deed['issues'][number] = {
  field: 'AIS-3',
  code: 'FEED-52',
  severity: 'warns',
  message: 'The service of the appointment is none of the steps of the list; nothing was changed.',
  fix: 'Nothing, if it is another service; else send the step by its name, such as CT, in AIS-3 or SCH-8.',
}
const SOONER_KEPT: Deed['issues'][number] = {
  field: 'SCH-11',
  code: 'FEED-52',
  severity: 'warns',
  message: 'The pathway has an appointment for another step that comes sooner; that one is shown.',
  fix: 'Nothing; send the appointment again when the sooner one is over or off.',
}
