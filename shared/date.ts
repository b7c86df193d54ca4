import { z } from 'zod'

/** A calendar date in Europe/London, `YYYY-MM-DD`. Never an instant: summer time cannot change a count of days. */
export type IsoDate = string & { readonly __brand: 'IsoDate' }

/** Whole days since 1970-01-01. The form in which dates are compared, added and kept in flat arrays. */
export type DayNumber = number & { readonly __brand: 'DayNumber' }

const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})$/

/** True for a real calendar date written `YYYY-MM-DD`, years 1900-2199; 2025-02-29 and 2025-13-01 are false. */
export function isIsoDate(text: string): text is IsoDate {
  const parts = ISO_DATE.exec(text)
  if (parts === null) return false
  const year = Number(parts[1])
  const month = Number(parts[2])
  const day = Number(parts[3])
  if (year < 1900 || year > 2199) return false
  return month >= 1 && month <= 12 && day >= 1 && day <= daysInMonth(year, month)
}

export const isoDate = z
  .string()
  .refine(isIsoDate, { message: 'wants a calendar date as YYYY-MM-DD' })

/** Day number of a date already known to be valid. Pure arithmetic, no Date object: this is the hottest function here. */
export function toDay(date: IsoDate): DayNumber {
  const year = Number(date.slice(0, 4))
  const month = Number(date.slice(5, 7))
  const day = Number(date.slice(8, 10))
  return civilToDay(year, month, day)
}

/** The date of a day number, years 1000 to 9999. `toDay` backwards, counting years from March. */
export function toIso(day: DayNumber): IsoDate {
  const shifted = day + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  )
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const monthFromMarch = Math.floor((5 * dayOfYear + 2) / 153)
  const dayOfMonth = dayOfYear - Math.floor((153 * monthFromMarch + 2) / 5) + 1
  const month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  return `${String(year)}-${two(month)}-${two(dayOfMonth)}` as IsoDate
}

function two(number: number): string {
  return number < 10 ? `0${String(number)}` : String(number)
}

export function addDays(date: IsoDate, days: number): IsoDate {
  return toIso((toDay(date) + days) as DayNumber)
}

/** Whole days from `from` to `to`; negative when `to` is earlier. */
export function daysBetween(from: IsoDate, to: IsoDate): number {
  return toDay(to) - toDay(from)
}

/** The calendar date in London at an instant: "today" for every rule. @param atMs milliseconds since 1970 UTC */
export function londonDate(atMs: number): IsoDate {
  return LONDON.format(atMs) as IsoDate
}

const LONDON = new Intl.DateTimeFormat('en-CA', {
  timeZone: 'Europe/London',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
})

function daysInMonth(year: number, month: number): number {
  if (month === 2) return isLeapYear(year) ? 29 : 28
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31
}

function isLeapYear(year: number): boolean {
  return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
}

/** Proleptic Gregorian date to day number, counting years from March so that the leap day comes last. */
function civilToDay(year: number, month: number, day: number): DayNumber {
  const y = month <= 2 ? year - 1 : year
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return (era * 146_097 + dayOfEra - 719_468) as DayNumber
}
