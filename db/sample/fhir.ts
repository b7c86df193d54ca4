import { createHash } from 'node:crypto'
import type {
  BundleEntry,
  EpisodeOfCare,
  Patient,
  Reference,
  Resource,
  ServiceRequest,
} from '@medplum/fhirtypes'
import type { EntryFacts, Identity } from '../../shared/entry.ts'
import type { FhirEvent } from '../../shared/fhir.ts'
import { FHIR_EVENTS } from '../../shared/fhir.ts'
import { episodeOf } from './fhir-episode.ts'
import { bookingOf, encounterOf, missedOf, taskOf } from './fhir-events.ts'
import { patientOf } from './fhir-patient.ts'
import { orderOf, referralOf, transferOf } from './fhir-requests.ts'

export const FHIR_FRAME = {
  head: '{"resourceType":"Bundle","type":"collection","entry":[\n',
  between: ',\n',
  tail: '\n]}\n',
} as const

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
  add(referral.reference, referralOf(facts, patient))
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

function uuid(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex')
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
