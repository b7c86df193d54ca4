import { REFERRALS, SUBSEQUENT_PER_FIRST, UPGRADES, UPGRADE_CONVERSION } from './figures.ts'
import type { ReferralFigures, RttRoute } from './figures.ts'

/** A way onto the list, with the share of arrivals that come by it. */
export interface Entrance {
  readonly route: RttRoute | 'subsequent'
  readonly referral: ReferralFigures | null
  /** Share of those who come this way that is treated for cancer. */
  readonly conversion: number
  /** Shares of this entrance and all before it, out of 1. */
  readonly upTo: number
}

/** Every way onto the list, commonest first so that few are looked at. */
const ENTRANCES: readonly [Entrance, ...Entrance[]] = entrances()

/** The entrance at `u` of all arrivals, 0 <= u < 1. */
export function entranceAt(u: number): Entrance {
  for (const entrance of ENTRANCES) if (u < entrance.upTo) return entrance
  return ENTRANCES[0]
}

function entrances(): readonly [Entrance, ...Entrance[]] {
  const upgraded = sum(UPGRADES.map((upgrade) => upgrade.weight))
  const treated = sum(REFERRALS.map(treatedOf)) + upgraded
  const ways = [
    ...REFERRALS.map((referral) => ({
      route: referral.route,
      referral,
      conversion: treatedOf(referral) / sum(referral.told),
      weight: sum(referral.told),
    })),
    {
      route: 'upgrade' as const,
      referral: null,
      conversion: UPGRADE_CONVERSION,
      weight: upgraded / UPGRADE_CONVERSION,
    },
    {
      route: 'subsequent' as const,
      referral: null,
      conversion: 1,
      weight: treated * SUBSEQUENT_PER_FIRST,
    },
  ].sort((a, b) => b.weight - a.weight)
  const total = sum(ways.map((way) => way.weight))
  let before = 0
  const [first, ...rest] = ways.map(({ route, referral, conversion, weight }): Entrance => {
    before += weight
    return { route, referral, conversion, upTo: before / total }
  })
  if (first === undefined) throw new Error('nobody arrives')
  return [first, ...rest]
}

function treatedOf(referral: ReferralFigures): number {
  return sum(referral.treated.map((cancer) => cancer.weight))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, value) => total + value, 0)
}
