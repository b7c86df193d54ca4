import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts, Identity } from '../../../shared/entry.ts'
import type { OrganisationOfSite } from '../transfer/organisations.ts'
import type { Finding } from './finding.ts'
import { nhsNumberProblem } from './nhs-number.ts'

/** What a record is held against besides itself. */
export interface CheckContext {
  /** Today in London. */
  readonly asOf: IsoDate
  /** The reporting trust. */
  readonly trust: string
  readonly organisationOfSite: OrganisationOfSite
  /** Whether a site the table knows was open on a day. */
  readonly siteOpenOn: (site: string, on: IsoDate) => boolean
}

const CLEAN: readonly Finding[] = []

/** Everything wrong with one record. */
export function checkEntry(
  _facts: EntryFacts,
  identity: Identity,
  _context: CheckContext,
): readonly Finding[] {
  const problem = identity.nhsNumber === undefined ? null : nhsNumberProblem(identity.nhsNumber)
  return problem === null ? CLEAN : [problem]
}
