import type { EntryFacts } from '../../shared/entry.ts'
import type { EquityAspect, EquityGroup, EquityReport } from '../../shared/equity.ts'
import { EQUITY_ASPECTS } from '../../shared/equity.ts'
import { isSmall, suppressTable } from '../domain/measure/suppress.ts'
import type { LiveList } from './live-entry.ts'

const ENTRIES_A_SLICE = 5_000
const NOT_KNOWN = 'not known'

/** Minutes between two sites; null when a place is not known. */
export type TravelMinutes = (fromSite: string, toSite: string) => number | null

type AspectOf = (facts: EntryFacts, minutes: TravelMinutes) => string
const ASPECTS: Readonly<Record<EquityAspect, AspectOf>> = {
  deprivationDecile: (facts) => String(facts.deprivationDecile ?? NOT_KNOWN),
  ethnicity: (facts) => facts.ethnicity ?? NOT_KNOWN,
  age: (facts) => ageGroup(facts.ageYears),
  sex: (facts) => facts.sex ?? NOT_KNOWN,
  distance: (facts, minutes) => distanceGroup(facts, minutes),
  travelLimit: (facts) =>
    facts.travelLimitMinutes === undefined
      ? 'not asked'
      : facts.travelLimitMinutes <= 30
        ? 'up to 30 minutes'
        : 'over 30 minutes',
}
const NAMES = Object.keys(EQUITY_ASPECTS) as EquityAspect[]

interface Found {
  readonly waits: number[]
  readonly places: number[]
}

/** Reads nothing that ranks anybody: these facts are reported on only. [RNK-9] */
export async function equity(
  list: Pick<LiveList, 'asOf' | 'entries'>,
  minutes: TravelMinutes,
): Promise<EquityReport> {
  const found = new Map(NAMES.map((aspect) => [aspect, new Map<string, Found>()]))
  let people = 0
  for (const entry of list.entries()) {
    const waitDays = entry.clocks.rtt62?.waitDays
    for (const [aspect, groups] of found) {
      const name = ASPECTS[aspect](entry.facts, minutes)
      const known = groups.get(name) ?? { waits: [], places: [] }
      groups.set(name, known)
      if (waitDays !== undefined) known.waits.push(waitDays)
      known.places.push(people)
    }
    people += 1
    if (people % ENTRIES_A_SLICE === 0) await new Promise(setImmediate)
  }
  const groups: EquityReport['groups'] = Object.fromEntries(
    [...found].map(([aspect, byName]) => [aspect, told(byName, people)]),
  ) as EquityReport['groups']
  return { asOf: list.asOf(), people, groups }
}

/** Small groups hidden, and another with a lone one, so that no subtraction from the total brings it back. */
function told(byName: ReadonlyMap<string, Found>, people: number): EquityGroup[] {
  const sorted = [...byName].sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
  const [counts = []] = suppressTable([sorted.map(([, { places }]) => places.length)])
  return sorted.map(([group, { waits, places }], at) => {
    const count = counts[at] ?? null
    if (count === null)
      return { group, people: null, medianWaitDays: null, medianPlacePercent: null }
    const place = median(places) ?? 0
    return {
      group,
      people: count,
      medianWaitDays: isSmall(waits.length) ? null : median(waits),
      medianPlacePercent: Math.round((place / Math.max(1, people - 1)) * 1000) / 10,
    }
  })
}

/** From the site nearest home to where the next step is booked, else to where they were first seen. */
function distanceGroup(facts: EntryFacts, minutes: TravelMinutes): string {
  const site = facts.stepBookedSite ?? facts.firstSeenSite
  const taken =
    facts.homeSite === undefined || site === undefined ? null : minutes(facts.homeSite, site)
  if (taken === null) return NOT_KNOWN
  if (taken === 0) return 'nearest hospital'
  return taken <= 30 ? '1-30 minutes' : taken <= 60 ? '31-60 minutes' : '61 minutes and over'
}

function ageGroup(years: number | undefined): string {
  if (years === undefined) return NOT_KNOWN
  if (years < 18) return '0-17'
  if (years >= 85) return '85 and over'
  const from = years < 25 ? 18 : Math.floor((years - 5) / 20) * 20 + 5
  return years < 25 ? '18-24' : `${String(from)}-${String(from + 19)}`
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >>> 1
  const upper = sorted[middle]
  if (upper === undefined) return null
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2
}
