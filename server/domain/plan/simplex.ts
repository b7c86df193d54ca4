import { enter, enterUnused, type Basis } from './basis.ts'
import { STAY } from './transport.ts'

/** Arcs looked at before the best of them enters, as a multiple of the root of their number. */
const BLOCK_FACTOR = 0.25

/**
 * Pivots until no arc has a negative reduced cost: the optimum, and the prices that prove it. The best arc of a
 * block of patients enters and the search goes on behind it (block search as in LEMON's network simplex, Kiraly
 * and Kovacs 2012; here by rows, because all arcs of a patient share one reduced base).
 * @returns the number of pivots
 */
export function optimise(basis: Basis): number {
  const { patientCount, bucketCount, start, arcBucket, arcCost, stayCost } = basis
  const { place, placeCost, price } = basis
  const blockArcs = Math.max(16, Math.floor(BLOCK_FACTOR * Math.sqrt(arcCost.length)))
  let pivots = 0
  let patient = 0
  let sinceEntered = 0
  while (sinceEntered < patientCount) {
    let best = 0
    let bestPatient = 0
    let bestArc = STAY
    let looked = 0
    while (sinceEntered < patientCount && (looked < blockArcs || best === 0)) {
      const paid = (placeCost[patient] as number) + (price[place[patient] as number] as number)
      const stays = (stayCost[patient] as number) - paid
      if (stays < best) {
        best = stays
        bestPatient = patient
        bestArc = STAY
      }
      const end = start[patient + 1] as number
      const begin = start[patient] as number
      for (let arc = begin; arc < end; arc++) {
        const reduced =
          (arcCost[arc] as number) + (price[arcBucket[arc] as number] as number) - paid
        if (reduced < best) {
          best = reduced
          bestPatient = patient
          bestArc = arc
        }
      }
      looked += end - begin
      sinceEntered++
      if (++patient === patientCount) patient = 0
    }
    if (best < 0) {
      if (bestArc === STAY) {
        enter(basis, bestPatient, STAY, stayCost[bestPatient] as number, bucketCount, best)
      } else {
        const cost = arcCost[bestArc] as number
        enter(basis, bestPatient, bestArc, cost, arcBucket[bestArc] as number, best)
      }
      pivots++
      sinceEntered = 0
    }
    if (sinceEntered < patientCount) continue
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      if ((price[bucket] as number) >= 0) continue
      enterUnused(basis, bucket)
      pivots++
      sinceEntered = 0
    }
  }
  return pivots
}
