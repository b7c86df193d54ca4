import type { Database } from '../client.ts'
import type { Alliance } from './alliance.ts'
import { travelOf } from './travel.ts'

/** Writes the alliance, its trusts, sites and travel times; again and again is the same as once. */
export async function writePlaces(db: Database, alliance: Alliance): Promise<void> {
  const organisations = [
    { code: alliance.code, name: alliance.name, kind: 'alliance', synthetic: true },
    ...alliance.trusts.map(({ code, name }) => ({ code, name, kind: 'trust', synthetic: true })),
  ]
  const sites = alliance.sites.map(({ code, name, trust, latitude, longitude }) => ({
    code,
    organisation: trust,
    name,
    latitude,
    longitude,
    synthetic: true,
  }))
  const travel = travelOf(alliance.sites).map(({ fromSite, toSite, minutes }) => ({
    from_site: fromSite,
    to_site: toSite,
    minutes,
  }))
  await db.scoped({ kind: 'system', name: 'sample' }, async (tx) => {
    await tx`insert into organisation ${tx(organisations)} on conflict do nothing`
    await tx`insert into site ${tx(sites)} on conflict do nothing`
    for (let from = 0; from < travel.length; from += ROWS_A_STATEMENT) {
      const part = travel.slice(from, from + ROWS_A_STATEMENT)
      await tx`insert into travel ${tx(part)} on conflict do nothing`
    }
  })
}

const ROWS_A_STATEMENT = 5_000
