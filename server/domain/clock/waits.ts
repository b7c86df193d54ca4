import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { Clock } from './clock.ts'
import { clocks } from './clock.ts'
import { dayOf } from './day.ts'
import type { StandardsConfig } from './standards-config.ts'
import { standardsConfig } from './standards-config.ts'

/** Numbers that `writeWaits` puts down for each entry, by their place. */
export const WAIT_COLUMNS = {
  fdsWaitDays: 0,
  fdsTargetDay: 1,
  dttWaitDays: 2,
  dttTargetDay: 3,
  rttWaitDays: 4,
  rttTargetDay: 5,
} as const
export const WAITS_PER_ENTRY = 6

/** Stands for a clock that does not run: no wait and no target is that low. */
export const NO_WAIT = -2_147_483_648

/**
 * The running clocks of one entry as numbers in a flat array, for a list that keeps hundreds of thousands.
 *
 * The same clocks as everywhere, so that the list and the page never differ; a stopped clock is left out.
 * Target days are day numbers; they stay put from day to day unless a pause is under way.
 * @param at place of the entry's first number: its row times `WAITS_PER_ENTRY`
 */
export function writeWaits(
  facts: EntryFacts,
  asOf: IsoDate,
  into: Int32Array,
  at: number,
  config: StandardsConfig = standardsConfig,
): void {
  const { fds28, dtt31, rtt62 } = clocks(facts, asOf, config)
  write(fds28, into, at + WAIT_COLUMNS.fdsWaitDays)
  write(dtt31, into, at + WAIT_COLUMNS.dttWaitDays)
  write(rtt62, into, at + WAIT_COLUMNS.rttWaitDays)
}

function write(clock: Clock | null, into: Int32Array, at: number): void {
  const running = clock?.state === 'running' ? clock : null
  into[at] = running?.waitDays ?? NO_WAIT
  into[at + 1] = running === null ? NO_WAIT : dayOf(running.targetOn)
}
