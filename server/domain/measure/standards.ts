import type { IsoDate } from '../../../shared/date.ts'
import type { StandardLine } from '../../../shared/measures.ts'
import { STANDARDS } from '../../../shared/vocabulary.ts'
import type { Standard } from '../../../shared/vocabulary.ts'
import { standardsConfig, thresholdOn } from '../clock/standards-config.ts'
import type { Group } from './groups.ts'
import { round1 } from './quantile.ts'
import { isSmall } from './suppress.ts'

/** Clocks stopped in a month, summed: people and parts of people. */
export interface StopTotal {
  readonly standard: Standard
  /** `YYYY-MM` */
  readonly month: string
  readonly group: Group | null
  readonly total: number
  readonly breaches: number
}

/**
 * One standard in one month: in the month of the stop, by the threshold of that month, halves kept. The breach of
 * a shared pathway counts where the allocation put it, so a trust's part in time is `total - breaches`. [MEA-1]
 */
export function standardLine(stops: StopTotal, asOf: IsoDate): StandardLine {
  const { standard, month, group, total, breaches } = stops
  const inTime = total - breaches
  const pct = total === 0 ? null : round1((inTime / total) * 100)
  // The threshold that holds at the month's end is the one the month is judged by.
  const threshold = thresholdOn(standardsConfig, standard, `${month}-28` as IsoDate) ?? 0
  return {
    standard,
    label: STANDARDS[standard],
    month,
    group,
    total,
    inTime,
    breaches,
    pct,
    thresholdPct: round1(threshold * 100),
    // Judged on the count and not on the rounded figure.
    met: total === 0 ? null : inTime / total >= threshold,
    complete: month < asOf.slice(0, 7),
  }
}

/** All of a line is hidden when any part of it is small. [MEA-8] */
export function suppressedStandard(line: StandardLine): StandardLine {
  const { total, inTime, breaches } = line
  if (![total, inTime, breaches].some((count) => isSmall(count ?? 0))) return line
  return { ...line, total: null, inTime: null, breaches: null, pct: null, met: null }
}

/** The month `back` months before that of a date. */
export function monthBefore(asOf: IsoDate, back: number): string {
  const months = Number(asOf.slice(0, 4)) * 12 + Number(asOf.slice(5, 7)) - 1 - back
  const month = String((months % 12) + 1).padStart(2, '0')
  return `${String(Math.floor(months / 12)).padStart(4, '0')}-${month}`
}
