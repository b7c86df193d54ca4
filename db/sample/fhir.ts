import { createHash } from 'node:crypto'
import type {
  Appointment,
  BundleEntry,
  CodeableConcept,
  Encounter,
  EpisodeOfCare,
  Extension,
  Patient,
  Reference,
  Resource,
  ServiceRequest,
  Task,
} from '@medplum/fhirtypes'
import type { EntryFacts, Identity } from '../../shared/entry.ts'
import type { FhirEvent, FhirValue } from '../../shared/fhir.ts'
import {
  FACT_EXTENSION,
  FHIR_EVENTS,
  FHIR_EXTENSIONS,
  FHIR_MAP,
  FHIR_SYSTEMS,
} from '../../shared/fhir.ts'

export const FHIR_FRAME = {
  head: '{"resourceType":"Bundle","type":"collection","entry":[\n',
  between: ',\n',
  tail: '\n]}\n',
} as const

const KEY_SYSTEM = 'urn:ptl:sample:record'
const HOSPITAL_SYSTEM = 'urn:ptl:sample:hospital-number'
/** A time of day that is the same date in London and in UTC, summer and winter. */
const NINE = 'T09:00:00Z'

/** An entry as entries of a Bundle, joined: each fact where FHIR_MAP says it stands. [FEED-73] */
export function fhirOf(facts: Partial<EntryFacts>, who: Identity, trust: string): string {
  return fhirEntries(facts, who, trust)
    .map((entry) => JSON.stringify(entry))
    .join(FHIR_FRAME.between)
}

/** The resources of one pathway, anchor first. @param trust makes the ids, with the record key */
export function fhirEntries(
  facts: Partial<EntryFacts>,
  who: Identity,
  trust: string,
): BundleEntry[] {
  // A record whose key was left out on purpose still has resources of its own.
  const record = facts.localId ?? JSON.stringify([facts, who])
  const urn = (what: string): string => uuid(`${trust} ${record} ${what}`)
  const patient: Reference<Patient> = { reference: urn('patient') }
  const episode: Reference<EpisodeOfCare> = { reference: urn('episode') }
  const referral: Reference<ServiceRequest> = { reference: urn('referral') }
  const order: Reference<ServiceRequest> = { reference: urn('order') }
  const entries: BundleEntry[] = []
  const add = (fullUrl: string | undefined, resource: Resource): void => {
    if (fullUrl !== undefined) entries.push({ fullUrl, resource })
  }
  add(episode.reference, episodeOf(facts, { patient, referral, trust }))
  add(patient.reference, patientOf(facts, who))
  add(referral.reference, {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'plan',
    category: [concept(FHIR_SYSTEMS.requestCategory, 'referral')],
    subject: patient,
    ...given('authoredOn', facts.decisionToReferOn),
  })
  if (facts.iptRequestedOn ?? facts.iptReferrer ?? facts.iptReceiver) {
    add(urn('transfer'), transferOf(facts, patient, referral))
  }
  for (const event of Object.keys(FHIR_EVENTS) as FhirEvent[]) {
    const [on, site] = EVENT_FACTS[event]
    if (facts[on] === undefined && facts[site] === undefined) continue
    add(urn(event), encounterOf(event, facts[on], facts[site], { patient, episode }))
  }
  if (facts.step !== undefined || facts.stepRequestedOn !== undefined) {
    add(order.reference, orderOf(facts, patient, referral))
  }
  if (facts.stepBookedOn !== undefined || facts.stepBookedSite !== undefined) {
    add(urn('booking'), bookingOf(facts, referral))
  }
  for (const [at, on] of (facts.missedFirstAppointments ?? []).entries()) {
    add(urn(`missed ${at}`), missedOf(on, referral))
  }
  if (TASK_FACTS.some((name) => facts[name] !== undefined)) {
    add(urn('task'), taskOf(facts, patient, episode))
  }
  return entries
}

const EVENT_FACTS = {
  firstSeen: ['firstSeenOn', 'firstSeenSite'],
  upgraded: ['upgradedOn', 'upgradeSite'],
  told: ['toldOn', 'toldSite'],
  dtt: ['dttOn', 'dttSite'],
  treated: ['treatedOn', 'treatmentSite'],
} as const satisfies Record<FhirEvent, readonly [keyof EntryFacts, keyof EntryFacts]>
const TASK_FACTS = [
  'trackingNote',
  'trackingNoteOn',
  'nextAction',
  'nextActionOwner',
  'nextActionDueOn',
  'escalated',
] as const

function episodeOf(
  facts: Partial<EntryFacts>,
  beside: {
    readonly patient: Reference<Patient>
    readonly referral: Reference<ServiceRequest>
    readonly trust: string
  },
): EpisodeOfCare {
  const { localId, ppid, ppidIssuer, diagnosis, tumour, receivedOn, closedOn } = facts
  const issued = ppid !== undefined || ppidIssuer !== undefined
  const ended = closedOn !== undefined || facts.closedReason !== undefined
  return {
    resourceType: 'EpisodeOfCare',
    ...(diagnosis === undefined
      ? {}
      : {
          contained: [
            {
              resourceType: 'Condition',
              id: 'diagnosis',
              subject: beside.patient,
              code: concept(FHIR_SYSTEMS.icd10, diagnosis),
            },
          ],
          diagnosis: [{ condition: { reference: '#diagnosis' } }],
        }),
    extension: extensionsOf(facts),
    identifier: [
      ...(localId === undefined
        ? []
        : [{ use: 'usual' as const, system: KEY_SYSTEM, value: localId }]),
      ...(issued
        ? [
            {
              system: FHIR_SYSTEMS.pathway,
              ...given('value', ppid),
              ...(ppidIssuer === undefined ? {} : { assigner: organisation<never>(ppidIssuer) }),
            },
          ]
        : []),
    ],
    status: ended ? 'finished' : 'active',
    ...(tumour === undefined ? {} : { type: [concept(FHIR_SYSTEMS.tumour, tumour)] }),
    patient: beside.patient,
    managingOrganization: organisation(beside.trust),
    ...(receivedOn === undefined && closedOn === undefined
      ? {}
      : { period: { ...given('start', receivedOn), ...given('end', closedOn) } }),
    referralRequest: [beside.referral],
  }
}

function patientOf(facts: Partial<EntryFacts>, who: Identity): Patient {
  const status = facts.nhsNumberStatus
  const numbered = who.nhsNumber !== undefined || status !== undefined
  return {
    resourceType: 'Patient',
    ...(facts.ethnicity === undefined
      ? {}
      : { extension: [coded(FHIR_EXTENSIONS.ethnicity, FHIR_SYSTEMS.ethnicity, facts.ethnicity)] }),
    identifier: [
      ...(numbered
        ? [
            {
              system: FHIR_SYSTEMS.nhsNumber,
              ...given('value', who.nhsNumber),
              ...(status === undefined
                ? {}
                : {
                    extension: [
                      coded(FHIR_EXTENSIONS.numberStatus, FHIR_SYSTEMS.numberStatus, status),
                    ],
                  }),
            },
          ]
        : []),
      ...(who.hospitalNumber === undefined
        ? []
        : [
            {
              type: concept(FHIR_SYSTEMS.identifierType, 'MR'),
              system: HOSPITAL_SYSTEM,
              value: who.hospitalNumber,
            },
          ]),
    ],
    ...(who.name === undefined ? {} : { name: [{ use: 'official', text: who.name }] }),
    ...given('gender', facts.sex),
    ...given('birthDate', who.dateOfBirth),
    ...(who.postcode === undefined ? {} : { address: [{ use: 'home', postalCode: who.postcode }] }),
  }
}

function transferOf(
  facts: Partial<EntryFacts>,
  patient: Reference<Patient>,
  referral: Reference<ServiceRequest>,
): ServiceRequest {
  return {
    ...requestOf('transfer', patient, referral),
    ...given('authoredOn', facts.iptRequestedOn),
    ...(facts.iptReferrer === undefined ? {} : { requester: organisation(facts.iptReferrer) }),
    ...(facts.iptReceiver === undefined ? {} : { performer: [organisation(facts.iptReceiver)] }),
  }
}

function orderOf(
  facts: Partial<EntryFacts>,
  patient: Reference<Patient>,
  referral: Reference<ServiceRequest>,
): ServiceRequest {
  return {
    ...requestOf('step', patient, referral),
    ...(facts.step === undefined ? {} : { code: concept(FHIR_SYSTEMS.step, facts.step) }),
    ...given('authoredOn', facts.stepRequestedOn),
  }
}

/** A request within the pathway, of one of the categories that are ours. */
function requestOf(
  category: 'step' | 'transfer',
  patient: Reference<Patient>,
  referral: Reference<ServiceRequest>,
): ServiceRequest {
  return {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'order',
    category: [concept(FHIR_SYSTEMS.request, category)],
    basedOn: [referral],
    subject: patient,
  }
}

function encounterOf(
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

function bookingOf(facts: Partial<EntryFacts>, referral: Reference<ServiceRequest>): Appointment {
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

function missedOf(on: string, referral: Reference<ServiceRequest>): Appointment {
  return {
    resourceType: 'Appointment',
    status: 'noshow',
    serviceType: [concept(FHIR_SYSTEMS.step, 'clinic')],
    start: on + NINE,
    basedOn: [referral],
    participant: [],
  }
}

function taskOf(
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

function extensionsOf(facts: Partial<EntryFacts>): Extension[] {
  return Object.entries(facts).flatMap(([name, value]) => {
    const home = FHIR_MAP[name as keyof typeof FHIR_MAP]
    if (value === undefined || home.kind !== 'extension') return []
    const url = FACT_EXTENSION + name
    const values: readonly unknown[] = Array.isArray(value) ? value : [value]
    return values.map((one) => extensionOf(url, home.value, one))
  })
}

function extensionOf(url: string, member: FhirValue, value: unknown): Extension {
  if (member !== 'nested') return { url, [member]: value }
  const parts = Object.entries(value as Readonly<Record<string, string>>)
  return {
    url,
    extension: parts.map(([name, said]) =>
      DATE.test(said) ? { url: name, valueDate: said } : { url: name, valueCode: said },
    ),
  }
}

const DATE = /^\d{4}-\d{2}-\d{2}$/

function coded(url: string, system: string, code: string): Extension {
  return { url, valueCodeableConcept: concept(system, code) }
}

function concept(system: string, code: string): CodeableConcept {
  return { coding: [{ system, code }] }
}

function organisation<T extends Resource>(code: string): Reference<T> {
  return { identifier: { system: FHIR_SYSTEMS.organisation, value: code } }
}

function site<T extends Resource>(code: string): Reference<T> {
  return { identifier: { system: FHIR_SYSTEMS.site, value: code } }
}

/** A member, where there is something to put in it. */
function given<K extends string, V>(name: K, value: V | undefined): { readonly [Name in K]?: V } {
  return (value === undefined ? {} : { [name]: value }) as { readonly [Name in K]?: V }
}

function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
