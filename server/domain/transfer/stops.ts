import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { Route, Standard, Tumour } from '../../../shared/vocabulary.ts'
import { countedDays } from '../clock/adjustments.ts'
import type { Clock } from '../clock/clock.ts'
import { clocks } from '../clock/clock.ts'
import { dayOf } from '../clock/day.ts'
import { standardsConfig } from '../clock/standards-config.ts'
import { tumourOf } from '../clock/tumour.ts'
import type { Share } from './allocation.ts'
import { allocate, half, whole } from './allocation.ts'
import type { Report } from './chain.ts'
import { legsOf, reportOf } from './chain.ts'
import type { OrganisationOfSite } from './organisations.ts'

/** A stopped clock, or a trust's share of one: a row of `clock_stop` without its entry. */
export interface ClockStop {
  readonly standard: Standard
  readonly trust: string
  readonly stoppedOn: IsoDate
  readonly waitDays: number
  readonly inTime: boolean
  readonly tumour: Tumour
  readonly route: Route
  readonly share: 0.5 | 1
  readonly breachShare: 0 | 0.5 | 1
}

/** A trust and its part of one person. */
export interface TrustShare extends Share {
  readonly trust: string
}

export interface Ownership {
  readonly shares: readonly TrustShare[]
  /** Which rule decided, for the page and the API. */
  readonly rule: 'IPT-5' | 'IPT-6' | 'IPT-7' | 'IPT-8'
  /** False where national guidance could not be read: three providers or more. */
  readonly settled: boolean
  readonly because: string
}

/**
 * What the standards count of one reported pathway: a row a stopped clock and trust. [IPT-9]
 *
 * Each stop is taken from the record of the trust where it happened, so that the same person reported by two
 * trusts is counted once: told for 28 days, treated for 31 and 62. Where the site is not known, the reporting
 * trust is believed. Excluded clocks give no row.
 */
export function clockStops(
  facts: EntryFacts,
  trust: string,
  organisationOfSite: OrganisationOfSite,
  asOf: IsoDate,
  reports: readonly Report[] = [],
): ClockStop[] {
  // Most rows of a feed are open and undecided: nothing has stopped, and no clock need be built to know it.
  if (facts.toldOn === undefined && facts.dttOn === undefined && facts.treatedOn === undefined) {
    return []
  }
  const { route, fds28, dtt31, rtt62 } = clocks(facts, asOf)
  const stops: ClockStop[] = []
  const told = facts.toldOn === fds28?.stopOn ? facts.toldSite : facts.dttSite
  if (hasStopped(fds28) && (trustOfSite(told, organisationOfSite) ?? trust) === trust) {
    pushStop(stops, facts, route, fds28, { trust, ...whole(fds28.breached) })
  }
  if ((trustOfSite(facts.treatmentSite, organisationOfSite) ?? trust) !== trust) return stops
  if (hasStopped(dtt31)) {
    pushStop(stops, facts, route, dtt31, { trust, ...whole(dtt31.breached) })
  }
  if (hasStopped(rtt62)) {
    const { shares } = ownership(facts, trust, organisationOfSite, rtt62, route, reports)
    for (const share of shares) pushStop(stops, facts, route, rtt62, share)
  }
  return stops
}

type StoppedClock = Clock & { readonly stopOn: IsoDate }

/** Stopped, and counted by its standard. */
function hasStopped(clock: Clock | null): clock is StoppedClock {
  return clock !== null && clock.stopOn !== null && clock.inStandard
}

function trustOfSite(
  site: string | undefined,
  organisationOfSite: OrganisationOfSite,
): string | undefined {
  return site === undefined ? undefined : organisationOfSite(site)
}

function pushStop(
  into: ClockStop[],
  facts: EntryFacts,
  route: Route,
  clock: StoppedClock,
  { trust, share, breachShare }: TrustShare,
): void {
  if (share === 0) return
  into.push({
    standard: clock.standard,
    trust,
    stoppedOn: clock.stopOn,
    waitDays: clock.waitDays,
    inTime: !clock.breached,
    tumour: tumourOf(facts),
    route,
    share,
    breachShare,
  })
}

/**
 * Whose a stopped 62-day clock is. [IPT-5, IPT-6, IPT-7, IPT-8]
 *
 * @param trust the reporting trust, which is the treating one where the treatment site is not known
 * @param reports of transfers besides the one in the record: the other trust's record, this service
 */
export function ownership(
  facts: EntryFacts,
  trust: string,
  organisationOfSite: OrganisationOfSite,
  clock: Clock,
  route: Route,
  reports: readonly Report[] = [],
): Ownership {
  const trustOf = (site: string | undefined) =>
    site === undefined ? undefined : organisationOfSite(site)
  const own = reportOf(facts, trust)
  const chain = legsOf([...reports, ...own])
  const treating = trustOf(facts.treatmentSite) ?? trust
  const accountable = route === 'upgrade' ? trustOf(facts.upgradeSite) : undefined
  const investigating =
    accountable ??
    trustOf(facts.firstSeenSite) ??
    chain[0]?.from ??
    own[0]?.transfer.from ??
    treating
  if (investigating === treating) {
    const because = 'investigated and treated by one trust'
    return one({ trust: treating, ...whole(clock.breached) }, because)
  }
  const several = new Set([investigating, treating, ...chain.flatMap(({ from, to }) => [from, to])])
  const usable = chain.find(
    ({ from, receivedOn }) =>
      from === investigating &&
      receivedOn !== null &&
      receivedOn >= clock.startOn &&
      dayOf(receivedOn) <= dayOf(clock.stopOn ?? undefined),
  )
  const receivedOn = usable?.receivedOn ?? null
  if (receivedOn === null) {
    const because = 'two trusts and no usable record of the transfer: half each'
    return {
      shares: [
        { trust: investigating, ...half(clock.breached) },
        { trust: treating, ...half(clock.breached) },
      ],
      rule: several.size > 2 ? 'IPT-8' : 'IPT-7',
      settled: several.size <= 2,
      because: several.size > 2 ? `${because}; more than two providers` : because,
    }
  }
  const firstSeenDays = countedDays(clock.adjustments.filter(isFirstSeen))
  const v38 = dayOf(receivedOn) - dayOf(clock.startOn) - firstSeenDays
  const { handOverDays, treatDays } = standardsConfig
  const result = allocate({ v38, v24: clock.waitDays - v38 }, handOverDays, treatDays)
  const because = `received on day ${String(v38)}, treated ${String(clock.waitDays - v38)} days later`
  return {
    shares: [
      { trust: investigating, ...result.referring },
      { trust: treating, ...result.treating },
    ],
    rule: several.size > 2 ? 'IPT-8' : 'IPT-5',
    settled: several.size <= 2,
    because:
      several.size > 2
        ? `${because}; more than two providers, counted between first and treating`
        : because,
  }
}

function one(share: TrustShare, because: string): Ownership {
  return { shares: [share], rule: 'IPT-6', settled: true, because }
}

/** Whether an adjustment belongs to the stretch before the first appointment: those move day 38. [IPT-4] */
export function isFirstSeen({ kind }: { readonly kind: string }): boolean {
  return kind === 'missedFirstAppointment' || kind === 'firstSeen'
}
