import { createHash } from 'node:crypto'
import type { TransactionSql } from '../../../db/client.ts'
import type { IsoDate } from '../../../shared/date.ts'
import { Refusal } from '../../../shared/problem.ts'
import type { CheckContext } from '../../domain/quality/check.ts'

/** Of a change to reading, checking or judging that makes the same line mean something else. [FEED-20] */
const RULES_VERSION = '3'

/** What a record is held against, and a fingerprint of it: with another one, lines seen before must be read again. */
export interface Reference {
  readonly check: CheckContext
  fingerprint(format: string, context: string): string
}

interface SiteRow {
  readonly code: string
  readonly organisation: string
  readonly openedOn: string | null
  readonly closedOn: string | null
}

/** Loads the tables of organisations and sites. @throws Refusal `not-found` when the trust is not one of them */
export async function loadReference(
  tx: TransactionSql,
  trust: string,
  asOf: IsoDate,
): Promise<Reference> {
  const [organisations, sites] = await Promise.all([
    tx<{ code: string; kind: string }[]>`select code, kind from organisation order by code`,
    tx<SiteRow[]>`
      select code, organisation, opened_on as "openedOn", closed_on as "closedOn" from site order by code`,
  ])
  if (!organisations.some(({ code, kind }) => code === trust && kind === 'trust')) {
    throw new Refusal(
      'not-found',
      'No trust of this code delivers here. Check the code in the address.',
    )
  }
  const known = new Set(organisations.map(({ code }) => code))
  const bySite = new Map(sites.map((site) => [site.code, site]))
  const tables = JSON.stringify([organisations, sites])
  return {
    check: {
      asOf,
      trust,
      organisationOfSite: (site) => bySite.get(site)?.organisation,
      siteOpenOn: (site, on) => openOn(bySite.get(site), on),
      knownOrganisation: (code) => known.has(code),
    },
    fingerprint: (format, context) =>
      createHash('sha256')
        .update([RULES_VERSION, format, context, tables].join('\n'))
        .digest('hex')
        .slice(0, 32),
  }
}

function openOn(site: SiteRow | undefined, on: IsoDate): boolean {
  if (site === undefined) return true
  return (site.openedOn ?? on) <= on && (site.closedOn ?? on) >= on
}
