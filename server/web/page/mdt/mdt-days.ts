import type { ListRow } from '../../../../shared/list.ts'
import { dateWords, number } from '../words.ts'

/** Stands in the place of a day for those without one. */
export const NOT_BOOKED = 'none'

export interface MdtDay {
  /** A date, or `NOT_BOOKED`. */
  readonly day: string
  readonly words: string
}

/** The days with a discussion booked: those to come by date, then nobody's day, then those gone by with the discussion still awaited. */
export function daysOf(rows: readonly ListRow[], asOf: string): readonly MdtDay[] {
  const counts = new Map<string, number>()
  for (const row of rows) {
    const day = row.stepBookedOn ?? NOT_BOOKED
    counts.set(day, (counts.get(day) ?? 0) + 1)
  }
  const known = [...counts.keys()].filter((day) => day !== NOT_BOOKED).sort()
  const order = [
    ...known.filter((day) => day >= asOf),
    ...(counts.has(NOT_BOOKED) ? [NOT_BOOKED] : []),
    ...known.filter((day) => day < asOf).reverse(),
  ]
  return order.map((day) => {
    const count = number(counts.get(day) ?? 0)
    if (day === NOT_BOOKED) return { day, words: `Not booked (${count})` }
    return { day, words: `${dateWords(day)}${day < asOf ? ', gone by' : ''} (${count})` }
  })
}

export function ofDay(rows: readonly ListRow[], day: string): readonly ListRow[] {
  return rows.filter((row) => (row.stepBookedOn ?? NOT_BOOKED) === day)
}
