import type { UpdatePart } from './update.ts'

/**
 * The mapping table: which HL7 v2.4 messages are taken and what each means here. Described for integrators in
 * shared/PROTOCOL.md, FEED-52. [HL7 v2.4 chapters 3, 7, 10, 11; domain.md 4; M]
 */
export const HL7_EVENTS = {
  'ADT^A01': { does: 'details', part: 'person', needsPathway: false },
  'ADT^A04': { does: 'attended', part: 'attendance', needsPathway: false },
  'ADT^A08': { does: 'details', part: 'person', needsPathway: false },
  'ADT^A11': { does: 'notAttended', part: 'attendance', needsPathway: false },
  'ADT^A13': { does: 'details', part: 'person', needsPathway: false },
  'ADT^A28': { does: 'details', part: 'person', needsPathway: false },
  'ADT^A31': { does: 'details', part: 'person', needsPathway: false },
  'ADT^A40': { does: 'merged', part: 'person', needsPathway: false },
  'SIU^S12': { does: 'booked', part: 'appointment', needsPathway: true },
  'SIU^S13': { does: 'booked', part: 'appointment', needsPathway: true },
  'SIU^S14': { does: 'booked', part: 'appointment', needsPathway: true },
  'SIU^S15': { does: 'cancelled', part: 'appointment', needsPathway: true },
  'SIU^S26': { does: 'missed', part: 'appointment', needsPathway: true },
  'REF^I12': { does: 'referred', part: 'referral', needsPathway: true },
  'REF^I13': { does: 'referred', part: 'referral', needsPathway: true },
  'REF^I14': { does: 'withdrawn', part: 'referral', needsPathway: true },
  'ORU^R01': { does: 'reported', part: 'result', needsPathway: true },
} as const satisfies Record<
  string,
  { readonly does: string; readonly part: UpdatePart; readonly needsPathway: boolean }
>
export type Hl7EventName = keyof typeof HL7_EVENTS
export type Hl7Deed = (typeof HL7_EVENTS)[Hl7EventName]['does']

/** What SCH-25 (filler status, table 0278) makes of an appointment that S12 to S14 speak of. */
export const APPOINTMENT_STATUS: Readonly<Record<string, Hl7Deed | 'kept'>> = {
  cancelled: 'cancelled',
  deleted: 'cancelled',
  dc: 'cancelled',
  noshow: 'missed',
  complete: 'kept',
}

/** MSH-18: what is read as UTF-8, or as Windows-1252 where the bytes are none. [FEED-5] */
export const CHARSETS: ReadonlySet<string> = new Set([
  '',
  'ASCII',
  '8859/1',
  'ISO IR6',
  'ISO IR100',
  'UNICODE',
  'UNICODE UTF-8',
  'UTF-8',
  'UTF8',
])

/** PID-3.5 (table 0203), and PID-3.4, of an NHS number; of the trust's own number. */
export const NHS_NUMBER_TYPES: ReadonlySet<string> = new Set(['NH', 'NHS', 'NHSNO', 'NHSNBR'])
export const HOSPITAL_NUMBER_TYPES: ReadonlySet<string> = new Set(['MR', 'PI', 'PT', 'HOSP', 'PAS'])

/** PID-8 (table 0001) and the national codes. */
export const SEXES: Readonly<Record<string, string>> = {
  F: 'female',
  M: 'male',
  O: 'other',
  A: 'other',
  '2': 'female',
  '1': 'male',
  '9': 'other',
}

/** RF1-2 (table 0280) and what stands for urgent suspected cancer, as PRIORITY TYPE CODE. Stat is none of them. [L] */
export const REFERRAL_PRIORITIES: Readonly<Record<string, string>> = {
  '1': '1',
  '2': '2',
  '3': '3',
  R: '1',
  A: '2',
  '2WW': '3',
  TWW: '3',
  USC: '3',
}

/** OBR-25 (table 0123): a result that may be acted on. */
export const FINAL_RESULTS: ReadonlySet<string> = new Set(['F', 'C'])

/** Where a pathway's identifier is looked for, the best first. A visit number is the sender's own, so wants its issuer. */
export const PATHWAY_PLACES = [
  { segment: 'PV1', field: 50, issuer: 4, isOwnKey: true },
  { segment: 'RF1', field: 6, issuer: 2, isOwnKey: true },
  { segment: 'RF1', field: 11, issuer: 2, isOwnKey: true },
  { segment: 'PV1', field: 19, issuer: 4, isOwnKey: false },
] as const
