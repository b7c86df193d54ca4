import { z } from 'zod'
import { isoDate } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import { labelOf } from '../domain/codes/codes.ts'
import type { LiveList } from './live-entry.ts'

const SMALL_NUMBER = 5
const ENTRIES_A_SLICE = 5_000

const group = z.object({
  group: z.string(),
  /** Null where 1 to 4 people stand behind it: then nothing about them is shown. */
  people: z.number().int().nullable(),
  medianWaitDays: z.number().nullable(),
  /** 0 is the top of the list, 100 its end. */
  medianPlacePercent: z.number().nullable(),
})

/** Answer of `GET /api/list/equity`: order and wait by who people are, to see that the order is fair. [RNK-9] */
export const equityReport = z.object({
  asOf: isoDate,
  people: z.number().int(),
  groups: z.record(z.string(), z.array(group)),
})
export type EquityReport = z.infer<typeof equityReport>

const ASPECTS: Readonly<Record<string, (facts: EntryFacts) => string>> = {
  deprivationDecile: (facts) => String(facts.deprivationDecile ?? 'not known'),
  ethnicity: ({ ethnicity }) =>
    (ethnicity === undefined ? undefined : labelOf('ethnicity', ethnicity)) ?? 'not known',
  sex: (facts) => facts.sex ?? 'not known',
  age: (facts) => ageGroup(facts.ageYears),
  travelLimit: (facts) =>
    facts.travelLimitMinutes === undefined
      ? 'not asked'
      : facts.travelLimitMinutes <= 30
        ? 'up to 30 minutes'
        : 'over 30 minutes',
}

/** Reads nothing that ranks anybody: these facts are reported on only. */
export async function equity(list: LiveList): Promise<EquityReport> {
  const found = new Map<string, Map<string, { waits: number[]; places: number[] }>>()
  for (const aspect of Object.keys(ASPECTS)) found.set(aspect, new Map())
  let at = 0
  for (const entry of list.entries()) {
    const waitDays = entry.clocks.rtt62?.waitDays
    for (const [aspect, of] of Object.entries(ASPECTS)) {
      const groups = found.get(aspect)
      const name = of(entry.facts)
      const known = groups?.get(name) ?? { waits: [], places: [] }
      groups?.set(name, known)
      if (waitDays !== undefined) known.waits.push(waitDays)
      known.places.push(at)
    }
    at += 1
    if (at % ENTRIES_A_SLICE === 0) await new Promise(setImmediate)
  }
  const people = at
  const groups: EquityReport['groups'] = {}
  for (const [aspect, byName] of found) {
    groups[aspect] = [...byName]
      .sort(([a], [b]) => a.localeCompare(b, 'en', { numeric: true }))
      .map(([name, { waits, places }]) => {
        if (places.length < SMALL_NUMBER)
          return { group: name, people: null, medianWaitDays: null, medianPlacePercent: null }
        const place = median(places) ?? 0
        return {
          group: name,
          people: places.length,
          medianWaitDays: waits.length < SMALL_NUMBER ? null : median(waits),
          medianPlacePercent: Math.round((place / Math.max(1, people - 1)) * 1000) / 10,
        }
      })
  }
  return { asOf: list.asOf(), people, groups }
}

function ageGroup(years: number | undefined): string {
  if (years === undefined) return 'not known'
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
