import type { CapacityBucket } from '../../../shared/capacity.ts'
import { addDays, toDay, type IsoDate } from '../../../shared/date.ts'

const PLACES = 10
const WEEK_DAYS = 7

/**
 * Where one more slot next week, Monday to Sunday, would save most: each site and step once, with its best day, ten at
 * most. Several days of one place mostly save the same people the same days, so they are not added up. [MOV-63]
 */
export function bestPlaces(priced: readonly CapacityBucket[], today: IsoDate): CapacityBucket[] {
  const { from, to } = nextWeek(today)
  const seen = new Set<string>()
  return priced
    .filter(({ price, day }) => (price ?? 0) > 0 && day >= from && day <= to)
    .sort((a, b) => (b.price ?? 0) - (a.price ?? 0) || a.id - b.id)
    .filter(({ site, step }) => {
      const place = `${site} ${step}`
      return !seen.has(place) && seen.add(place)
    })
    .slice(0, PLACES)
}

/** The Monday and the Sunday of the week after the one a day is in. */
export function nextWeek(today: IsoDate): { readonly from: IsoDate; readonly to: IsoDate } {
  // day 4 of 1970 was a Monday
  const sinceMonday = (((toDay(today) - 4) % WEEK_DAYS) + WEEK_DAYS) % WEEK_DAYS
  const from = addDays(today, WEEK_DAYS - sinceMonday)
  return { from, to: addDays(from, WEEK_DAYS - 1) }
}
