import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts, FactName } from '../../../shared/entry.ts'
import type { Finding, Severity } from './finding.ts'

type DateField = {
  [Name in FactName]-?: NonNullable<EntryFacts[Name]> extends IsoDate ? Name : never
}[FactName]

/** Dates of what has happened: none may lie ahead. A booked date has its own field. [DQ-5] */
const EVENTS: readonly (readonly [field: DateField, Severity])[] = [
  ['receivedOn', 'refuses-field'],
  ['upgradedOn', 'refuses-field'],
  ['firstSeenOn', 'refuses-field'],
  ['toldOn', 'refuses-field'],
  ['dttOn', 'refuses-field'],
  ['treatedOn', 'refuses-field'],
  ['closedOn', 'refuses-field'],
  ['iptRequestedOn', 'refuses-field'],
  ['iptReceivedOn', 'refuses-field'],
  ['decisionToReferOn', 'refuses-field'],
  ['stepRequestedOn', 'warns'],
  ['trackingNoteOn', 'warns'],
]

interface Order {
  readonly earlier: DateField
  readonly later: DateField
  readonly finding: Finding
}

/** Pairs that happen in this order, on the same day at the earliest. [DQ-6] */
const ORDERS: readonly Order[] = [
  order('decisionToReferOn', 'receivedOn', 'warns', 'decisionToReferOn'),
  order('receivedOn', 'firstSeenOn', 'refuses-field'),
  order('receivedOn', 'toldOn', 'refuses-field'),
  order('receivedOn', 'dttOn', 'refuses-field'),
  order('receivedOn', 'treatedOn', 'refuses-field'),
  order('receivedOn', 'upgradedOn', 'warns'),
  order('receivedOn', 'closedOn', 'refuses-field'),
  order('firstSeenOn', 'toldOn', 'warns'),
  order('upgradedOn', 'treatedOn', 'warns'),
  order('dttOn', 'treatedOn', 'warns'),
  order('iptRequestedOn', 'iptReceivedOn', 'warns'),
  order('receivedOn', 'iptReceivedOn', 'warns'),
]

const FUTURE = new Map(
  EVENTS.map(([field, severity]): [DateField, Finding] => [
    field,
    {
      field,
      code: 'DQ-5',
      severity,
      message: 'a date that has not come yet, where something that happened is wanted',
      fix: 'send what has happened; a planned step goes in stepBookedOn',
    },
  ]),
)

/** Dates ahead of today, and dates out of order. [DQ-5, DQ-6] */
export function dateFindings(
  facts: EntryFacts,
  dateOfBirth: IsoDate | undefined,
  asOf: IsoDate,
  into: Finding[],
): void {
  for (const [field] of EVENTS) {
    const date = facts[field]
    const problem = date !== undefined && date > asOf ? FUTURE.get(field) : undefined
    if (problem !== undefined) into.push(problem)
  }
  for (const { earlier, later, finding } of ORDERS) {
    const first = facts[earlier]
    const second = facts[later]
    if (first !== undefined && second !== undefined && second < first && second <= asOf) {
      into.push(finding)
    }
  }
  if (dateOfBirth !== undefined && dateOfBirth > (facts.receivedOn ?? asOf)) into.push(BORN_LATE)
}

const BORN_LATE: Finding = {
  field: 'dateOfBirth',
  code: 'DQ-6',
  severity: 'refuses-field',
  message: 'later than the referral',
  fix: 'correct the date of birth at its source',
}

function order(
  earlier: DateField,
  later: DateField,
  severity: Severity,
  field: DateField = later,
): Order {
  const message =
    field === later ? `earlier than ${earlier}` : `later than ${later}, which it comes before`
  const fix = `correct ${earlier} or ${later}: they happen in that order`
  return { earlier, later, finding: { field, code: 'DQ-6', severity, message, fix } }
}
