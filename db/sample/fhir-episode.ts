import type {
  EpisodeOfCare,
  Extension,
  Patient,
  Reference,
  ServiceRequest,
} from '@medplum/fhirtypes'
import type { EntryFacts } from '../../shared/entry.ts'
import type { FhirValue } from '../../shared/fhir.ts'
import { FACT_EXTENSION, FHIR_MAP, FHIR_SYSTEMS } from '../../shared/fhir.ts'
import { concept, given, organisation } from './fhir-words.ts'

const KEY_SYSTEM = 'urn:ptl:sample:record'
const DATE = /^\d{4}-\d{2}-\d{2}$/

/** The anchor of a pathway, with every fact that has no other home in FHIR as an extension. [FEED-73] */
export function episodeOf(
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
