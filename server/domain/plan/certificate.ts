import { quantise, STAY, toPoints } from './transport.ts'
import type { TransportProblem, TransportSolution } from './transport.ts'

/** `dualCost` is the lower bound the prices prove: equal to the cost exactly when the answer is the optimum. */
export type Certificate =
  | { readonly proved: true; readonly cost: number; readonly dualCost: number }
  | { readonly proved: false; readonly why: string }

/**
 * Checks an answer against its prices, without solving anything: nobody can have a better total. [MOV-16]
 *
 * Feasible: everybody stays or takes one of their own choices, no bucket beyond its slots. Dual feasible: prices are
 * never negative. Complementary: nobody has a choice cheaper, price paid, than the one they got, and a bucket with a
 * price is full. Linear in the number of choices; exact, in whole units.
 */
export function certify(
  problem: TransportProblem,
  solution: Pick<TransportSolution, 'assignment' | 'chosenArc' | 'price'>,
): Certificate {
  const { patientStart, arcBucket, arcCost, stayCost, capacity } = problem
  const { assignment, chosenArc } = solution
  const price = solution.price.map(quantise)
  const used = new Int32Array(capacity.length)
  let cost = 0
  let dualCost = 0
  for (let patient = 0; patient < assignment.length; patient++) {
    const begin = patientStart[patient] as number
    const end = patientStart[patient + 1] as number
    const arcTaken = chosenArc[patient] as number
    const bucketTaken = assignment[patient] as number
    let least = quantise(stayCost[patient] as number)
    let paid = least
    if (arcTaken === STAY) {
      if (bucketTaken !== STAY) return refuted(`patient ${String(patient)} has a bucket, no choice`)
      cost += least
    } else {
      if (arcTaken < begin || arcTaken >= end || arcBucket[arcTaken] !== bucketTaken) {
        return refuted(`patient ${String(patient)} is given what is not among their choices`)
      }
      const units = quantise(arcCost[arcTaken] as number)
      cost += units
      paid = units + (price[bucketTaken] as number)
      used[bucketTaken] = (used[bucketTaken] as number) + 1
    }
    for (let arc = begin; arc < end; arc++) {
      const bucket = arcBucket[arc] as number
      least = Math.min(least, quantise(arcCost[arc] as number) + (price[bucket] as number))
    }
    if (paid !== least) return refuted(`patient ${String(patient)} has a cheaper choice`)
    dualCost += least
  }
  for (let bucket = 0; bucket < capacity.length; bucket++) {
    const slots = capacity[bucket] as number
    const units = price[bucket] as number
    const name = `bucket ${String(bucket)}`
    if (units < 0) return refuted(`${name} has a price below 0`)
    if ((used[bucket] as number) > slots) return refuted(`${name} is given more than its slots`)
    if (units > 0 && (used[bucket] as number) < slots) {
      return refuted(`${name} has a price and a slot unused`)
    }
    dualCost -= units * slots
  }
  if (cost !== dualCost) return refuted('the cost is not the bound')
  return { proved: true, cost: toPoints(cost), dualCost: toPoints(dualCost) }
}

function refuted(why: string): Certificate {
  return { proved: false, why }
}
