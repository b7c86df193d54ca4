import type { IsoDate } from '../../../shared/date.ts'
import { addDays } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { Clocks } from '../clock/clock.ts'
import { clocks as clocksOn } from '../clock/clock.ts'
import { dayOf } from '../clock/day.ts'
import type { OverrideInForce } from './place.ts'
import { inForce } from './place.ts'
import type { Policy } from './policy.ts'
import { effectivePriority } from './priority.ts'

/** No day is known on which anything but the days themselves changes. */
export const NEVER_DAY = 2 ** 31 - 1

const DATES = [
  'receivedOn',
  'upgradedOn',
  'firstSeenOn',
  'dttOn',
  'ecadOn',
  'toldOn',
  'treatedOn',
  'iptRequestedOn',
  'iptReceivedOn',
  'stepRequestedOn',
  'closedOn',
] as const satisfies readonly (keyof EntryFacts)[]

/**
 * The first day after `asOf` on which a place must be worked out anew rather than moved on by straight lines:
 * an override ends, waiting lifts a code, a date that lay ahead arrives, or an adjustment still grows. [RNK-12]
 * @returns a day number, or `NEVER_DAY`
 */
export function recheckDay(
  facts: EntryFacts,
  clocks: Clocks,
  policy: Policy,
  asOf: IsoDate,
  override: OverrideInForce | null,
): number {
  const today = dayOf(asOf)
  if (datedAhead(facts, asOf) || stillGrowing(facts, clocks, asOf)) return today + 1
  let day = NEVER_DAY
  if (override !== null && inForce(override, today)) day = dayOf(override.endsOn) + 1
  const lifts = effectivePriority(facts, policy, today)?.liftsOnDay ?? null
  return lifts === null ? day : Math.min(day, lifts)
}

function datedAhead(facts: EntryFacts, asOf: IsoDate): boolean {
  for (const name of DATES) {
    const date = facts[name]
    if (date !== undefined && date > asOf) return true
  }
  if (facts.priority !== undefined && facts.priority.setOn > asOf) return true
  if (facts.missedFirstAppointments?.some((date) => date > asOf) === true) return true
  return facts.pauses?.some((pause) => pause.to > asOf) === true
}

/** An adjustment larger than the wait so far takes off a day more each day; one day on tells. */
function stillGrowing(facts: EntryFacts, clocks: Clocks, asOf: IsoDate): boolean {
  const adjusted = [clocks.fds28, clocks.dtt31, clocks.rtt62].some(
    (clock) => clock?.state === 'running' && clock.adjustments.length > 0,
  )
  if (!adjusted) return false
  const next = clocksOn(facts, addDays(asOf, 1))
  return (
    next.fds28?.adjustmentDays !== clocks.fds28?.adjustmentDays ||
    next.dtt31?.adjustmentDays !== clocks.dtt31?.adjustmentDays ||
    next.rtt62?.adjustmentDays !== clocks.rtt62?.adjustmentDays
  )
}
