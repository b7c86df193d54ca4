import type { IsoDate } from '../../../shared/date.ts'
import { addDays, toDay } from '../../../shared/date.ts'
import type { ForecastLine } from '../../../shared/measures.ts'
import { mean, round1, variance } from './quantile.ts'

export const FORECAST_WEEKS = 12
/** Standard deviations either side that hold the middle 80 % of a normal spread. */
const MIDDLE_80 = 1.2816

export const FORECAST_METHOD = [
  'A straight line: the people not yet told today, plus the weekly arrivals and less the weekly departures of the',
  'last twelve whole weeks, never below nought. The range is the middle 80 % if weeks go on varying as they did,',
  'each on its own. It knows nothing of holidays, new clinics or campaigns.',
].join(' ')

/**
 * The queue of people not yet told, twelve weeks ahead from weekly rates, with its range; and how many of those
 * open now pass day 62 by then if nobody is treated, which is a ceiling and no expectation. [MEA-7]
 * @param rtt62TargetDays last day in time of each running 62-day clock, as day numbers
 */
export function forecast(
  queue: number,
  arrivals: readonly number[],
  departures: readonly number[],
  rtt62TargetDays: readonly number[],
  asOf: IsoDate,
): ForecastLine[] {
  const perWeek = mean(arrivals) - mean(departures)
  const weeklyVariance = variance(arrivals) + variance(departures)
  return Array.from({ length: FORECAST_WEEKS }, (_, at) => {
    const week = at + 1
    const weekEndsOn = addDays(asOf, week * 7)
    const expected = queue + week * perWeek
    const spread = MIDDLE_80 * Math.sqrt(week * weeklyVariance)
    const endDay = toDay(weekEndsOn)
    return {
      week,
      weekEndsOn,
      queue: atLeast0(expected),
      low: atLeast0(expected - spread),
      high: atLeast0(expected + spread),
      past62IfNobodyTreated: rtt62TargetDays.filter((day) => day < endDay).length,
    }
  })
}

function atLeast0(value: number): number {
  return Math.max(0, round1(value))
}
