import { STAY } from '../transport.ts'
import { paidBy } from '../warm-costs.ts'
import { move, NONE } from '../warm-state.ts'
import { capOf, ease, type CapSide } from './ledger.ts'

/**
 * Puts a solved part where a search found the best plan within the caps, at the prices it has. Whoever then has a
 * choice cheaper than what the plan gives them is eased, so that the part is the optimum of what it says and goes on
 * being changed like any other. [MOV-52, MOV-23]
 * @param target by patient the arc they are to have; STAY
 */
export function adopt(side: CapSide, target: Int32Array): void {
  const { warm } = side
  const { free, price, choosers } = warm
  const affected = new Set<number>()
  for (let patient = 0; patient < target.length; patient++) {
    const arc = target[patient] as number
    const from = warm.place[patient] as number
    const to = arc === STAY ? STAY : (warm.arcBucket[arc] as number)
    if (from === to || warm.present[patient] !== 1) continue
    if (from !== STAY) free[from] = (free[from] as number) + 1
    if (to !== STAY) free[to] = (free[to] as number) - 1
    move(warm, patient, to, arc)
    affected.add(patient)
  }
  if (affected.size === 0) return
  side.moved = true
  for (let bucket = 0; bucket < free.length; bucket++) {
    if ((free[bucket] as number) < 1 || price[bucket] === 0) continue
    price[bucket] = 0
    const end = choosers.end[bucket] as number
    for (let row = choosers.start[bucket] as number; row < end; row++) {
      affected.add(choosers.patient[row] as number)
    }
  }
  for (const patient of affected) content(side, patient)
}

/** Eases a patient until nothing is cheaper to them than what they have. */
function content(side: CapSide, patient: number): void {
  const { warm, eased } = side
  const { arcBucket, arcCost, price } = warm
  const begin = warm.arcStart[patient] as number
  const end = warm.arcEnd[patient] as number
  const place = warm.place[patient] as number
  const full = (arc: number): number =>
    (arcCost[arc] as number) + (price[arcBucket[arc] as number] as number)
  if (place !== STAY) {
    let least = warm.stayCost[patient] as number
    const isImport = capOf(side, patient, place) !== NONE
    for (let arc = begin; isImport && arc < end; arc++) least = Math.min(least, full(arc))
    const short = paidBy(warm, patient) - least
    if (short > 0) ease(side, patient, place, (eased.get(patient)?.get(place) ?? 0) + short)
  }
  const paid = paidBy(warm, patient)
  for (let arc = begin; arc < end; arc++) {
    const bucket = arcBucket[arc] as number
    const short = paid - full(arc)
    if (short > 0) ease(side, patient, bucket, (eased.get(patient)?.get(bucket) ?? 0) - short)
  }
}
