import type { FactName } from '../../../shared/entry.ts'

/** The fourteen pathway scenarios of the national data set, in its order. [DQ-13; DD] */
export const SCENARIOS = {
  '1a': 'First seen, urgent or screening: no answer yet',
  '1b': 'First seen, told the answer, no decision to treat',
  '1c': 'First seen after an abnormal direct access test: no answer yet',
  '1d': 'First seen, told the answer, decided to treat',
  '1e': 'First seen, being sent to another provider',
  '1f': 'Received from one provider and sent on to another',
  '1g': 'First seen, excluded from faster diagnosis',
  '2a': 'First treatment after an urgent or screening referral',
  '2b': 'First treatment after a transfer',
  '3': 'Subsequent treatment after an urgent or screening referral',
  '4': 'First treatment after a consultant upgrade',
  '5': 'Subsequent treatment after a consultant upgrade',
  '6': 'First treatment after another referral',
  '7': 'Subsequent treatment after another referral',
} as const
export type Scenario = keyof typeof SCENARIOS

const ORDER: readonly Scenario[] = [
  '1a',
  '1b',
  '1c',
  '1d',
  '1e',
  '1f',
  '1g',
  '2a',
  '2b',
  '3',
  '4',
  '5',
  '6',
  '7',
]

/** What a scenario asks of an item: M, M*, O, O* and N/A in the dictionary's own marks. */
export type Mandation =
  'mandatory' | 'mandatoryWhereApplies' | 'optional' | 'optionalWhereApplies' | 'notApplicable'

/** A national item by the fact that holds it; the NHS number is the one that is no fact. */
export type Item = FactName | 'nhsNumber'

const MARKS: Readonly<Record<string, Mandation>> = {
  M: 'mandatory',
  m: 'mandatoryWhereApplies',
  O: 'optional',
  o: 'optionalWhereApplies',
  '.': 'notApplicable',
}

/**
 * Items by what the fourteen scenarios ask of them, one mark a scenario in the order above:
 * M mandatory, m mandatory where it applies (M*), O optional, o optional where it applies (O*), `.` not
 * applicable.
 */
const ASKED: readonly (readonly [marks: string, ...items: Item[]])[] = [
  // every record
  ['MMMMMMMMMMMMMM', 'nhsNumber', 'nhsNumberStatus', 'patientStatus'],
  ['MMMMMMMmmmmmmm', 'ppid', 'ppidIssuer'],
  ['mmmmm.mmmmmmmm', 'prostateRisk'],
  // referral and first seen
  ['MMMMM.M...M.O.', 'referralSource', 'priorityType', 'firstSeenOn'],
  ['MMMMM.MM..O.O.', 'receivedOn'],
  ['MMMMM.M.....O.', 'referralType'],
  ['MMMMM.M...M...', 'firstSeenSite'],
  ['mmmmm.m.....O.', 'decisionToReferOn'],
  ['mmmmm.m...o...', 'firstSeenAdjustmentDays', 'firstSeenAdjustmentReason'],
  ['mmmmm.m.......', 'firstSeenDelayReason'],
  ['ooooo.o.......', 'firstSeenDelayComment'],
  ['oomoo.oo....o.', 'diagnosticRoute'],
  ['ooooo.oo....o.', 'rdcCompliance'],
  ['..........M.O.', 'upgradedOn', 'upgradeSite'],
  // told
  ['.M.M..MMMm....', 'fdsEndReason', 'toldOn', 'toldSite'],
  ['.M.M...MM.....', 'fdsPrimarySite'],
  ['.m.m...mm.....', 'fdsDelayReason'],
  ['.o.o...oo.....', 'fdsDelayComment', 'fdsProfessional', 'fdsMethod'],
  ['......M..m....', 'fdsExclusion'],
  // decided and treated
  ['.m.m...MMMMMMM', 'diagnosis', 'laterality'],
  ['...M...MMMMMMM', 'dttOn', 'dttSite'],
  ['.......MMMMMMM', 'treatedOn', 'treatmentSite', 'treatmentEvent', 'modality', 'clinicalTrial'],
  ['.......MMMMMMM', 'careSetting'],
  ['.......mmmmmmm', 'dttDelayReason', 'treatmentAdjustmentDays', 'treatmentAdjustmentReason'],
  ['.......ooooooo', 'dttDelayComment'],
  ['.......mm.m.o.', 'rttDelayReason'],
  ['.......oo.ooo.', 'rttDelayComment'],
  ['..........m.o.', 'upgradeDelayReason'],
  ['..........o.o.', 'upgradeDelayComment'],
  // the transfer: to the next provider in 1e, from the last one in 1f and 2b
  ['.....M..M.....', 'iptReceivedOn'],
  ['....M.........', 'iptRequestedOn'],
  ['....MM..M.....', 'iptReferrer', 'iptReceiver'],
  ['....O.........', 'iptReferringReason'],
  ['.....O..O.....', 'iptReceivingReason'],
]

/** What 1f asks besides, of the transfer on to a third provider. The record has one set of items for both. */
const ASKED_OF_ONWARD: readonly (readonly [marks: string, ...items: Item[]])[] = [
  ['..............', 'iptReceivedOn'],
  ['.....M........', 'iptRequestedOn', 'iptReferrer', 'iptReceiver'],
  ['.....O........', 'iptReferringReason', 'iptReceivingReason'],
]

type Row = Readonly<Record<Scenario, Mandation>>
const FIRST = rows(ASKED)
const ONWARD = rows(ASKED_OF_ONWARD)

/** Every national item the matrix speaks of. */
export const ITEMS: readonly Item[] = [...FIRST.keys()]

/**
 * What a scenario asks of an item. [DQ-13]
 * @param transfer `onward` for the second transfer of scenario 1f
 * @returns undefined for a fact that is no national item
 */
export function mandationOf(
  item: Item,
  scenario: Scenario,
  transfer: 'first' | 'onward' = 'first',
): Mandation | undefined {
  return (transfer === 'first' ? FIRST : ONWARD).get(item)?.[scenario]
}

/** What is asked of an item of the record, where one set of transfer items serves both transfers. [DQ-13] */
export function askedOf(item: Item, scenario: Scenario): Mandation | undefined {
  const first = mandationOf(item, scenario)
  if (first !== 'notApplicable') return first
  return mandationOf(item, scenario, 'onward') ?? first
}

function rows(table: readonly (readonly [string, ...Item[]])[]): ReadonlyMap<Item, Row> {
  return new Map(
    table.flatMap(([marks, ...items]) => {
      const row = Object.fromEntries(
        ORDER.map((scenario, at) => [scenario, MARKS[marks.charAt(at)]]),
      ) as Row
      return items.map((item) => [item, row] as const)
    }),
  )
}
