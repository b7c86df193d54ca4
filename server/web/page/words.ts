import { londonDate, type IsoDate } from '../../../shared/date.ts'
import type { Band, Standard } from '../../../shared/vocabulary.ts'

/*
 * How dates, numbers and days are put into words, the same everywhere.
 */

const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** `2026-11-05` as `5 Nov 2026`. */
export function dateWords(date: IsoDate | string): string {
  return `${shortDate(date)} ${date.slice(0, 4)}`
}

/** `2026-11-05` as `5 Nov`: where the year is plain from the context. */
export function shortDate(date: IsoDate | string): string {
  return `${Number(date.slice(8, 10))} ${MONTHS[Number(date.slice(5, 7)) - 1] ?? ''}`
}

/** A booking, and whether its day has gone by with the step still awaited: then somebody should ask what happened. */
export function bookedWords(day: IsoDate): string {
  return day < londonDate(Date.now()) ? `was booked ${shortDate(day)}` : `booked ${shortDate(day)}`
}

/** `2026-11` as `Nov 26`. */
export function monthWords(month: string): string {
  return `${MONTHS[Number(month.slice(5, 7)) - 1] ?? ''} ${month.slice(2, 4)}`
}

/** An instant in London, wherever this machine believes to be: `5 Nov 2026, 14:05`. */
export function instantWords(at: string): string {
  return `${dateWords(londonDate(Date.parse(at)))}, ${timeWords(at)}`
}

/** The time of day in London: `14:05`. */
export function timeWords(at: string): string {
  return LONDON_TIME.format(Date.parse(at))
}

const LONDON_TIME = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})

/** The last second of a day in London, as an instant. In summer London is an hour ahead of UTC. */
export function endOfDay(date: string): string {
  const asUtc = Date.parse(`${date}T23:59:59Z`)
  return new Date(londonDate(asUtc) === date ? asUtc : asUtc - 3_600_000).toISOString()
}

/** Ten digits as people read them out, 3-3-4. */
export function nhsNumberWords(nhsNumber: string): string {
  return `${nhsNumber.slice(0, 3)} ${nhsNumber.slice(3, 6)} ${nhsNumber.slice(6)}`
}

/** Dates and instants inside a sentence of the server, as people write them. */
export function withDateWords(sentence: string): string {
  return sentence
    .replaceAll(/\b\d{4}-\d{2}-\d{2}T[\d:.]+Z/g, (at) => instantWords(at))
    .replaceAll(/\b\d{4}-\d{2}-\d{2}\b/g, (date) => dateWords(date))
}

/** A name, or a sentence with names, without the mark that everything made up carries: the banner says it once for the whole page, on paper too. */
export function plainName(name: string): string {
  return name.replaceAll(' (synthetic)', '')
}

export function days(count: number): string {
  return `${count} ${Math.abs(count) === 1 ? 'day' : 'days'}`
}

/** What one more slot would save, plainly: `9 days, 1 breach`. */
export function plainSaving(of: {
  readonly priceDays: number | null
  readonly priceBreaches: number | null
}): string {
  const fewer = of.priceBreaches ?? 0
  const breaches = fewer === 0 ? '' : `, ${number(fewer)} ${fewer === 1 ? 'breach' : 'breaches'}`
  return `${days(of.priceDays ?? 0)}${breaches}`
}

/** @param left days to the last day in time: 0 on it, negative once breached */
export function daysLeftWords(left: number): string {
  if (left > 0) return `${days(left)} left`
  return left === 0 ? 'last day in time' : `${days(-left)} over`
}

export function number(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 1 })
}

/** A count with its word: `1 move`, `1,204 moves`. */
export function many(count: number, one: string, more: string): string {
  return `${number(count)} ${count === 1 ? one : more}`
}

/** People: an estimate of them has no tenths. */
export function people(value: number): string {
  return Math.round(value).toLocaleString('en-GB')
}

/** A weight or a limit as it was set: 0.02 is not 0. */
export function exact(value: number): string {
  return value.toLocaleString('en-GB', { maximumFractionDigits: 4 })
}

/** Null is a small number kept back. */
export function count(value: number | null): string {
  return value === null ? 'under 5' : number(value)
}

export const STANDARD_DAYS: Readonly<Record<Standard, string>> = {
  fds28: '28-day',
  dtt31: '31-day',
  rtt62: '62-day',
}

export const BAND_WORDS: Readonly<Record<Band, string>> = {
  d0to28: '0 to 28 days',
  d29to62: '29 to 62 days',
  d63to104: '63 to 104 days',
  over104: 'over 104 days',
}
