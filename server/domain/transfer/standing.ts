import type { IsoDate } from '../../../shared/date.ts'
import { addDays } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import { countedDays } from '../clock/adjustments.ts'
import { clocks as clocksOn } from '../clock/clock.ts'
import { standardsConfig } from '../clock/standards-config.ts'
import type { HandOver, Leg, Report } from './chain.ts'
import { handOver, holderOn, legsOf, reportOf, transferProblem } from './chain.ts'
import type { OrganisationOfSite } from './organisations.ts'
import type { Ownership } from './stops.ts'
import { isFirstSeen, ownership } from './stops.ts'

/** How a pathway stands between its trusts. */
export interface TransferStanding {
  readonly chain: readonly Leg[]
  /** The trust that holds the person on the day asked about. [IPT-3] */
  readonly holder: string
  /** Why the transfer in the record moves nobody; null when nothing is wrong with it. [IPT-3] */
  readonly problem: string | null
  /** Null without a usable transfer or without 62 days. [IPT-4] */
  readonly handOver: HandOver | null
  /** Null while the 62 days run or where the standard does not count them. [IPT-5 to IPT-8] */
  readonly ownership: Ownership | null
}

/**
 * The transfers of a reported pathway, who holds the person, the hand-over and whose the 62 days are.
 * [IPT-3 to IPT-8]
 *
 * @param others what the other trusts' records of the pathway, and this service, tell of transfers
 */
export function transferStanding(
  facts: EntryFacts,
  trust: string,
  organisationOfSite: OrganisationOfSite,
  asOf: IsoDate,
  others: readonly Report[] = [],
): TransferStanding {
  const own = reportOf(facts, trust)
  const chain = legsOf([...own, ...others])
  const first = chain[0]
  const { route, rtt62 } = clocksOn(facts, asOf)
  const { handOverDays } = standardsConfig
  const counted = rtt62 !== null && rtt62.stopOn !== null && rtt62.inStandard
  return {
    chain,
    holder: holderOn(chain, first?.from ?? trust, asOf),
    problem: own[0] === undefined ? null : transferProblem(own[0].transfer),
    handOver:
      rtt62 === null || first === undefined
        ? null
        : handOver(
            first,
            addDays(
              rtt62.startOn,
              handOverDays + countedDays(rtt62.adjustments.filter(isFirstSeen)),
            ),
            asOf,
            handOverDays,
          ),
    ownership: counted ? ownership(facts, trust, organisationOfSite, rtt62, route, others) : null,
  }
}
