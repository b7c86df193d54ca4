import { priceEmptyBuckets, totalCost } from '../solve.ts'
import { quantise, STAY, toPoints } from '../transport.ts'
import type { TransportProblem, TransportSolution } from '../transport.ts'

export interface PricedPart {
  readonly problem: TransportProblem
  readonly best: TransportSolution
  readonly eased: Eased
}

/**
 * By patient and bucket, units that a choice costs less than its price of the cap says: those whom no price common to
 * all could part from others who are turned away, a unit where prices are rounded.
 */
export type Eased = Map<number, Map<number, number>>

/**
 * A part with the caps' prices in its costs, and bucket prices that prove its answer there. Where the prices, rounded,
 * leave somebody a choice cheaper than what the answer gives them, theirs is eased if it is an import, or else the
 * other is made dearer to them. [MOV-16]
 * @param buckets prices, units
 */
export function pricedPart(
  given: TransportProblem,
  capOf: Int32Array,
  capPrice: readonly number[],
  chosenArc: Int32Array,
  buckets: Float64Array,
  components: number,
): PricedPart {
  const { patientStart, arcBucket, stayCost, capacity } = given
  const units = given.arcCost.map(
    (points, arc) => quantise(points) + (capPrice[capOf[arc] as number] ?? 0),
  )
  const assignment = chosenArc.map((arc) => (arc === STAY ? STAY : (arcBucket[arc] as number)))
  const free = capacity.slice()
  for (const bucket of assignment) if (bucket !== STAY) free[bucket] = (free[bucket] as number) - 1
  const price = buckets.map((units, bucket) => ((free[bucket] as number) > 0 ? 0 : units))
  const eased: Eased = new Map()
  chosenArc.forEach((taken, row) => {
    const stay = quantise(stayCost[row] as number)
    const full = (arc: number): number =>
      arc === STAY ? stay : (units[arc] as number) + (price[arcBucket[arc] as number] as number)
    const begin = patientStart[row] as number
    const end = patientStart[row + 1] as number
    let paid = full(taken)
    if (taken !== STAY) {
      let least = stay
      const isImport = (capOf[taken] as number) >= 0
      for (let arc = begin; isImport && arc < end; arc++) {
        if (arc !== taken) least = Math.min(least, other(arc))
      }
      if (least < paid) {
        ease(eased, row, arcBucket[taken] as number, paid - least)
        units[taken] = (units[taken] as number) - (paid - least)
        paid = least
      }
    }
    for (let arc = begin; arc < end; arc++) {
      const short = arc === taken ? 0 : paid - other(arc)
      if (short <= 0) continue
      ease(eased, row, arcBucket[arc] as number, -short)
      units[arc] = (units[arc] as number) + short
    }
    /** Nobody is kept from a bucket without a slot but by its price, which is worked out last. */
    function other(arc: number): number {
      return capacity[arcBucket[arc] as number] === 0 ? Infinity : full(arc)
    }
  })
  const problem = { ...given, arcCost: units.map(toPoints) }
  const points = price.map(toPoints)
  priceEmptyBuckets(problem, assignment, chosenArc, points)
  return {
    problem,
    best: {
      assignment,
      chosenArc,
      cost: totalCost(problem, chosenArc),
      price: points,
      pivots: 0,
      components,
    },
    eased,
  }
}

function ease(eased: Eased, row: number, bucket: number, less: number): void {
  const known = eased.get(row)
  if (known === undefined) eased.set(row, new Map([[bucket, less]]))
  else known.set(bucket, less)
}
