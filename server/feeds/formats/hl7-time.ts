import type { IsoDate } from '../../../shared/date.ts'
import { isIsoDate, londonDate } from '../../../shared/date.ts'

const TIMESTAMP =
  /^(\d{4})(\d{2})(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.\d{1,4})?)?)?)?([+-]\d{4})?$/
const MS_A_MINUTE = 60_000

/**
 * The calendar day in London of `YYYYMMDD[HH[MM[SS[.S]]]][+ZZZZ]`. A day with a time and an offset is an instant, which
 * may lie on another day there: birth dates come as midnight in summer time, written in UTC. [FEED-51]
 * @returns null for what is no such day
 */
export function hl7Date(text: string): IsoDate | null {
  const parts = TIMESTAMP.exec(text)
  if (parts === null) return null
  const [, year, month, day, hour, , , offset] = parts
  const written = `${year}-${month}-${day}`
  if (!isIsoDate(written)) return null
  if (hour === undefined || offset === undefined) return written
  const atMs = instantOf(parts)
  return atMs === null ? null : londonDate(atMs)
}

/**
 * The instant of a timestamp to the minute or better, ISO 8601 in UTC; without an offset it is London's own time.
 * @returns null for what is no such instant
 */
export function hl7Instant(text: string): string | null {
  const parts = TIMESTAMP.exec(text)
  if (parts?.[5] === undefined) return null
  const atMs = instantOf(parts)
  return atMs === null ? null : new Date(atMs).toISOString()
}

/** An instant as HL7 writes it, in UTC. */
export function toHl7Time(iso: string): string {
  return `${iso.slice(0, 19).replaceAll(/[-T:]/g, '')}+0000`
}

function instantOf(parts: RegExpExecArray): number | null {
  const [, year, month, day, hour = '0', minute = '0', second = '0', offset] = parts
  if (!isIsoDate(`${year}-${month}-${day}`)) return null
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null
  const writtenMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  if (offset === undefined) return writtenMs - londonAheadMs(writtenMs - londonAheadMs(writtenMs))
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3))
  return writtenMs - (offset.startsWith('-') ? -minutes : minutes) * MS_A_MINUTE
}

/** How far London's clocks are ahead of UTC at an instant. */
function londonAheadMs(atMs: number): number {
  const said = LONDON.format(atMs)
  const [, day, month, year, hour, minute] =
    /(\d+)\D+(\d+)\D+(\d+)\D+(\d+)\D+(\d+)/.exec(said) ?? []
  const shownMs = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
  )
  return shownMs - Math.floor(atMs / MS_A_MINUTE) * MS_A_MINUTE
}

const LONDON = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Europe/London',
  year: 'numeric',
  month: '2-digit',
  day: '2-digit',
  hour: '2-digit',
  minute: '2-digit',
  hourCycle: 'h23',
})
