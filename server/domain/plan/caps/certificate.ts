import { quantise, STAY, toPoints } from '../transport.ts'
import { capOfArcs, type CapPart } from './parts.ts'
import type { CappedSolution } from './capped.ts'

/** `bound`: points that no plan within the caps can go below, by the prices told; equal to `cost`: it is the best. */
export type CapCertificate =
  | { readonly kept: true; readonly cost: number; readonly bound: number }
  | { readonly kept: false; readonly why: string }

/**
 * Checks an answer within caps against the plain problem, without solving anything. [MOV-16, MOV-52]
 *
 * Feasible: everybody stays or has one of their own choices, no bucket beyond its slots, no trust beyond its cap. The
 * bound is weak duality: with any prices >= 0 of buckets and caps a plan costs at least what everybody's cheapest choice
 * costs, prices paid, less all prices times what they ration. Where it is below the cost, prices prove no more, and the
 * rest was settled by looking at cases apart: that a search can prove too (`ProofStep`), and tests check.
 */
export function certifyCapped(given: readonly CapPart[], solution: CappedSolution): CapCertificate {
  const { caps, parts } = solution
  const used = caps.map(() => 0)
  const capPrice = caps.map(({ points }) => quantise(points))
  let cost = 0
  let bound = caps.reduce((sum, { imports }, cap) => sum - (capPrice[cap] ?? 0) * imports, 0)
  for (const [index, part] of given.entries()) {
    const { patientStart, arcBucket, arcCost, stayCost, capacity } = part.problem
    const best = parts[index]?.best
    if (best === undefined) return { kept: false, why: 'a part has no answer' }
    const capOf = capOfArcs(part, caps)
    const price = best.price.map(quantise)
    const left = capacity.slice()
    price.forEach((units, bucket) => (bound -= units * (capacity[bucket] as number)))
    if (price.some((units) => units < 0) || capPrice.some((units) => units < 0)) {
      return { kept: false, why: 'a price below 0' }
    }
    for (let row = 0; row < stayCost.length; row++) {
      const stay = quantise(stayCost[row] as number)
      const begin = patientStart[row] as number
      const end = patientStart[row + 1] as number
      let least = stay
      for (let arc = begin; arc < end; arc++) {
        const of = quantise(arcCost[arc] as number) + (price[arcBucket[arc] as number] as number)
        least = Math.min(least, of + (capPrice[capOf[arc] as number] ?? 0))
      }
      bound += least
      const taken = best.chosenArc[row] as number
      if (taken === STAY) {
        cost += stay
        continue
      }
      if (taken < begin || taken >= end) return { kept: false, why: 'a choice of somebody else' }
      cost += quantise(arcCost[taken] as number)
      const bucket = arcBucket[taken] as number
      left[bucket] = (left[bucket] as number) - 1
      const cap = capOf[taken] as number
      if (cap >= 0) used[cap] = (used[cap] as number) + 1
    }
    if (left.some((slots) => slots < 0)) return { kept: false, why: 'more patients than slots' }
  }
  const broken = caps.find(({ imports }, cap) => (used[cap] as number) > imports)
  if (broken !== undefined) return { kept: false, why: `${broken.trust} beyond its cap` }
  return { kept: true, cost: toPoints(cost), bound: toPoints(bound) }
}
