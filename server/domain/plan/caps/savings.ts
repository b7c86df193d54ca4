import { NOBODY, type SlotValues } from '../prices.ts'
import { STAY, toPoints } from '../transport.ts'
import { NONE } from '../warm-state.ts'
import { capOf, importsNow, unproved, type CapLedger, type CapSide } from './ledger.ts'
import { bestNear, EVERYWHERE } from './settle.ts'

/** One part of a plan as far as its slots are priced: rows and slots are those of its book. */
export interface Priced {
  readonly ledger: CapLedger
  readonly side: CapSide
  /** By row of the book the patient of the side, by slot its bucket. */
  readonly rows: readonly number[]
  readonly buckets: readonly number[]
}

/** So many choices are gone through again in all for one part's prices; what is left is told as what it saves at most. */
const MOST_CHOICES = 50_000

/**
 * What one more slot in each bucket saves, where there are caps. [MOV-20, MOV-52]
 *
 * With the prices of caps as they are `values` has the saving, and no plan with the slot saves more than that and what
 * is unproved. It is the saving itself where nothing is unproved and the people who would move up leave every cap's
 * imports as they are. Where not, the plan is looked for again with the slot, dearest first.
 * @returns points; exact but for those that come after `MOST_CHOICES`, which are the most it can be
 */
export function cappedPoints(priced: Priced, values: SlotValues, places: Int32Array): Float64Array {
  const { ledger, side, buckets } = priced
  const used = importsNow(ledger)
  const open = unproved(ledger, used)
  const fits = neutral(priced, values, places, used)
  const points = values.points.map((most) => most + toPoints(open))
  const doubtful = [...points.keys()].filter(
    (slot) => open > 0 || ((points[slot] as number) > 0 && fits[slot] !== 1),
  )
  doubtful.sort((a, b) => (points[b] as number) - (points[a] as number) || a - b)
  const units = costNow(ledger)
  const arcs = ledger.sides.reduce((sum, { warm }) => sum + warm.arcCount, 0)
  let left = MOST_CHOICES
  for (const slot of doubtful) {
    if (left <= 0) break
    const bucket = buckets[slot] as number
    const { capacity } = side.warm
    capacity[bucket] = (capacity[bucket] as number) + 1
    const near = bestNear(ledger, arcs < left ? EVERYWHERE : undefined)
    capacity[bucket] = capacity[bucket] - 1
    if (near === null || near.found.least < near.found.units) continue
    left -= near.core.arcs.length
    points[slot] = toPoints(units - near.core.settled - near.found.units)
  }
  return points
}

/** By slot 1 where those who would move up leave every cap that has a price as full as it is, and break none. */
function neutral(
  { ledger, side, rows, buckets }: Priced,
  { order, taker }: SlotValues,
  places: Int32Array,
  used: readonly number[],
): Uint8Array {
  const change = buckets.map(() => used.map(() => 0))
  const fits = new Uint8Array(buckets.length)
  for (const slot of order) {
    const row = taker[slot] as number
    const by = change[slot]
    if (row !== NOBODY && by !== undefined) {
      const patient = rows[row] as number
      const left = places[row] as number
      if (left !== STAY) change[left]?.forEach((count, cap) => (by[cap] = count))
      const to = capOf(side, patient, buckets[slot] as number)
      const from = left === STAY ? NONE : capOf(side, patient, buckets[left] as number)
      if (to !== NONE) by[to] = (by[to] ?? 0) + 1
      if (from !== NONE) by[from] = (by[from] ?? 0) - 1
    }
    const isSame = by?.every((count, cap) => {
      if ((ledger.price[cap] ?? 0) > 0) return count === 0
      return (used[cap] ?? 0) + count <= (ledger.caps[cap]?.imports ?? 0)
    })
    fits[slot] = isSame === true ? 1 : 0
  }
  return fits
}

/** Units of what everybody has now, without prices of caps. */
function costNow({ sides, price }: CapLedger): number {
  let units = 0
  for (const side of sides) {
    const { warm, eased } = side
    for (let patient = 0; patient < warm.patientCount; patient++) {
      if (warm.present[patient] !== 1) continue
      const bucket = warm.place[patient] as number
      const cap = bucket === STAY ? NONE : capOf(side, patient, bucket)
      units += (warm.placeCost[patient] as number) - (cap === NONE ? 0 : (price[cap] ?? 0))
      units += eased.get(patient)?.get(bucket) ?? 0
    }
  }
  return units
}
