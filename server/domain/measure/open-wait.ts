import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { Route, Step, Tumour } from '../../../shared/vocabulary.ts'
import type { Clock, Clocks } from '../clock/clock.ts'
import { dayOf } from '../clock/day.ts'
import { waitFromDay } from '../rank/place.ts'

/** What the measures look at of one open entry: numbers and codes, nobody. Days are day numbers. */
export interface OpenWait {
  readonly trust: string
  /** True for one report of each pathway: totals over trusts count these. [MEA-2] */
  readonly isFirstReport: boolean
  readonly tumour: Tumour
  readonly route: Route
  /** As on the list: the 62-day clock, or since receipt; null without a date to count from. */
  readonly waitDays: number | null
  readonly step: Step | null
  /** Since the trust asked for the step; null where it does not say. */
  readonly stepDays: number | null
  readonly isBooked: boolean
  /** Where each standard's clock runs: its first day and its wait. */
  readonly fds28: RunningClock | null
  readonly dtt31: RunningClock | null
  /** Last day in time of a running 62-day clock that its standard counts. */
  readonly rtt62TargetDay: number | null
}
export interface RunningClock {
  readonly startDay: number
  readonly waitDays: number
}

export function openWait(
  entry: {
    readonly trust: string
    readonly alsoAt: readonly string[]
    readonly tumour: Tumour
    readonly route: Route
    readonly step: Step | null
    readonly facts: EntryFacts
    readonly clocks: Clocks
  },
  asOf: IsoDate,
): OpenWait {
  const { facts, clocks, trust } = entry
  const today = dayOf(asOf)
  const from = waitFromDay(facts, clocks, today)
  const asked = dayOf(facts.stepRequestedOn)
  const { rtt62 } = clocks
  const isCounted = rtt62?.state === 'running'
  return {
    trust,
    isFirstReport: entry.alsoAt.every((other) => trust <= other),
    tumour: entry.tumour,
    route: entry.route,
    waitDays: Number.isNaN(from) ? null : today - from,
    step: entry.step,
    stepDays: asked <= today ? today - asked : null,
    isBooked: facts.stepBookedOn !== undefined,
    fds28: running(clocks.fds28),
    dtt31: running(clocks.dtt31),
    rtt62TargetDay: isCounted ? dayOf(rtt62.targetOn) : null,
  }
}

function running(clock: Clock | null): RunningClock | null {
  if (clock?.state !== 'running') return null
  return { startDay: dayOf(clock.startOn), waitDays: clock.waitDays }
}
