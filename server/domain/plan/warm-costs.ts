import { STAY } from './transport.ts'
import { findPlace, findTaker } from './warm.ts'
import { move, NONE, type WarmState } from './warm-state.ts'

/** What a patient pays who is out of the plan for a moment: nobody's slot is ever worth so little to them. */
const OUT = -(2 ** 50)

/** What the patient pays now, the price of their bucket included. */
export function paidBy(state: WarmState, patient: number): number {
  const bucket = state.place[patient] as number
  const cost = state.placeCost[patient] as number
  return bucket === STAY ? cost : cost + (state.price[bucket] as number)
}

/** Whether a patient has a choice cheaper, price paid, than what they have. */
export function wantsToMove(state: WarmState, patient: number): boolean {
  const { arcStart, arcEnd, arcBucket, arcCost, price, stayCost } = state
  const paid = paidBy(state, patient)
  if ((stayCost[patient] as number) < paid) return true
  const end = arcEnd[patient] as number
  for (let arc = arcStart[patient] as number; arc < end; arc++) {
    const full = (arcCost[arc] as number) + (price[arcBucket[arc] as number] as number)
    if (full < paid) return true
  }
  return false
}

/**
 * Makes a state the optimum again after costs changed: `patients` are all who have a cheaper choice than theirs. They
 * leave the plan together, their slots with them; the slots come back one by one, and then they do. [MOV-23]
 */
export function reseat(state: WarmState, patients: readonly number[]): void {
  const buckets: number[] = []
  for (const patient of patients) {
    const bucket = state.place[patient] as number
    if (bucket !== STAY) {
      buckets.push(bucket)
      move(state, patient, STAY, STAY)
    }
    state.placeCost[patient] = OUT
  }
  for (const bucket of buckets) findTaker(state, bucket)
  for (const patient of patients) {
    state.placeCost[patient] = state.stayCost[patient] as number
    findPlace(state, patient, NONE)
  }
}
