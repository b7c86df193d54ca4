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
  const codes = new Set([trust])
  if (facts.iptReferrer !== undefined) codes.add(facts.iptReferrer)
  if (facts.iptReceiver !== undefined) codes.add(facts.iptReceiver)
  addSite(facts.firstSeenSite)
  addSite(facts.upgradeSite)
  addSite(facts.toldSite)
  addSite(facts.dttSite)
  addSite(facts.treatmentSite)
  addSite(facts.stepBookedSite)
  return codes.size === 1 ? [trust] : [...codes].sort()

  function addSite(site: string | undefined): void {
    const organisation = site === undefined ? undefined : organisationOfSite(site)
    if (organisation !== undefined) codes.add(organisation)
  }
}
