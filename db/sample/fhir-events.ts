import type {
  Appointment,
  Encounter,
  EpisodeOfCare,
  Patient,
  Reference,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes'
import type { EntryFacts } from '../../shared/entry.ts'
import type { FhirEvent } from '../../shared/fhir.ts'
import { FHIR_EVENTS, FHIR_SYSTEMS } from '../../shared/fhir.ts'
import { concept, given, site } from './fhir-words.ts'

/** A time of day that is the same date in London and in UTC, summer and winter. */
const NINE = 'T09:00:00Z'

/** Something that has happened: first seen, upgraded, told, decided, treated. */
export function encounterOf(
  event: FhirEvent,
  on: string | undefined,
  at: string | undefined,
  beside: { readonly patient: Reference<Patient>; readonly episode: Reference<EpisodeOfCare> },
): Encounter {
  return {
    resourceType: 'Encounter',
    status: 'finished',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'AMB' },
    type: [concept(FHIR_SYSTEMS.event, FHIR_EVENTS[event])],
    subject: beside.patient,
    episodeOfCare: [beside.episode],
    ...(on === undefined ? {} : { period: { start: on } }),
    ...(at === undefined ? {} : { location: [{ location: site(at) }] }),
  }
}

/** When and where the next step is booked. */
export function bookingOf(
  facts: Partial<EntryFacts>,
  referral: Reference<ServiceRequest>,
): Appointment {
  const { step, stepBookedOn: on, stepBookedSite: at } = facts
  return {
    resourceType: 'Appointment',
    status: 'booked',
    ...(step === undefined ? {} : { serviceType: [concept(FHIR_SYSTEMS.step, step)] }),
    ...(on === undefined ? {} : { start: on + NINE }),
    basedOn: [referral],
    participant: at === undefined ? [] : [{ actor: site(at), status: 'accepted' }],
  }
}

/** A first appointment that was not kept. */
export function missedOf(on: string, referral: Reference<ServiceRequest>): Appointment {
  return {
    resourceType: 'Appointment',
    status: 'noshow',
    serviceType: [concept(FHIR_SYSTEMS.step, 'clinic')],
    start: on + NINE,
    basedOn: [referral],
    participant: [],
  }
}

/** What a coordinator has written down: the note, what is to happen next, by whom and when. */
export function taskOf(
  facts: Partial<EntryFacts>,
  patient: Reference<Patient>,
  episode: Reference<EpisodeOfCare>,
): Task {
  const { trackingNote: text, trackingNoteOn: time, nextActionOwner: owner, escalated } = facts
  return {
    resourceType: 'Task',
    status: 'requested',
    intent: 'order',
    focus: episode,
    for: patient,
    ...given('description', facts.nextAction),
    ...(escalated === undefined ? {} : { priority: escalated ? 'urgent' : 'routine' }),
    ...(owner === undefined ? {} : { owner: { display: owner } }),
    ...(facts.nextActionDueOn === undefined
      ? {}
      : { restriction: { period: { end: facts.nextActionDueOn } } }),
    // A date without its note is nothing FHIR has; it is written all the same, so that nothing is lost.
    ...(text === undefined && time === undefined
      ? {}
      : { note: [{ ...given('text', text), ...given('time', time) } as { text: string }] }),
  }
}
