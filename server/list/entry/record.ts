import type { Database } from '../../../db/client.ts'
import type { IsoDate } from '../../../shared/date.ts'
import type { EntryDetail } from '../../../shared/entry-detail.ts'
import { SCENARIOS } from '../../domain/quality/mandation.ts'
import { recordQuality } from '../../domain/quality/record.ts'
import type { Report } from '../../domain/transfer/chain.ts'
import { transferStanding } from '../../domain/transfer/standing.ts'
import type { StoredDetail } from './read-detail.ts'
import { readBeside } from './read-detail.ts'
import { FOLLOWER } from '../read-entries.ts'

/**
 * How the record itself stands: its transfers, and what it lacks of its scenario. [IPT-3 to IPT-8, DQ-13, DQ-14]
 * @param reports of transfers besides the record's own
 */
export async function entryRecord(
  db: Database,
  stored: StoredDetail,
  asOf: IsoDate,
  reports: readonly Report[],
): Promise<Pick<EntryDetail, 'transfers' | 'quality'>> {
  const { id, facts, trust } = stored
  const sites = [facts.firstSeenSite, facts.upgradeSite, facts.treatmentSite]
  const known = sites.filter((site) => site !== undefined)
  const beside = await db.scoped(FOLLOWER, (tx) => readBeside(tx, id, known))
  const organisationOf = (site: string) => beside.organisationOfSite.get(site)
  const between = transferStanding(facts, trust, organisationOf, asOf, reports)
  const { chain, ownership, ...standing } = between
  // Only whether there is one matters to the rules.
  const identity = beside.hasNhsNumber ? { nhsNumber: 'present' } : {}
  const { scenario, findings } = recordQuality(facts, identity, asOf)
  return {
    transfers: {
      ...standing,
      chain: chain.map((leg) => ({ ...leg, sources: [...leg.sources] })),
      ownership: ownership === null ? null : { ...ownership, shares: [...ownership.shares] },
    },
    quality: {
      scenario: scenario === null ? null : { code: scenario, label: SCENARIOS[scenario] },
      findings: findings.map(({ field, code, message, fix }) => ({ field, code, message, fix })),
    },
  }
}
