import type { DayNumber, IsoDate } from '../../../shared/date.ts'
import { toIso } from '../../../shared/date.ts'

/** Days before the first of each month in a year that is not a leap year. */
const DAYS_BEFORE_MONTH = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365] as const
const ZERO = 48
/** 1970-01-01 counted in days from 0000-03-00 of the proleptic calendar, as `365y + leap days` counts them. */
const EPOCH = 719_162

/**
 * Day number of a date, read digit by digit: the clocks read a dozen dates for each of 300,000 entries.
 * @returns whole days since 1970-01-01; NaN when the date is absent or is no date, so that every comparison
 * with it is false and a bad fact counts as one that is not there. [CLK-1]
 */
export function dayOf(date: IsoDate | undefined): number {
  if (date?.length !== 10) return NaN
  const year = digits(date, 0) * 100 + digits(date, 2)
  const month = digits(date, 5)
  const day = digits(date, 8)
  const before = DAYS_BEFORE_MONTH[month - 1] ?? NaN
  const after = DAYS_BEFORE_MONTH[month] ?? NaN
  if (!(year >= 1900 && year <= 2199)) return NaN
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 1 : 0
  if (!(day >= 1 && day <= after - before + (month === 2 ? leap : 0))) return NaN
  const past = year - 1
  const leapDays = Math.floor(past / 4) - Math.floor(past / 100) + Math.floor(past / 400)
  return past * 365 + leapDays + before + (month > 2 ? leap : 0) + day - 1 - EPOCH
}

function digits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - ZERO
  const ones = text.charCodeAt(at + 1) - ZERO
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN
}

/** Dates already written out, so that a list of 300,000 shares one string a day. */
const written = new Map<number, IsoDate>()

/** The date of a whole day number between 1900 and 2199. */
export function isoOf(day: number): IsoDate {
  const known = written.get(day)
  if (known !== undefined) return known
  const date = toIso(day as DayNumber)
  written.set(day, date)
  return date
}
