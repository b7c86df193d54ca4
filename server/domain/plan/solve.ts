import { components } from './components.ts'
import { optimum } from './thin.ts'
import {
  quantise,
  STAY,
  toPoints,
  type TransportProblem,
  type TransportSolution,
} from './transport.ts'

/**
 * The cheapest assignment of patients to buckets, exactly: a network simplex on each component. Same problem, same
 * answer, on any machine. Prices of buckets without a slot are the least that prove the optimum. [MOV-15, MOV-16]
 */
export function solve(problem: TransportProblem): TransportSolution {
  const patientCount = problem.patientStart.length - 1
  const assignment = new Int32Array(patientCount).fill(STAY)
  const chosenArc = new Int32Array(patientCount).fill(STAY)
  const price = new Float64Array(problem.capacity.length)
  const parts = components(problem)
  let pivots = 0
  for (const part of parts) {
    const { basis, pivots: made } = optimum(part)
    pivots += made
    part.patients.forEach((patient, row) => {
      const bucket = basis.place[row] as number
      if (bucket === basis.bucketCount) return
      assignment[patient] = part.buckets[bucket] as number
      const arc = basis.placeArc[row] as number
      chosenArc[patient] = part.arcs === null ? arc : (part.arcs[arc] as number)
    })
    part.buckets.forEach((bucket, row) => {
      price[bucket] = toPoints(basis.price[row] as number)
    })
  }
  priceEmptyBuckets(problem, assignment, chosenArc, price)
  return {
    assignment,
    chosenArc,
    cost: totalCost(problem, chosenArc),
    price,
    pivots,
    components: parts.length,
  }
}

/** Total of an assignment's chosen costs, summed in whole units. */
export function totalCost(problem: TransportProblem, chosenArc: Int32Array): number {
  let units = 0
  chosenArc.forEach((arc, patient) => {
    const points = arc === STAY ? problem.stayCost[patient] : problem.arcCost[arc]
    units += quantise(points as number)
  })
  return toPoints(units)
}

/** A bucket without a slot took no part: its price is what the keenest patient would pay beyond their present place. */
export function priceEmptyBuckets(
  problem: TransportProblem,
  assignment: Int32Array,
  chosenArc: Int32Array,
  price: Float64Array,
): void {
  const { patientStart, arcBucket, arcCost, stayCost, capacity } = problem
  if (!capacity.includes(0)) return
  for (let patient = 0; patient < assignment.length; patient++) {
    const bucketNow = assignment[patient] as number
    const paid =
      bucketNow === STAY
        ? quantise(stayCost[patient] as number)
        : quantise(arcCost[chosenArc[patient] as number] as number) +
          quantise(price[bucketNow] as number)
    const end = patientStart[patient + 1] as number
    for (let arc = patientStart[patient] as number; arc < end; arc++) {
      const bucket = arcBucket[arc] as number
      if ((capacity[bucket] as number) > 0) continue
      const worth = toPoints(paid - quantise(arcCost[arc] as number))
      if (worth > (price[bucket] as number)) price[bucket] = worth
    }
  }
}
