import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts, Identity } from '../../../shared/entry.ts'
import type { Clocks } from '../clock/clock.ts'
import { clocks } from '../clock/clock.ts'
import type { Finding } from './finding.ts'
import type { Item, Mandation, Scenario } from './mandation.ts'
import { ITEMS, SCENARIOS, askedOf } from './mandation.ts'
import { scenarioOf } from './scenario.ts'

const PROSTATE = 'C61'
const CANCER = '01'
const NO_ADJUSTMENT = '9'

export interface RecordQuality {
  readonly scenario: Scenario | null
  readonly findings: readonly Finding[]
}

/**
 * The third tier: a whole record, after merging, against the scenario it is in. [DQ-13, DQ-14]
 *
 * All of it warns: an incomplete record is still a person waiting.
 */
export function recordQuality(facts: EntryFacts, identity: Identity, asOf: IsoDate): RecordQuality {
  const scenario = scenarioOf(facts)
  if (scenario === null) return { scenario, findings: [] }
  return { scenario, findings: findingsIn(scenario, facts, identity, asOf) }
}

/** What a record lacks, or has too much, in a scenario. [DQ-13, DQ-14] */
export function findingsIn(
  scenario: Scenario,
  facts: EntryFacts,
  identity: Identity,
  asOf: IsoDate,
): readonly Finding[] {
  const waits = clocks(facts, asOf)
  const findings: Finding[] = []
  for (const item of ITEMS) {
    const asked = askedOf(item, scenario)
    if (has(facts, identity, item)) {
      if (asked === 'notApplicable') findings.push(notApplicable(item, scenario))
    } else if (wanted(asked, item, facts, waits)) findings.push(missing(item, scenario))
  }
  return findings
}

/** Items that a scenario asks for and a record lacks, in the order of the table. [DQ-13] */
export function missingItems(
  scenario: Scenario,
  facts: EntryFacts,
  identity: Identity,
): readonly Item[] {
  return (MANDATORY.get(scenario) ?? []).filter((item) => !has(facts, identity, item))
}

/** Looked up once: every record of a feed is asked. */
const MANDATORY: ReadonlyMap<string, readonly Item[]> = new Map(
  (Object.keys(SCENARIOS) as Scenario[]).map((scenario) => [
    scenario,
    ITEMS.filter((item) => askedOf(item, scenario) === 'mandatory'),
  ]),
)

function has(facts: EntryFacts, identity: Identity, item: Item): boolean {
  return (item === 'nhsNumber' ? identity.nhsNumber : facts[item]) !== undefined
}

function wanted(
  asked: Mandation | undefined,
  item: Item,
  facts: EntryFacts,
  waits: Clocks,
): boolean {
  if (asked === 'mandatory') return true
  return asked === 'mandatoryWhereApplies' && applies(item, facts, waits)
}

/** Whether an item marked M* applies, as far as the record itself can tell. [DQ-13] */
function applies(item: Item, facts: EntryFacts, waits: Clocks): boolean {
  switch (item) {
    case 'ppid':
      return facts.ppidIssuer !== undefined
    case 'ppidIssuer':
      return facts.ppid !== undefined
    case 'prostateRisk':
      return facts.diagnosis?.startsWith(PROSTATE) === true
    case 'diagnosis':
    case 'laterality':
      return facts.fdsEndReason === CANCER
    case 'diagnosticRoute':
      // Only scenario 1c marks it so, and the route is what makes a record 1c.
      return true
    case 'firstSeenAdjustmentReason':
      return (facts.firstSeenAdjustmentDays ?? 0) > 0
    case 'firstSeenAdjustmentDays':
      return adjusts(facts.firstSeenAdjustmentReason)
    case 'treatmentAdjustmentReason':
      return (facts.treatmentAdjustmentDays ?? 0) > 0
    case 'treatmentAdjustmentDays':
      return adjusts(facts.treatmentAdjustmentReason)
    case 'fdsDelayReason':
      return waits.fds28?.breached === true
    case 'dttDelayReason':
      return waits.dtt31?.breached === true
    case 'rttDelayReason':
      return waits.route !== 'upgrade' && waits.rtt62?.breached === true
    case 'upgradeDelayReason':
      return waits.route === 'upgrade' && waits.rtt62?.breached === true
    default:
      return false
  }
}

function adjusts(reason: string | undefined): boolean {
  return reason !== undefined && reason !== NO_ADJUSTMENT
}

function missing(item: Item, scenario: Scenario): Finding {
  return {
    field: item,
    code: 'DQ-13',
    severity: 'warns',
    message: `absent, and wanted in scenario ${scenario}: ${SCENARIOS[scenario]}`,
    fix: 'send it with the next delivery',
  }
}

function notApplicable(item: Item, scenario: Scenario): Finding {
  return {
    field: item,
    code: 'DQ-14',
    severity: 'warns',
    message: `sent, and not part of scenario ${scenario}: ${SCENARIOS[scenario]}`,
    fix: 'leave it out of the national upload; here it does no harm',
  }
}
