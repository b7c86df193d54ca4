import { addDays } from '../../shared/date.ts'
import type { SampleEntry } from './pathway.ts'
import { pick, randomOf } from './random.ts'

/** What can be wrong with a row on purpose. */
export const FAULTS = {
  badCheckDigit: 'The NHS number fails Modulus 11',
  impossibleDate: 'A date that no calendar has',
  unknownCode: 'A code that no national list has',
  missingKey: 'No record key',
  textInDate: 'Words where a date should be',
  treatmentBeforeReferral: 'Treated before the referral was received',
  wrongColumnCount: 'A column too many',
} as const
export type Fault = keyof typeof FAULTS

/** The feed formats, each with its file name's ending. */
export const FORMATS = {
  ncwtmds: '.ncwtmds.csv',
  ptl: '.ptl.csv',
  json: '.json',
  ndjson: '.ndjson',
  xml: '.ncwtmds.xml',
  fhir: '.fhir.json',
} as const
export type SampleFormat = keyof typeof FORMATS

/** A row broken on purpose, for the manifest: no value of a person is in it. */
export interface DirtyRow {
  readonly file: string
  /** Record number from 1; a header is not a record. */
  readonly rowNumber: number
  readonly fault: Fault
  readonly field: string
}

const DIRTY_STREAM = 8
const KINDS = Object.keys(FAULTS) as [Fault, ...Fault[]]

/** The fault of this entry's row, or null for a clean one. The same pathway has the same fault in every format that can show it. */
export function faultOf(
  seed: number,
  id: number,
  entry: SampleEntry,
  format: SampleFormat,
  rate: number,
): Fault | null {
  const random = randomOf(seed, id, DIRTY_STREAM)
  if (random() >= rate) return null
  const fault = pick(random, KINDS)
  const isCsv = format === 'ncwtmds' || format === 'ptl'
  if (fault === 'wrongColumnCount' && !isCsv) return 'textInDate'
  if (fault === 'treatmentBeforeReferral' && entry.facts.receivedOn === undefined) {
    return 'unknownCode'
  }
  return fault
}

/**
 * Breaks a record. `set` puts a cell or member in its place, `remove` takes it out.
 * @returns the field that is wrong, '' when it is the row
 */
export function breakRow(
  fault: Fault,
  entry: SampleEntry,
  edit: {
    readonly set: (field: string, text: string) => void
    readonly remove: (field: string) => void
  },
): string {
  const { facts, identity } = entry
  switch (fault) {
    case 'badCheckDigit': {
      const number = identity.nhsNumber ?? '9990000018'
      edit.set('nhsNumber', `${number.slice(0, 9)}${String((Number(number[9]) + 1) % 10)}`)
      return 'nhsNumber'
    }
    case 'impossibleDate':
    case 'textInDate': {
      const field = facts.receivedOn === undefined ? 'dttOn' : 'receivedOn'
      edit.set(field, fault === 'textInDate' ? 'next Tuesday' : '2026-02-30')
      return field
    }
    case 'unknownCode':
      edit.set('patientStatus', 'ZZ')
      return 'patientStatus'
    case 'missingKey':
      // The national file has no localId: there the pathway identifier is the key.
      edit.remove('localId')
      edit.remove('ppid')
      return 'localId'
    case 'treatmentBeforeReferral':
      if (facts.receivedOn !== undefined) edit.set('treatedOn', addDays(facts.receivedOn, -5))
      edit.set('treatmentEvent', '01')
      edit.set('modality', '23')
      return 'treatedOn'
    case 'wrongColumnCount':
      return ''
    default: {
      const never: never = fault
      return never
    }
  }
}
