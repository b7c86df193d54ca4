import type { IsoDate } from '../../shared/date.ts'
import { STEPS, TUMOURS } from '../../shared/vocabulary.ts'
import type { SampleEntry } from './pathway.ts'

/** Entries in a file: a batch holds at most 20,000 messages, and an entry has two. */
export const ENTRIES_A_BATCH = 9_000

/** What wraps a batch of messages of one trust. */
export function hl7Frame(trust: string): {
  readonly head: string
  readonly between: string
  readonly tail: string
} {
  return {
    head: `FHS|^~\\&|SYNTHETIC|${trust}\rBHS|^~\\&|SYNTHETIC|${trust}\r`,
    between: '',
    tail: 'BTS\rFTS|1\r',
  }
}

/** An entry as HL7 v2.4 can say it: its referral, and the appointment it has. */
export function hl7Of(entry: SampleEntry, asOf: IsoDate): string {
  const { facts } = entry
  const referral = segments(entry, asOf, 'REF^I12', [
    fields('RF1', {
      2: facts.priorityType,
      3: facts.referralType,
      5: facts.referralSource,
      6: pathway(entry),
      7: digits(facts.receivedOn),
      9: digits(facts.decisionToReferOn),
      10: facts.tumour === undefined ? '' : TUMOURS[facts.tumour],
    }),
    pid(entry),
  ])
  if (facts.step === undefined || facts.stepBookedOn === undefined) return referral
  return (
    referral +
    segments(entry, asOf, 'SIU^S12', [
      fields('SCH', { 8: STEPS[facts.step], 11: `^^^${digits(facts.stepBookedOn)}` }),
      pid(entry),
      fields('PV1', {
        2: 'O',
        3: facts.stepBookedSite === undefined ? '' : `^^^${facts.stepBookedSite}`,
        50: `${facts.ppid ?? ''}^^^${facts.ppidIssuer ?? ''}^PPI`,
      }),
    ])
  )
}

function segments(
  { trust, facts }: SampleEntry,
  asOf: IsoDate,
  event: string,
  body: readonly string[],
): string {
  const header = [
    'MSH|^~\\&|SYNTHETIC',
    trust,
    'PTL',
    'ALLIANCE',
    `${digits(asOf)}060000`,
    '',
    event,
    `${facts.localId}-${event.slice(4)}`,
    'P',
    '2.4||||||UNICODE UTF-8',
  ].join('|')
  return [header, ...body].map((segment) => `${segment}\r`).join('')
}

function pid({ facts, identity, trust }: SampleEntry): string {
  const names = (identity.name ?? '').split(' ')
  const numbers = [
    identity.nhsNumber === undefined ? '' : `${identity.nhsNumber}^^^NHS^NH`,
    identity.hospitalNumber === undefined ? '' : `${identity.hospitalNumber}^^^${trust}^MR`,
  ]
  return fields('PID', {
    1: '1',
    3: numbers.filter((number) => number !== '').join('~'),
    5: `${escaped(names.at(-1) ?? '')}^${escaped(names.slice(0, -1).join(' '))}`,
    7: digits(identity.dateOfBirth),
    8: facts.sex === undefined ? '' : facts.sex.charAt(0).toUpperCase(),
    11: `^^^^${identity.postcode ?? ''}`,
  })
}

function pathway({ facts }: SampleEntry): string {
  return `${facts.ppid ?? ''}^${facts.ppidIssuer ?? ''}`
}

function fields(name: string, said: Readonly<Record<number, string | undefined>>): string {
  const last = Math.max(...Object.keys(said).map(Number))
  const values = Array.from({ length: last }, (_, at) => said[at + 1] ?? '')
  return [name, ...values].join('|')
}

function digits(date: string | undefined): string {
  return (date ?? '').replaceAll('-', '')
}

function escaped(text: string): string {
  return text.replaceAll(/[|^~\\&]/g, ' ')
}
