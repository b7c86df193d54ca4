import { FHIR_FRAME, fhirOf } from '../../db/sample/fhir.ts'
import { XML_FRAME, xmlOf } from '../../db/sample/xml.ts'
import { NATIONAL_COLUMNS } from '../../server/domain/codes/national-items.ts'
import { addDays } from '../../shared/date.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { Referred } from './ingest-hl7.part.ts'

/** The one trust of the ingest bench. */
export const TRUST = 'QAA'
const ASOF = '2026-11-22' as IsoDate
const CHANGED_EVERY = 100

type Said = Readonly<Record<string, string | number>>

/** The same pathways in every format; `csvLater` says something else of one in a hundred. */
export interface Bodies {
  readonly csv: Buffer
  readonly csvLater: Buffer
  readonly ndjson: Buffer
  readonly json: Buffer
  readonly xml: Buffer
  readonly fhir: Buffer
  /** For the messages of HL7, which are written of these. */
  readonly referred: readonly Referred[]
}

/** The rows themselves are let go of: the service is measured in this process, and would look after their memory. */
export function bodiesOf(rows: number): Bodies {
  const pathways = facts(rows, 0)
  return {
    csv: Buffer.from(pathways.map(csvLine).join('')),
    csvLater: Buffer.from(facts(rows, 1).map(csvLine).join('')),
    ndjson: Buffer.from(pathways.map(jsonLine).join('\n')),
    json: Buffer.from(`{"entries":[${pathways.map(jsonLine).join(',')}]}`),
    xml: xmlBody(pathways),
    fhir: fhirBody(pathways),
    referred: pathways.map((said) => ({
      ppid: String(said['ppid']),
      nhsNumber: String(said['nhsNumber']),
      receivedOn: String(said['receivedOn']),
    })),
  }
}

/**
 * Pathways in the mix of a live trust: four in ten told or treated, most with 15 to 25 of the 54 items.
 * `version` 1 says something else of one pathway in a hundred.
 */
function facts(rows: number, version: number): Said[] {
  return Array.from({ length: rows }, (_, at) => {
    const received = addDays(ASOF, -(at % 140) - 5)
    const stage = at % 10
    const changed = version > 0 && at % CHANGED_EVERY === 0
    return {
      localId: `${TRUST}:BN${String(at).padStart(8, '0')}`,
      nhsNumber: nhsNumber(at),
      nhsNumberStatus: '01',
      ppid: `BN${String(at).padStart(8, '0')}`,
      ppidIssuer: TRUST,
      referralSource: '03',
      priorityType: '3',
      decisionToReferOn: addDays(received, -1),
      receivedOn: received,
      referralType: ['01', '03', '07', '08', '11', '13'][at % 6] ?? '01',
      patientStatus: '14',
      ...(stage > 2 ? { firstSeenOn: addDays(received, 3), firstSeenSite: 'QAA01' } : {}),
      ...(changed
        ? { firstSeenDelayReason: '12', firstSeenDelayComment: 'Moved, at her wish' }
        : {}),
      ...(stage > 5
        ? {
            fdsEndReason: '01',
            fdsPrimarySite: '01',
            toldOn: addDays(received, 4),
            toldSite: 'QAA01',
          }
        : {}),
      ...(stage > 7 ? { diagnosis: 'C341', dttOn: addDays(received, 4), dttSite: 'QAA01' } : {}),
      ...(stage > 8
        ? {
            treatedOn: addDays(received, 5),
            treatmentSite: 'QAA01',
            treatmentEvent: '01',
            modality: '23',
            clinicalTrial: '02',
            careSetting: '01',
          }
        : {}),
    }
  })
}

/** Valid numbers of the range that is never issued, coming round again after 900,000. */
function nhsNumber(at: number): string {
  for (let nine = 999_000_001 + (at % 900_000); ; nine += 1) {
    const digits = String(nine)
    let sum = 0
    for (let place = 0; place < 9; place += 1) sum += Number(digits[place]) * (10 - place)
    const check = (11 - (sum % 11)) % 11
    if (check < 10) return digits + String(check)
  }
}

/** One row of NCWTMDS v2.1: 54 columns, no header. */
function csvLine(said: Said): string {
  const cells = NATIONAL_COLUMNS.map(({ field }) => String(said[field] ?? ''))
  return cells.map((cell) => (cell.includes(',') ? `"${cell}"` : cell)).join(',') + '\n'
}

function xmlBody(pathways: readonly Said[]): Buffer {
  return Buffer.from(`${XML_FRAME.head}${pathways.map(xmlRecord).join('\n')}${XML_FRAME.tail}`)
}

function xmlRecord(said: Said): string {
  return xmlOf(new Map(Object.entries(said).map(([name, value]) => [name, String(value)])))
}

function jsonLine({ nhsNumber: number, ...said }: Said): string {
  return JSON.stringify({ ...said, identity: { nhsNumber: number } })
}

/** One pathway is an EpisodeOfCare, a Patient, a referral and an Encounter for each event. */
function fhirBody(pathways: readonly Said[]): Buffer {
  const parts: Buffer[] = [Buffer.from(FHIR_FRAME.head)]
  for (const [at, { nhsNumber: number, ...said }] of pathways.entries()) {
    const entries = fhirOf(said, { nhsNumber: String(number) }, TRUST)
    parts.push(Buffer.from(at === 0 ? entries : FHIR_FRAME.between + entries))
  }
  parts.push(Buffer.from(FHIR_FRAME.tail))
  return Buffer.concat(parts)
}
