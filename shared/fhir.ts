import type { FactName, Identity } from './entry.ts'

/*
 * What a trust and the service agree on of FHIR R4 (UK Core): systems, codes, and for every fact the one element it
 * stands in. The table in PROTOCOL.md is made of FHIR_MAP; the reader in server/feeds and the writer in db/sample
 * both go by it.
 */

export const FHIR_JSON = 'application/fhir+json'

/** Identifier and code systems. Those beginning `urn:ptl:` are ours: no national one could be found. [M] */
export const FHIR_SYSTEMS = {
  nhsNumber: 'https://fhir.nhs.uk/Id/nhs-number',
  organisation: 'https://fhir.nhs.uk/Id/ods-organization-code',
  site: 'https://fhir.nhs.uk/Id/ods-site-code',
  ubrn: 'https://fhir.nhs.uk/Id/UBRN',
  pathway: 'urn:ptl:id:patient-pathway',
  identifierType: 'http://terminology.hl7.org/CodeSystem/v2-0203',
  numberStatus: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-NHSNumberVerificationStatus',
  ethnicity: 'https://fhir.hl7.org.uk/CodeSystem/UKCore-EthnicCategory',
  icd10: 'http://hl7.org/fhir/sid/icd-10',
  tumour: 'urn:ptl:code:tumour',
  step: 'urn:ptl:code:step',
  event: 'urn:ptl:code:event',
  request: 'urn:ptl:code:request',
  requestCategory: 'https://fhir.nhs.uk/CodeSystem/message-category-servicerequest',
  useCase: 'https://fhir.nhs.uk/CodeSystem/usecases-categories-bars',
  messageEvent: 'https://fhir.nhs.uk/CodeSystem/message-events-bars',
  messageReason: 'https://fhir.nhs.uk/CodeSystem/message-reason-bars',
  errorCode: 'https://fhir.nhs.uk/Codesystem/http-error-codes',
} as const

export const FHIR_EXTENSIONS = {
  numberStatus:
    'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-NHSNumberVerificationStatus',
  ethnicity: 'https://fhir.hl7.org.uk/StructureDefinition/Extension-UKCore-EthnicCategory',
} as const

/** Extensions of ours: a fact without an element of its own, and what a Schedule says of its slots. */
export const FACT_EXTENSION = 'urn:ptl:fact:'
export const CAPACITY_EXTENSION = 'urn:ptl:capacity:'
/** Issuer of a UBRN when it serves as pathway identifier: the national e-referral service. [DD; M] */
export const UBRN_ISSUER = 'X09'

/** Codes of `Encounter.type` in the system `urn:ptl:code:event`: what an Encounter of a pathway was. */
export const FHIR_EVENTS = {
  firstSeen: 'first-seen',
  upgraded: 'consultant-upgrade',
  told: 'told',
  dtt: 'decision-to-treat',
  treated: 'treatment',
} as const
export type FhirEvent = keyof typeof FHIR_EVENTS

/** Resources of a pathway; Location, Organization, Condition and Patient are read where these refer to them. */
export const FHIR_PATHWAY_RESOURCES = [
  'EpisodeOfCare',
  'ServiceRequest',
  'Encounter',
  'Appointment',
  'Task',
] as const
export type FhirPathwayResource = (typeof FHIR_PATHWAY_RESOURCES)[number]

/** The member of an extension that holds its value. `nested`: extensions inside it, by their names. */
export type FhirValue =
  | 'valueCode'
  | 'valueString'
  | 'valueInteger'
  | 'valueDecimal'
  | 'valueBoolean'
  | 'valueDate'
  | 'nested'

/** Where a fact stands: an element of a resource, a part of an Encounter, or an extension of the pathway. */
export type FhirHome =
  | {
      readonly kind: 'element'
      readonly resource: FhirPathwayResource | 'Patient'
      readonly element: string
    }
  | { readonly kind: 'event'; readonly event: FhirEvent; readonly part: 'date' | 'site' }
  | { readonly kind: 'extension'; readonly value: FhirValue }

const patient = (text: string): FhirHome => ({
  kind: 'element',
  resource: 'Patient',
  element: text,
})
const episode = (text: string): FhirHome => ({
  kind: 'element',
  resource: 'EpisodeOfCare',
  element: text,
})
const request = (text: string): FhirHome => ({
  kind: 'element',
  resource: 'ServiceRequest',
  element: text,
})
const booking = (text: string): FhirHome => ({
  kind: 'element',
  resource: 'Appointment',
  element: text,
})
const task = (text: string): FhirHome => ({ kind: 'element', resource: 'Task', element: text })
const event = (name: FhirEvent, part: 'date' | 'site'): FhirHome => ({
  kind: 'event',
  event: name,
  part,
})
const extension = (value: FhirValue): FhirHome => ({ kind: 'extension', value })

/** Every fact and where it stands. One home each, so that nothing can be said twice in two ways. [FEED-73] */
export const FHIR_MAP: Readonly<Record<FactName | keyof Identity, FhirHome>> = {
  localId: episode('identifier (use usual, or the only one that is no pathway identifier)'),
  nhsNumber: patient('identifier[nhs-number].value'),
  name: patient('name[official, else first].text, else family and given'),
  dateOfBirth: patient('birthDate'),
  hospitalNumber: patient('identifier[type MR].value'),
  postcode: patient('address[home, else first].postalCode'),
  nhsNumberStatus: patient('identifier[nhs-number].extension[UKCore-NHSNumberVerificationStatus]'),
  ppid: episode('identifier[patient-pathway].value, else identifier[UBRN] of the referral'),
  ppidIssuer: episode('identifier[patient-pathway].assigner.identifier[ods-organization-code]'),
  referralSource: extension('valueCode'),
  priorityType: extension('valueCode'),
  decisionToReferOn: request('authoredOn of the referral'),
  receivedOn: episode('period.start'),
  referralType: extension('valueCode'),
  upgradedOn: event('upgraded', 'date'),
  upgradeSite: event('upgraded', 'site'),
  firstSeenOn: event('firstSeen', 'date'),
  firstSeenSite: event('firstSeen', 'site'),
  firstSeenAdjustmentDays: extension('valueInteger'),
  firstSeenAdjustmentReason: extension('valueCode'),
  firstSeenDelayReason: extension('valueCode'),
  firstSeenDelayComment: extension('valueString'),
  diagnosticRoute: extension('valueCode'),
  rdcCompliance: extension('valueCode'),
  patientStatus: extension('valueCode'),
  diagnosis: episode('diagnosis.condition -> Condition.code[icd-10]'),
  laterality: extension('valueCode'),
  dttOn: event('dtt', 'date'),
  dttSite: event('dtt', 'site'),
  iptReceivedOn: extension('valueDate'),
  prostateRisk: extension('valueCode'),
  fdsEndReason: extension('valueCode'),
  fdsPrimarySite: extension('valueCode'),
  toldOn: event('told', 'date'),
  fdsDelayReason: extension('valueCode'),
  fdsDelayComment: extension('valueString'),
  fdsExclusion: extension('valueCode'),
  fdsProfessional: extension('valueCode'),
  fdsMethod: extension('valueCode'),
  toldSite: event('told', 'site'),
  iptRequestedOn: request('authoredOn of the transfer (category transfer)'),
  iptReferrer: request('requester of the transfer'),
  iptReceiver: request('performer of the transfer'),
  iptReferringReason: extension('valueCode'),
  iptReceivingReason: extension('valueCode'),
  treatedOn: event('treated', 'date'),
  treatmentSite: event('treated', 'site'),
  treatmentEvent: extension('valueCode'),
  modality: extension('valueCode'),
  clinicalTrial: extension('valueCode'),
  careSetting: extension('valueCode'),
  dttDelayReason: extension('valueCode'),
  dttDelayComment: extension('valueString'),
  treatmentAdjustmentDays: extension('valueInteger'),
  treatmentAdjustmentReason: extension('valueCode'),
  rttDelayReason: extension('valueCode'),
  rttDelayComment: extension('valueString'),
  upgradeDelayReason: extension('valueCode'),
  upgradeDelayComment: extension('valueString'),
  tumour: episode('type[urn:ptl:code:tumour]'),
  subtype: extension('valueString'),
  missedFirstAppointments: booking('start of each with status noshow and serviceType clinic'),
  pauses: extension('nested'),
  ecadOn: extension('valueDate'),
  step: request(
    'code[urn:ptl:code:step] of the order (category step), else Appointment.serviceType',
  ),
  stepRequestedOn: request('authoredOn of the order'),
  stepBookedOn: booking('start of the one with status booked, pending, proposed or arrived'),
  stepBookedSite: booking('participant.actor (Location) of that one'),
  priority: extension('nested'),
  riskScore: extension('valueDecimal'),
  fit: extension('valueDecimal'),
  ageYears: extension('valueInteger'),
  sex: patient('gender (unknown: absent)'),
  deprivationDecile: extension('valueInteger'),
  ethnicity: patient('extension[UKCore-EthnicCategory]'),
  travelLimitMinutes: extension('valueInteger'),
  needs: extension('valueCode'),
  performanceStatus: extension('valueInteger'),
  bmi: extension('valueDecimal'),
  asa: extension('valueInteger'),
  anaesthetic: extension('valueCode'),
  homeSite: extension('valueCode'),
  trackingNote: task('note[0].text'),
  trackingNoteOn: task('note[0].time'),
  nextAction: task('description'),
  nextActionOwner: task('owner.display'),
  nextActionDueOn: task('restriction.period.end'),
  escalated: task('priority (urgent, asap, stat: true; routine: false)'),
  closedOn: episode('period.end'),
  closedReason: extension('valueString'),
}
