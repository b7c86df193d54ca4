import { daysBetween } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import { routeOf } from '../clock/route.ts'
import { isFirstTreatmentEvent } from '../clock/treatment.ts'
import type { Finding } from './finding.ts'

const SCREENING_PROGRAMME = '17'
const NO_NEW_CANCER = '03'
const CHILDREN = '02'
const CHILD_UNDER_YEARS = 16

/** A rule about facts that cannot all be right together. */
interface Rule {
  readonly broken: (facts: EntryFacts) => boolean
  readonly finding: Finding
}

/** Facts that contradict one another: adjustments, routes, ends, transfers. [DQ-11, DQ-15, DQ-16, DQ-17] */
export function logicFindings(facts: EntryFacts, into: Finding[]): void {
  for (const { broken, finding } of RULES) if (broken(facts)) into.push(finding)
}

const RULES: readonly Rule[] = [
  rule(
    'DQ-11',
    'firstSeenAdjustmentReason',
    'days are taken off before first seen for a reason other than a missed appointment, or for none',
    'send reason 3 with the days, or a delay reason and no days',
    (facts) => (facts.firstSeenAdjustmentDays ?? 0) > 0 && facts.firstSeenAdjustmentReason !== '3',
  ),
  rule(
    'DQ-11',
    'treatmentAdjustmentReason',
    'days are taken off before treatment for a reason other than 6, 7 or 8, or for none',
    'send reason 6, 7 or 8 with the days, or a delay reason and no days',
    (facts) =>
      (facts.treatmentAdjustmentDays ?? 0) > 0 &&
      !['6', '7', '8'].includes(facts.treatmentAdjustmentReason ?? ''),
  ),
  rule(
    'DQ-11',
    'firstSeenAdjustmentDays',
    'more days than lie between the start of the clock and the day first seen',
    'send the days from receipt to the missed appointment',
    (facts) => exceeds(facts.firstSeenAdjustmentDays, startOf(facts), facts.firstSeenOn),
  ),
  rule(
    'DQ-11',
    'treatmentAdjustmentDays',
    'more days than lie between the decision to treat and treatment',
    'send the days of the pause that lie between the two',
    (facts) => exceeds(facts.treatmentAdjustmentDays, facts.dttOn, facts.treatedOn),
  ),
  rule(
    'DQ-11',
    'pauses',
    'a pause that ends on or before the day it begins',
    'send `to` as the day the person was available again',
    (facts) => facts.pauses?.some(({ from, to }) => to <= from) === true,
  ),
  rule(
    'DQ-11',
    'missedFirstAppointments',
    'a first appointment missed after the person had been first seen',
    'correct the date missed or the date first seen',
    ({ missedFirstAppointments: missed, firstSeenOn: seen }) =>
      seen !== undefined && missed?.some((on) => on > seen) === true,
  ),
  rule(
    'DQ-15',
    'upgradedOn',
    'an upgrade of a referral that is on a 62-day clock already',
    'leave the upgrade out, or correct the priority type',
    (facts) =>
      facts.upgradedOn !== undefined &&
      (facts.priorityType === '3' || facts.referralSource === SCREENING_PROGRAMME),
  ),
  rule(
    'DQ-15',
    'fdsExclusion',
    'an exclusion from faster diagnosis without its reason, or a reason without end reason 03',
    'send end reason 03 and the exclusion reason together',
    (facts) => (facts.fdsEndReason === '03') !== (facts.fdsExclusion !== undefined),
  ),
  rule(
    'DQ-15',
    'fdsEndReason',
    'told on a date without an end reason, or an end reason without its date',
    'send the end reason and the end date together',
    (facts) => (facts.toldOn === undefined) !== (facts.fdsEndReason === undefined),
  ),
  rule(
    'DQ-15',
    'dttOn',
    'a decision to treat although cancer was ruled out',
    'correct the end reason, or take the decision to treat away',
    (facts) =>
      facts.fdsEndReason === '02' && (facts.dttOn !== undefined || facts.treatedOn !== undefined),
  ),
  rule(
    'DQ-15',
    'patientStatus',
    'treated, or decided to treat, under the status that no new cancer was found',
    'send the status that follows from the treatment',
    (facts) =>
      facts.patientStatus === NO_NEW_CANCER &&
      (facts.dttOn !== undefined || facts.treatedOn !== undefined),
  ),
  rule(
    'DQ-15',
    'treatmentEvent',
    'a treatment date without its event type, or an event type without a date',
    'send treatment date and event type together',
    (facts) => (facts.treatedOn === undefined) !== (facts.treatmentEvent === undefined),
  ),
  rule(
    'DQ-15',
    'dttOn',
    'a first treatment without a decision to treat',
    'send the day the person agreed the plan',
    (facts) =>
      facts.treatedOn !== undefined &&
      facts.dttOn === undefined &&
      facts.treatmentEvent !== undefined &&
      isFirstTreatmentEvent(facts.treatmentEvent),
  ),
  rule(
    'DQ-15',
    'referralType',
    "suspected children's cancer for a person of 16 or over",
    'send the referral type of the suspected tumour',
    (facts) => facts.referralType === CHILDREN && (facts.ageYears ?? 0) >= CHILD_UNDER_YEARS,
  ),
  rule(
    'DQ-16',
    'iptReceiver',
    'a transfer from a trust to itself',
    'send the trust that received the person',
    (facts) => facts.iptReceiver !== undefined && facts.iptReceiver === facts.iptReferrer,
  ),
  rule(
    'DQ-16',
    'iptReferrer',
    'a transfer date without the trusts at its ends',
    'send the referring and the receiving organisation',
    (facts) =>
      (facts.iptRequestedOn !== undefined || facts.iptReceivedOn !== undefined) &&
      facts.iptReferrer === undefined &&
      facts.iptReceiver === undefined,
  ),
  rule(
    'DQ-17',
    'receivedOn',
    'no date from which any wait could be counted',
    'send the day the referral was received, or of the upgrade or the decision to treat',
    (facts) =>
      facts.receivedOn === undefined &&
      facts.upgradedOn === undefined &&
      facts.dttOn === undefined &&
      facts.ecadOn === undefined,
  ),
  rule(
    'DQ-17',
    'priorityType',
    'no route can be told, so no 28- or 62-day clock runs',
    'send priority type, source of referral and referral type',
    (facts) =>
      facts.receivedOn !== undefined &&
      routeOf(facts) === 'unknown' &&
      (facts.priorityType === undefined || facts.priorityType === '3'),
  ),
]

function startOf(facts: EntryFacts): EntryFacts['receivedOn'] {
  return facts.upgradedOn ?? facts.receivedOn
}

function exceeds(
  days: number | undefined,
  from: EntryFacts['receivedOn'],
  to: EntryFacts['receivedOn'],
): boolean {
  if (days === undefined || days === 0 || from === undefined || to === undefined) return false
  return days > Math.max(0, daysBetween(from, to))
}

function rule(
  code: string,
  field: string,
  message: string,
  fix: string,
  broken: Rule['broken'],
): Rule {
  return { broken, finding: { field, code, severity: 'warns', message, fix } }
}
