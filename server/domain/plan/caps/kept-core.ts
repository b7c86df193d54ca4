import { STAY, toPoints } from '../transport.ts'
import type { CapProblem } from './forest.ts'
import { paidBy } from '../warm-costs.ts'
import { NONE, type WarmState } from '../warm-state.ts'
import { capOf, leastAtFullPrice, type CapLedger, type CapSide } from './ledger.ts'

/** What is a near thing at the prices there are: a problem of its own, and how to read its answer. */
export interface KeptCore extends CapProblem {
  /** Units of the least that any plan costs, by the prices. */
  readonly bound: number
  /** Units of those who are settled. */
  readonly settled: number
  readonly patients: readonly { readonly side: CapSide; readonly patient: number }[]
  /** By arc of the core its number on its side. */
  readonly arcs: readonly number[]
}

/**
 * Of a kept plan what any plan could have that costs at most `spare` units more than its prices prove: a choice that is
 * dearer than somebody's cheapest, prices paid, by more than that is in no such plan. Who has one
 * choice left has it, and is not asked.
 * @returns null when no plan is so near
 */
export function keptCore(ledger: CapLedger, spare: number): KeptCore | null {
  const imports = ledger.caps.map((cap) => cap.imports)
  const capacity: number[] = []
  const start = [0]
  const arcs: number[] = []
  const buckets: number[] = []
  const costs: number[] = []
  const caps: number[] = []
  const stay: number[] = []
  const patients: { side: CapSide; patient: number }[] = []
  let settled = 0
  let bound = ledger.caps.reduce(
    (sum, cap, index) => sum - (ledger.price[index] ?? 0) * cap.imports,
    0,
  )
  for (const side of ledger.sides) {
    const { warm, eased } = side
    const { arcBucket, arcCost, price, stayCost } = warm
    const first = capacity.length
    for (let bucket = 0; bucket < warm.capacity.length; bucket++) {
      const slots = warm.capacity[bucket] as number
      capacity.push(slots)
      bound -= slots * (price[bucket] as number)
    }
    for (let patient = 0; patient < warm.patientCount; patient++) {
      if (warm.present[patient] !== 1) continue
      const less = eased.size === 0 ? undefined : eased.get(patient)
      // whoever is not eased has their cheapest already
      const least = less === undefined ? paidBy(warm, patient) : leastAtFullPrice(side, patient)
      bound += least
      const reach = least + spare
      const begin = warm.arcStart[patient] as number
      const end = warm.arcEnd[patient] as number
      const canStay = (stayCost[patient] as number) <= reach
      const from = arcs.length
      const isEased = less !== undefined
      if (!isEased && !isNear(warm, patient, reach, canStay)) {
        const place = warm.place[patient] as number
        const cap = place === STAY ? NONE : capOf(side, patient, place)
        settled += (warm.placeCost[patient] as number) - (cap < 0 ? 0 : (ledger.price[cap] ?? 0))
        if (place !== STAY) capacity[first + place] = (capacity[first + place] ?? 0) - 1
        if (cap >= 0) imports[cap] = (imports[cap] ?? 0) - 1
        continue
      }
      for (let arc = begin; arc < end; arc++) {
        const bucket = arcBucket[arc] as number
        if (warm.capacity[bucket] === 0) continue
        const cost = (arcCost[arc] as number) + (less?.get(bucket) ?? 0)
        if (cost + (price[bucket] as number) > reach) continue
        const cap = capOf(side, patient, bucket)
        arcs.push(arc)
        buckets.push(first + bucket)
        costs.push(cost - (cap < 0 ? 0 : (ledger.price[cap] ?? 0)))
        caps.push(cap)
      }
      if (arcs.length === from && !canStay) return null
      patients.push({ side, patient })
      stay.push(stayCost[patient] as number)
      start.push(arcs.length)
    }
  }
  if (capacity.some((slots) => slots < 0) || imports.some((most) => most < 0)) return null
  return {
    problem: {
      patientStart: Int32Array.from(start),
      arcBucket: Int32Array.from(buckets),
      arcCost: Float64Array.from(costs, toPoints),
      stayCost: Float64Array.from(stay, toPoints),
      capacity: Int32Array.from(capacity),
    },
    capOf: Int32Array.from(caps),
    imports,
    bound,
    settled,
    patients,
    arcs,
  }
}

/** Whether somebody not eased could be elsewhere than they are without paying more than `reach`. */
function isNear(warm: WarmState, patient: number, reach: number, canStay: boolean): boolean {
  const { arcBucket, arcCost, price, capacity } = warm
  const taken = warm.place[patient] === STAY ? STAY : (warm.placeArc[patient] as number)
  if (canStay && taken !== STAY) return true
  const end = warm.arcEnd[patient] as number
  for (let arc = warm.arcStart[patient] as number; arc < end; arc++) {
    const bucket = arcBucket[arc] as number
    const full = (arcCost[arc] as number) + (price[bucket] as number)
    if (full <= reach && arc !== taken && (capacity[bucket] as number) > 0) return true
  }
  return false
}
