import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import { confusedWith } from '../codes/ods.ts'
import type { CheckContext } from './check.ts'
import type { Finding } from './finding.ts'

type SiteField = 'upgradeSite' | 'firstSeenSite' | 'dttSite' | 'toldSite' | 'treatmentSite'
type EventField = 'upgradedOn' | 'firstSeenOn' | 'dttOn' | 'toldOn' | 'treatedOn'

/** Sites where something happened, and the day it did. */
const SITES: readonly (readonly [
  site: SiteField | 'stepBookedSite',
  on: EventField | 'stepBookedOn',
])[] = [
  ['upgradeSite', 'upgradedOn'],
  ['firstSeenSite', 'firstSeenOn'],
  ['toldSite', 'toldOn'],
  ['dttSite', 'dttOn'],
  ['treatmentSite', 'treatedOn'],
  ['stepBookedSite', 'stepBookedOn'],
]
const ORGANISATIONS = ['iptReferrer', 'iptReceiver', 'ppidIssuer'] as const

/** Sites that the table does not know or that were shut on the day, and codes that look mistyped. [DQ-9, DQ-10, DQ-12] */
export function siteFindings(facts: EntryFacts, context: CheckContext, into: Finding[]): void {
  for (const [field, dateField] of SITES) {
    const site = facts[field]
    if (site === undefined) continue
    if (context.organisationOfSite(site) === undefined) into.push(unknownSite(field, site, context))
    else checkOpen(field, site, facts[dateField], context, into)
  }
  const known = context.knownOrganisation
  if (known === undefined) return
  for (const field of ORGANISATIONS) {
    const code = facts[field]
    if (code === undefined || known(code)) continue
    // Outside the alliance many organisations are not in the table: only a likely slip is worth a word.
    const meant = confusedWith(code, known)
    if (meant !== null) into.push(confused(field, meant))
  }
}

function checkOpen(
  field: string,
  site: string,
  on: IsoDate | undefined,
  context: CheckContext,
  into: Finding[],
): void {
  if (on === undefined || context.siteOpenOn(site, on)) return
  into.push({
    field,
    code: 'DQ-10',
    severity: 'warns',
    message: 'a site that was not open on that day',
    fix: 'send the site, or its successor, that was open then',
  })
}

function unknownSite(field: string, site: string, context: CheckContext): Finding {
  const meant = confusedWith(site, (code) => context.organisationOfSite(code) !== undefined)
  if (meant !== null) return confused(field, meant)
  return {
    field,
    code: 'DQ-9',
    severity: 'warns',
    message: 'a site that is not in the table of sites',
    fix: 'check the ODS code; have the site added if it is right',
  }
}

function confused(field: string, meant: string): Finding {
  return {
    field,
    code: 'DQ-12',
    severity: 'warns',
    message: `an unknown code one mistyped character from ${meant}`,
    fix: `send ${meant} if that is meant: letters and digits such as O and 0 are easily confused`,
  }
}
