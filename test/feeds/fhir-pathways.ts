import type { BundleEntry } from '@medplum/fhirtypes'
import { FHIR_EXTENSIONS, FHIR_SYSTEMS } from '../../shared/fhir.ts'

/** One value, in place or in a list, of a FHIR element. */
export type Loose = Readonly<Record<string, unknown>>

export function bundle(entries: readonly unknown[], more: Loose = {}): string {
  return JSON.stringify({ resourceType: 'Bundle', type: 'collection', ...more, entry: entries })
}

export function concept(system: string, code: string): Loose {
  return { coding: [{ system, code }] }
}

export function fact(name: string, value: Loose): Loose {
  return { url: `urn:ptl:fact:${name}`, ...value }
}

/** The smallest pathway there is: an episode with a key, a start and its patient. */
export function smallPathway(key: string, more: Loose = {}): BundleEntry[] {
  return [
    {
      fullUrl: `urn:uuid:episode-${key}`,
      resource: {
        resourceType: 'EpisodeOfCare',
        status: 'active',
        identifier: [{ system: 'urn:trust:record', value: key }],
        patient: { reference: `urn:uuid:patient-${key}` },
        period: { start: '2026-10-01' },
        extension: [fact('priorityType', { valueCode: '3' })],
        ...more,
      },
    },
    {
      fullUrl: `urn:uuid:patient-${key}`,
      resource: {
        resourceType: 'Patient',
        identifier: [{ system: FHIR_SYSTEMS.nhsNumber, value: '9990000018' }],
      },
    },
  ] as BundleEntry[]
}

/** A pathway as an integration engine would send it, with every element that is read; written by hand. */
export const WHOLE_PATHWAY: readonly unknown[] = [
  {
    fullUrl: 'https://trust.example/fhir/Patient/p1',
    resource: {
      resourceType: 'Patient',
      id: 'p1',
      text: { status: 'generated', div: '<div>not read</div>' },
      extension: [
        {
          url: FHIR_EXTENSIONS.ethnicity,
          valueCodeableConcept: concept(FHIR_SYSTEMS.ethnicity, 'A'),
        },
      ],
      identifier: [
        {
          system: FHIR_SYSTEMS.nhsNumber,
          value: '999 000 0026',
          extension: [
            {
              url: FHIR_EXTENSIONS.numberStatus,
              valueCodeableConcept: concept(
                FHIR_SYSTEMS.numberStatus,
                'number-present-and-verified',
              ),
            },
          ],
        },
        {
          type: concept(FHIR_SYSTEMS.identifierType, 'MR'),
          system: 'https://trust.example/Id/hospital-number',
          value: 'H123',
        },
      ],
      name: [
        { use: 'nickname', text: 'Addie' },
        { use: 'official', family: 'Sample', given: ['Ada', 'Bea'] },
      ],
      gender: 'female',
      birthDate: '1951-03-12',
      address: [
        { use: 'temp', postalCode: 'ZZ99 9ZZ' },
        { use: 'home', postalCode: 'ZZ99 3AA', line: ['1 Nowhere'] },
      ],
    },
  },
  {
    fullUrl: 'https://trust.example/fhir/Location/site',
    resource: {
      resourceType: 'Location',
      id: 'site',
      identifier: [{ system: FHIR_SYSTEMS.site, value: 'XAA01' }],
    },
  },
  {
    fullUrl: 'https://trust.example/fhir/Organization/other',
    resource: {
      resourceType: 'Organization',
      id: 'other',
      identifier: [{ system: FHIR_SYSTEMS.organisation, value: 'XBB' }],
    },
  },
  {
    fullUrl: 'https://trust.example/fhir/EpisodeOfCare/e1',
    resource: {
      resourceType: 'EpisodeOfCare',
      id: 'e1',
      status: 'finished',
      identifier: [
        { system: 'https://trust.example/Id/spell', value: 'not the key' },
        { use: 'usual', system: 'https://trust.example/Id/record', value: 'REC-1' },
        {
          system: FHIR_SYSTEMS.pathway,
          value: 'PPID1',
          assigner: { identifier: { system: FHIR_SYSTEMS.organisation, value: 'XAA' } },
        },
      ],
      type: [concept(FHIR_SYSTEMS.tumour, 'lung')],
      patient: { reference: 'https://trust.example/fhir/Patient/p1' },
      // summer: 23:30 UTC is the next day in London
      period: { start: '2026-05-31T23:30:00Z', end: '2026-11-20' },
      referralRequest: [{ reference: 'ServiceRequest/r1' }],
      diagnosis: [{ condition: { reference: 'Condition/c1' } }],
      extension: [
        fact('referralSource', { valueCode: '03' }),
        fact('priorityType', { valueCode: '3' }),
        fact('referralType', { valueCode: '03' }),
        fact('firstSeenAdjustmentDays', { valueInteger: 4 }),
        fact('firstSeenAdjustmentReason', { valueCode: '3' }),
        fact('firstSeenDelayReason', { valueCode: '02' }),
        fact('firstSeenDelayComment', { valueString: 'clinic full' }),
        fact('diagnosticRoute', { valueCode: '01' }),
        fact('rdcCompliance', { valueCode: 'Y' }),
        fact('patientStatus', { valueCode: '11' }),
        fact('laterality', { valueCode: 'L' }),
        fact('iptReceivedOn', { valueDate: '2026-07-03' }),
        fact('prostateRisk', { valueCode: '1' }),
        fact('fdsEndReason', { valueCode: '01' }),
        fact('fdsPrimarySite', { valueCode: '10' }),
        fact('fdsDelayReason', { valueCode: '07' }),
        fact('fdsDelayComment', { valueString: 'two biopsies' }),
        fact('fdsExclusion', { valueCode: '02' }),
        fact('fdsProfessional', { valueCode: '01' }),
        fact('fdsMethod', { valueCode: '1' }),
        fact('iptReferringReason', { valueCode: '04' }),
        fact('iptReceivingReason', { valueCode: '05' }),
        fact('treatmentEvent', { valueCode: '01' }),
        fact('modality', { valueCode: '23' }),
        fact('clinicalTrial', { valueCode: '02' }),
        fact('careSetting', { valueCode: '01' }),
        fact('dttDelayReason', { valueCode: '05' }),
        fact('dttDelayComment', { valueString: 'no theatre' }),
        fact('treatmentAdjustmentDays', { valueInteger: 7 }),
        fact('treatmentAdjustmentReason', { valueCode: '8' }),
        fact('rttDelayReason', { valueCode: '18' }),
        fact('rttDelayComment', { valueString: 'planning' }),
        fact('upgradeDelayReason', { valueCode: '97' }),
        fact('upgradeDelayComment', { valueString: 'late letter' }),
        fact('subtype', { valueString: 'NSCLC' }),
        fact('pauses', {
          extension: [
            { url: 'from', valueDate: '2026-08-01' },
            { url: 'to', valueDate: '2026-08-08' },
            { url: 'reason', valueCode: '8' },
          ],
        }),
        fact('ecadOn', { valueDate: '2026-08-20' }),
        fact('priority', {
          extension: [
            { url: 'scale', valueCode: 'surgery' },
            { url: 'code', valueCode: 'P2' },
            { url: 'setOn', valueDate: '2026-07-20' },
          ],
        }),
        fact('riskScore', { valueDecimal: 0.25 }),
        fact('fit', { valueInteger: 12 }),
        fact('ageYears', { valueInteger: 75 }),
        fact('deprivationDecile', { valueInteger: 3 }),
        fact('travelLimitMinutes', { valueInteger: 60 }),
        fact('needs', { valueCode: 'transport' }),
        fact('needs', { valueCode: 'carer' }),
        fact('performanceStatus', { valueInteger: 1 }),
        fact('bmi', { valueDecimal: 27.5 }),
        fact('asa', { valueInteger: 2 }),
        fact('anaesthetic', { valueCode: 'local' }),
        fact('homeSite', { valueCode: 'XAA01' }),
        fact('closedReason', { valueString: 'moved abroad' }),
        { url: 'https://trust.example/extension/shoe-size', valueInteger: 9 },
      ],
    },
  },
  {
    resource: {
      resourceType: 'Condition',
      id: 'c1',
      code: concept(FHIR_SYSTEMS.icd10, 'C34.1'),
      subject: { reference: 'Patient/p1' },
    },
  },
  {
    resource: {
      resourceType: 'ServiceRequest',
      id: 'r1',
      status: 'active',
      intent: 'plan',
      category: [concept(FHIR_SYSTEMS.requestCategory, 'referral')],
      subject: { reference: 'Patient/p1' },
      authoredOn: '2026-05-30T12:00:00+01:00',
    },
  },
  {
    resource: {
      resourceType: 'ServiceRequest',
      id: 'r2',
      status: 'active',
      intent: 'order',
      category: [concept(FHIR_SYSTEMS.request, 'transfer')],
      basedOn: [{ reference: 'ServiceRequest/r1' }],
      subject: { reference: 'Patient/p1' },
      authoredOn: '2026-07-01',
      requester: {
        identifier: { system: FHIR_SYSTEMS.organisation, value: 'XAA' },
      },
      performer: [{ reference: 'https://trust.example/fhir/Organization/other' }],
    },
  },
  {
    resource: {
      resourceType: 'ServiceRequest',
      id: 'r3',
      status: 'active',
      intent: 'order',
      category: [concept(FHIR_SYSTEMS.request, 'step')],
      basedOn: [{ reference: 'ServiceRequest/r1' }],
      subject: { reference: 'Patient/p1' },
      code: concept(FHIR_SYSTEMS.step, 'ebus'),
      authoredOn: '2026-06-10',
    },
  },
  ...(
    [
      ['first-seen', '2026-06-08T10:00:00+01:00'],
      ['consultant-upgrade', '2026-06-09'],
      ['told', '2026-06-25'],
      ['decision-to-treat', '2026-07-15'],
      ['treatment', '2026-08-28'],
    ] as const
  ).map(([code, start], at) => ({
    resource: {
      resourceType: 'Encounter',
      id: `enc${at}`,
      status: 'finished',
      class: { code: 'AMB' },
      type: [concept(FHIR_SYSTEMS.event, code)],
      subject: { reference: 'Patient/p1' },
      episodeOfCare: [{ reference: 'EpisodeOfCare/e1/_history/3' }],
      period: { start },
      location: [{ location: { reference: 'Location/site' } }],
    },
  })),
  {
    resource: {
      resourceType: 'Encounter',
      id: 'planned',
      status: 'planned',
      class: { code: 'AMB' },
      type: [concept(FHIR_SYSTEMS.event, 'treatment')],
      episodeOfCare: [{ reference: 'EpisodeOfCare/e1' }],
      period: { start: '2026-12-24' },
    },
  },
  {
    resource: {
      resourceType: 'Appointment',
      id: 'a1',
      status: 'booked',
      serviceType: [concept(FHIR_SYSTEMS.step, 'ebus')],
      start: '2026-06-30T23:10:00Z',
      basedOn: [{ reference: 'ServiceRequest/r3' }],
      participant: [
        { actor: { reference: 'Patient/p1' }, status: 'accepted' },
        { actor: { reference: 'Location/site' }, status: 'accepted' },
      ],
    },
  },
  ...['2026-06-05T09:00:00Z', '2026-06-04T09:00:00Z'].map((start, at) => ({
    resource: {
      resourceType: 'Appointment',
      id: `missed${at}`,
      status: 'noshow',
      serviceType: [concept(FHIR_SYSTEMS.step, 'clinic')],
      start,
      basedOn: [{ reference: 'ServiceRequest/r1' }],
      participant: [],
    },
  })),
  {
    resource: {
      resourceType: 'Task',
      id: 't1',
      status: 'requested',
      intent: 'order',
      focus: { reference: 'EpisodeOfCare/e1' },
      for: { reference: 'Patient/p1' },
      description: 'Chase the report',
      priority: 'asap',
      owner: { display: 'MDT coordinator' },
      restriction: { period: { end: '2026-11-25' } },
      note: [{ text: 'Report awaited', time: '2026-11-20T08:00:00Z' }],
    },
  },
  { resource: { resourceType: 'Practitioner', id: 'dr', name: [{ family: 'Nobody' }] } },
]

/** What WHOLE_PATHWAY says, fact by fact. */
export const WHOLE_FACTS: Loose = {
  localId: 'REC-1',
  nhsNumber: '9990000026',
  name: 'Sample, Ada Bea',
  dateOfBirth: '1951-03-12',
  hospitalNumber: 'H123',
  postcode: 'ZZ99 3AA',
  nhsNumberStatus: '01',
  ppid: 'PPID1',
  ppidIssuer: 'XAA',
  referralSource: '03',
  priorityType: '3',
  decisionToReferOn: '2026-05-30',
  receivedOn: '2026-06-01',
  referralType: '03',
  upgradedOn: '2026-06-09',
  upgradeSite: 'XAA01',
  firstSeenOn: '2026-06-08',
  firstSeenSite: 'XAA01',
  firstSeenAdjustmentDays: 4,
  firstSeenAdjustmentReason: '3',
  firstSeenDelayReason: '02',
  firstSeenDelayComment: 'clinic full',
  diagnosticRoute: '01',
  rdcCompliance: 'Y',
  patientStatus: '11',
  diagnosis: 'C341',
  laterality: 'L',
  dttOn: '2026-07-15',
  dttSite: 'XAA01',
  iptReceivedOn: '2026-07-03',
  prostateRisk: '1',
  fdsEndReason: '01',
  fdsPrimarySite: '10',
  toldOn: '2026-06-25',
  fdsDelayReason: '07',
  fdsDelayComment: 'two biopsies',
  fdsExclusion: '02',
  fdsProfessional: '01',
  fdsMethod: '1',
  toldSite: 'XAA01',
  iptRequestedOn: '2026-07-01',
  iptReferrer: 'XAA',
  iptReceiver: 'XBB',
  iptReferringReason: '04',
  iptReceivingReason: '05',
  treatedOn: '2026-08-28',
  treatmentSite: 'XAA01',
  treatmentEvent: '01',
  modality: '23',
  clinicalTrial: '02',
  careSetting: '01',
  dttDelayReason: '05',
  dttDelayComment: 'no theatre',
  treatmentAdjustmentDays: 7,
  treatmentAdjustmentReason: '8',
  rttDelayReason: '18',
  rttDelayComment: 'planning',
  upgradeDelayReason: '97',
  upgradeDelayComment: 'late letter',
  tumour: 'lung',
  subtype: 'NSCLC',
  missedFirstAppointments: ['2026-06-04', '2026-06-05'],
  pauses: [{ from: '2026-08-01', to: '2026-08-08', reason: '8' }],
  ecadOn: '2026-08-20',
  step: 'ebus',
  stepRequestedOn: '2026-06-10',
  stepBookedOn: '2026-07-01',
  stepBookedSite: 'XAA01',
  priority: { scale: 'surgery', code: 'P2', setOn: '2026-07-20' },
  riskScore: 0.25,
  fit: 12,
  ageYears: 75,
  sex: 'female',
  deprivationDecile: 3,
  ethnicity: 'A',
  travelLimitMinutes: 60,
  needs: ['transport', 'carer'],
  performanceStatus: 1,
  bmi: 27.5,
  asa: 2,
  anaesthetic: 'local',
  homeSite: 'XAA01',
  trackingNote: 'Report awaited',
  trackingNoteOn: '2026-11-20',
  nextAction: 'Chase the report',
  nextActionOwner: 'MDT coordinator',
  nextActionDueOn: '2026-11-25',
  escalated: true,
  closedOn: '2026-11-20',
  closedReason: 'moved abroad',
}
