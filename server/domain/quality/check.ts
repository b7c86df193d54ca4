import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts, Identity } from '../../../shared/entry.ts'
import type { OrganisationOfSite } from '../transfer/organisations.ts'
import { codeFindings } from './code-findings.ts'
import { dateFindings } from './date-findings.ts'
import type { Finding } from './finding.ts'
import { logicFindings } from './logic-findings.ts'
import { SCENARIOS } from './mandation.ts'
import { nhsNumberProblem } from './nhs-number.ts'
import { missingItems } from './record.ts'
import { scenarioOf } from './scenario.ts'
import { siteFindings } from './site-findings.ts'

/** What a record is held against besides itself. */
export interface CheckContext {
  /** Today in London. */
  readonly asOf: IsoDate
  /** The reporting trust. */
  readonly trust: string
  readonly organisationOfSite: OrganisationOfSite
  /** Whether a site that the table knows was open on a day. */
  readonly siteOpenOn: (site: string, on: IsoDate) => boolean
  /** Whether an organisation code is in the table; without it no organisation code is looked at. */
  readonly knownOrganisation?: (code: string) => boolean
  /** The certificate by which a record of this key was erased, if it was; absent: none of the trust was. [IG-14] */
  readonly erasedBy?: (recordKey: string) => string | undefined
}

/**
 * Everything wrong with one record, file tier excepted. [DQ-1 to DQ-17]
 *
 * A row is refused only when it cannot be used at all; a field, when its value cannot be right; the rest
 * warns, because most open records are incomplete and every one of them is a person waiting. What a scenario
 * lacks is one finding a record here, and one an item in `recordQuality`.
 */
export function checkEntry(
  facts: EntryFacts,
  identity: Identity,
  context: CheckContext,
): readonly Finding[] {
  const findings: Finding[] = []
  identityFindings(facts, identity, context, findings)
  dateFindings(facts, identity.dateOfBirth, context.asOf, findings)
  codeFindings(facts, findings)
  siteFindings(facts, context, findings)
  logicFindings(facts, findings)
  const scenario = scenarioOf(facts)
  if (scenario !== null) {
    const missing = missingItems(scenario, facts, identity)
    if (missing.length > 0) {
      findings.push({
        field: missing[0] ?? '',
        code: 'DQ-13',
        severity: 'warns',
        message: `scenario ${scenario} (${SCENARIOS[scenario]}) wants, and the record lacks: ${missing.join(', ')}`,
        fix: 'send them with the next delivery',
      })
    }
  }
  return findings
}

/** Fields to leave out of a record, named by findings that refuse them. */
export function refusedFields(findings: readonly Finding[]): ReadonlySet<string> {
  return new Set(
    findings.filter(({ severity }) => severity === 'refuses-field').map(({ field }) => field),
  )
}

function identityFindings(
  facts: EntryFacts,
  identity: Identity,
  context: CheckContext,
  into: Finding[],
): void {
  if (identity.nhsNumber !== undefined) {
    const problem = nhsNumberProblem(identity.nhsNumber)
    if (problem !== null) into.push(problem)
  } else if (facts.ppid === undefined) into.push(NO_IDENTIFIER)
  if (facts.localId.trim() === '') into.push(NO_KEY)
  if (context.trust === '') into.push(NO_TRUST)
}

const NO_IDENTIFIER: Finding = {
  field: 'nhsNumber',
  code: 'DQ-4',
  severity: 'warns',
  message: 'neither an NHS number nor a pathway identifier',
  fix: 'send one of them: without it the pathway cannot be linked to another trust',
}

const NO_KEY: Finding = {
  field: 'localId',
  code: 'DQ-3',
  severity: 'refuses-row',
  message: 'no record key, so a later delivery could not find it again',
  fix: 'send the key by which your own system knows the pathway',
}

const NO_TRUST: Finding = {
  field: '',
  code: 'DQ-3',
  severity: 'refuses-row',
  message: 'no reporting trust',
  fix: 'deliver to the address of a trust',
}
