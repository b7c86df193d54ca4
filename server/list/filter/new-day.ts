import { bandOf } from '../../domain/clock/band.ts'
import { ACTION_BITS, DAY_MASK, NOBODY, bandBits } from '../held/attributes.ts'
import type { Columns } from './matching.ts'
import { actionAs } from '../held/slot-columns.ts'

/** Waits looked up; longer ones are worked out. */
const WAITS = 256
const BITS_BY_WAIT = Uint32Array.from({ length: WAITS }, (_, wait) => bandBits(bandOf(wait)))

/**
 * Puts everybody's band and the state of their next action as they are on a day into the words they are filtered by.
 * Numbers only, and no calls that stay calls: at midnight this runs 300,000 times.
 * @param dueDay by slot, as `dueDayOf` gives it
 * @param waitDaysOn NaN where there is no wait
 */
export function moveWordsOn(
  { words: [first], count }: Columns,
  dueDay: Int32Array,
  today: number,
  waitDaysOn: (slot: number, day: number) => number,
): void {
  for (let slot = 0; slot < count; slot++) {
    const word = first[slot] ?? NOBODY
    if (word === NOBODY) continue
    const wait = waitDaysOn(slot, today)
    const band = BITS_BY_WAIT[wait] ?? bandBits(Number.isNaN(wait) ? null : bandOf(wait))
    first[slot] = (word & ~DAY_MASK) | band | actionAs(ACTION_BITS, dueDay[slot] ?? 0, today)
  }
}
