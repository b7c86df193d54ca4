import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import type { Clocks } from '../clock/clock.ts'
import { dayOf } from '../clock/day.ts'
import type { ExactWeighting } from './compiled-policy.ts'
import { exactDeadlines } from './deadlines.ts'
import { packKey } from './order.ts'
import type { OverrideInForce } from './place.ts'
import { credits, tierOf, waitFromDay } from './place.ts'
import { DEADLINES_LIMIT } from './policy.ts'
import type { Policy } from './policy.ts'
import { recheckDay } from './settled.ts'

const WEIGHTINGS_LIMIT = 256
const NO_WAIT = -(2 ** 31)

/**
 * Places of many entries in flat arrays, one slot each: what is needed to order everybody for a new day without
 * looking at anybody's facts. Gives exactly the tier, points and wait of `place`. [RNK-2, RNK-12]
 */
export interface CompactPlaces {
  readonly capacity: number
  /** Works out a slot from the facts; what it held before is gone. */
  write(slot: number, of: PlaceInput): void
  /** The packed key of a slot on a day not before the one it was written for. */
  readonly keyOn: (slot: number, day: number) => number
  /** The same for the first `count` slots at once; what it gives for one that was never written is no key. */
  keysOn(day: number, count: number, into: Float64Array): void
  /** First day on which `write` must be called again. */
  recheckDay(slot: number): number
  /** NaN where there is no wait. */
  readonly waitDaysOn: (slot: number, day: number) => number
  /** The same places with room for more. */
  grown(capacity: number): CompactPlaces
}

export interface PlaceInput {
  readonly facts: EntryFacts
  readonly clocks: Clocks
  readonly policy: Policy
  readonly asOf: IsoDate
  readonly override: OverrideInForce | null
}

interface Columns {
  readonly dueDay: Int32Array
  readonly weighting: Uint8Array
  readonly used: Uint8Array
  readonly credit: Int32Array
  readonly tier: Uint8Array
  readonly waitFrom: Int32Array
  readonly recheck: Int32Array
}

/** The few different weightings of a policy, by number. */
interface Weightings {
  readonly late: Int32Array
  readonly closer: Int32Array
  readonly within: Int32Array
  count: number
}

/** Places of so many entries as flat numbers, by slot; `grown` makes room for more. [RNK-12] */
export function compactPlaces(capacity: number): CompactPlaces {
  const weightings = {
    late: new Int32Array(WEIGHTINGS_LIMIT),
    closer: new Int32Array(WEIGHTINGS_LIMIT),
    within: new Int32Array(WEIGHTINGS_LIMIT),
    count: 0,
  }
  return over(capacity, emptyColumns(capacity), weightings)
}

function over(capacity: number, columns: Columns, weightings: Weightings): CompactPlaces {
  const { dueDay, weighting, used, credit, tier, waitFrom, recheck } = columns
  const { late, closer, within } = weightings

  /** Free of branches that hang on the facts: at midnight it runs over everybody. [RNK-3] */
  function keyOn(slot: number, day: number): number {
    const base = slot * DEADLINES_LIMIT
    const end = base + (used[slot] ?? 0)
    let points = credit[slot] ?? 0
    for (let index = base; index < end; index++) {
      const kind = weighting[index] ?? 0
      const daysLate = day - (dueDay[index] ?? 0)
      const daysCloser = atLeast0((within[kind] ?? 0) - atLeast0(-daysLate))
      points += daysCloser * (closer[kind] ?? 0) + atLeast0(daysLate) * (late[kind] ?? 0)
    }
    const from = waitFrom[slot] ?? NO_WAIT
    return packKey(tier[slot] ?? 0, points, from === NO_WAIT ? 0 : day - from)
  }

  return {
    capacity,
    write(slot, of) {
      const today = dayOf(of.asOf)
      const owed = exactDeadlines(of.facts, of.clocks, of.policy, today)
      const base = slot * DEADLINES_LIMIT
      if (owed.length > DEADLINES_LIMIT) throw new Error('more deadlines than a policy can give')
      owed.forEach((item, index) => {
        dueDay[base + index] = item.dueDay
        weighting[base + index] = weightingNumber(weightings, item.weighting)
      })
      used[slot] = owed.length
      let sum = 0
      for (const item of credits(of.facts, of.policy)) sum += item.days * item.weightHundredths
      credit[slot] = sum
      tier[slot] = tierOf(of.facts, of.policy, today, of.override).tier
      const from = waitFromDay(of.facts, of.clocks, today)
      waitFrom[slot] = Number.isNaN(from) ? NO_WAIT : from
      recheck[slot] = recheckDay(of.facts, of.clocks, of.policy, of.asOf, of.override)
    },
    keyOn,
    keysOn(day, count, into) {
      for (let slot = 0; slot < count; slot++) into[slot] = keyOn(slot, day)
    },
    recheckDay: (slot) => recheck[slot] ?? 0,
    waitDaysOn(slot, day) {
      const from = waitFrom[slot] ?? NO_WAIT
      return from === NO_WAIT ? NaN : day - from
    },
    grown(larger) {
      const wider = emptyColumns(larger)
      wider.dueDay.set(dueDay)
      wider.weighting.set(weighting)
      wider.used.set(used)
      wider.credit.set(credit)
      wider.tier.set(tier)
      wider.waitFrom.set(waitFrom)
      wider.recheck.set(recheck)
      return over(larger, wider, weightings)
    },
  }
}

/** Of whole days, which are far fewer than 2 ** 31. */
function atLeast0(days: number): number {
  return days & ~(days >> 31)
}

function emptyColumns(capacity: number): Columns {
  return {
    dueDay: new Int32Array(capacity * DEADLINES_LIMIT),
    weighting: new Uint8Array(capacity * DEADLINES_LIMIT),
    used: new Uint8Array(capacity),
    credit: new Int32Array(capacity),
    tier: new Uint8Array(capacity),
    waitFrom: new Int32Array(capacity).fill(NO_WAIT),
    recheck: new Int32Array(capacity),
  }
}

function weightingNumber(of: Weightings, wanted: ExactWeighting): number {
  const { late, closer, within } = of
  for (let index = 0; index < of.count; index++) {
    if (
      late[index] === wanted.late &&
      closer[index] === wanted.closer &&
      within[index] === wanted.closerWithinDays
    )
      return index
  }
  if (of.count === WEIGHTINGS_LIMIT) throw new Error('more weightings than a policy can hold')
  late[of.count] = wanted.late
  closer[of.count] = wanted.closer
  within[of.count] = wanted.closerWithinDays
  of.count += 1
  return of.count - 1
}
