import type { Patient, Reference, ServiceRequest } from '@medplum/fhirtypes'
import type { EntryFacts } from '../../shared/entry.ts'
import { FHIR_SYSTEMS } from '../../shared/fhir.ts'
import { concept, given, organisation } from './fhir-words.ts'

/** What began the pathway. */
export function referralOf(
  facts: Partial<EntryFacts>,
  patient: Reference<Patient>,
): ServiceRequest {
  return {
    resourceType: 'ServiceRequest',
    status: 'active',
    intent: 'plan',
    category: [concept(FHIR_SYSTEMS.requestCategory, 'referral')],
    subject: patient,
    ...given('authoredOn', facts.decisionToReferOn),
  }
}

/** A request that another trust takes the pathway on. */
export function transferOf(
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

/** The step that is asked for next. */
export function orderOf(
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
