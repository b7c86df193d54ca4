import type { Patient } from '@medplum/fhirtypes'
import type { EntryFacts, Identity } from '../../shared/entry.ts'
import { FHIR_EXTENSIONS, FHIR_SYSTEMS } from '../../shared/fhir.ts'
import { coded, concept, given } from './fhir-words.ts'

const HOSPITAL_SYSTEM = 'urn:ptl:sample:hospital-number'

/** Who it is, as far as that is known. */
export function patientOf(facts: Partial<EntryFacts>, who: Identity): Patient {
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
