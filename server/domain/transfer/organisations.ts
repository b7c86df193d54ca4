import type { EntryFacts } from '../../../shared/entry.ts'

/** Trust of a site by the table of sites; undefined where the table does not know it. Never by prefix. */
export type OrganisationOfSite = (site: string) => string | undefined

/**
 * Organisations caring for the person on this pathway: who may see who it is. [IPT-1; domain.md section 7]
 *
 * The reporting trust, both ends of a transfer, and the trusts of every site where something happened or is
 * booked. The issuer of the pathway identifier is not one: it may be a booking service. A site the table does
 * not know opens nothing.
 * @returns codes in order, each once
 */
export function organisationsOn(
  facts: EntryFacts,
  trust: string,
  organisationOfSite: OrganisationOfSite,
): string[] {
  const codes = [trust]
  add(codes, facts.iptReferrer)
  add(codes, facts.iptReceiver)
  addSite(codes, facts.firstSeenSite, organisationOfSite)
  addSite(codes, facts.upgradeSite, organisationOfSite)
  addSite(codes, facts.toldSite, organisationOfSite)
  addSite(codes, facts.dttSite, organisationOfSite)
  addSite(codes, facts.treatmentSite, organisationOfSite)
  addSite(codes, facts.stepBookedSite, organisationOfSite)
  return codes.length === 1 ? codes : codes.sort()
}

function addSite(codes: string[], site: string | undefined, trustOf: OrganisationOfSite): void {
  if (site !== undefined) add(codes, trustOf(site))
}

/** There are hardly ever more than three: looking through them is quicker than a set. */
function add(codes: string[], code: string | undefined): void {
  if (code !== undefined && !codes.includes(code)) codes.push(code)
}
