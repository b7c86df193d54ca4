import type { IsoDate } from '../../../shared/date.ts'
import type { Standard } from '../../../shared/vocabulary.ts'

/** A share that holds from a day until a later line takes over. */
export interface DatedShare {
  readonly from: IsoDate
  /** 0..1 of the people counted in a month. */
  readonly share: number
  readonly source: string
}

/**
 * What a national letter can change. Versioned data handed to the clocks, never constants in them. [CLK-22]
 */
export interface StandardsConfig {
  readonly version: string
  /** Longest wait in time, in days. */
  readonly limitDays: Readonly<Record<Standard, number>>
  /** The standard itself, oldest line first. */
  readonly thresholds: Readonly<Record<Standard, readonly DatedShare[]>>
  /** The planning trajectory on the way there, by the month it is asked for, oldest first. */
  readonly trajectory: Readonly<Record<Standard, readonly DatedShare[]>>
  /** Where a patient pause (reason 8) counts. The Data Dictionary says admitted care; guidance since v11, all. */
  readonly pauseSettings: 'all' | 'admitted'
  /** Days in which the investigating trust hands over, and in which the treating trust treats. 38 + 24 = 62. */
  readonly handOverDays: number
  readonly treatDays: number
}

const date = (text: string) => text as IsoDate
const dated = (from: string, share: number, source: string): DatedShare => ({
  from: date(from),
  share,
  source,
})

export const standardsConfig: StandardsConfig = {
  version: '2025-07',
  limitDays: { fds28: 28, dtt31: 31, rtt62: 62 },
  thresholds: {
    fds28: [dated('2021-10-01', 0.75, 'G12'), dated('2026-03-01', 0.8, 'G12')],
    dtt31: [dated('2009-01-01', 0.96, 'G12')],
    rtt62: [dated('2009-01-01', 0.85, 'G12')],
  },
  trajectory: {
    fds28: [],
    dtt31: [],
    rtt62: [
      dated('2025-03-01', 0.7, 'planning guidance, confidence L'),
      dated('2026-03-01', 0.75, 'planning guidance, confidence L'),
      dated('2027-03-01', 0.8, 'planning guidance, confidence L'),
      dated('2029-03-01', 0.85, 'planning guidance, confidence L'),
    ],
  },
  pauseSettings: 'all',
  handOverDays: 38,
  treatDays: 24,
}

/** Share wanted of a standard on a day; null before its first line. [CLK-22] */
export function thresholdOn(
  config: StandardsConfig,
  standard: Standard,
  on: IsoDate,
): number | null {
  return latest(config.thresholds[standard], on)
}

/** Share planned for a standard by a day; null where no plan had begun. [CLK-22] */
export function trajectoryOn(
  config: StandardsConfig,
  standard: Standard,
  on: IsoDate,
): number | null {
  return latest(config.trajectory[standard], on)
}

function latest(lines: readonly DatedShare[], on: IsoDate): number | null {
  return lines.findLast((line) => line.from <= on)?.share ?? null
}
