import { priceEmptyBuckets, solve, totalCost } from '../solve.ts'
import { quantise, STAY, toPoints } from '../transport.ts'
import type { TransportProblem, TransportSolution } from '../transport.ts'
import { capOfArcs, type CapPart, type ImportCap } from './parts.ts'
import { solveCaps, type CapAnswer } from './search.ts'

/*
 * Import caps: over all steps, a trust takes no more patients of other trusts than it said. [MOV-52]
 *
 * A cap runs across buckets and steps and so is no part of any network. It is priced (Lagrangian relaxation, Held and
 * Karp 1970; Ahuja, Magnanti and Orlin, ch. 16): each import costs its trust's price more, and what is left is the
 * network as ever. The search finds the best plan within the caps; here it is put into whole units with prices of caps
 * and buckets, so that it can be shown, checked and kept like any other.
 */

export interface CappedSolution {
  /** By part: the problem with the caps' prices in its costs, and its answer, which is that problem's optimum. */
  readonly parts: readonly PricedPart[]
  readonly caps: readonly CapState[]
  /** Points, without the prices of caps. */
  readonly cost: number
  /** Points this answer is away from the optimum at most; 0: it is the optimum. */
  readonly gap: number
  /** Points: what the prices alone prove; below the cost where cases had to be looked at apart. */
  readonly bound: number
  /** Cases that had to be looked at apart, because prices alone do not prove the answer. */
  readonly cases: number
}

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

/** How a cap stands. `points` is what one more import allowed would save at most. */
export interface CapState extends ImportCap {
  readonly used: number
  readonly points: number
}

/** Solves parts from nothing, within the caps. */
export function solveCapped(given: readonly CapPart[], caps: readonly ImportCap[]): CappedSolution {
  const { merged, capOf } = mergedOf(given, caps)
  const free = given.map(({ problem }) => ({ problem, best: solve(problem), eased: new Map() }))
  const used = usedOf(caps, capOf, joined(given, free))
  if (caps.every(({ imports }, cap) => (used[cap] ?? 0) <= imports)) {
    const cost = free.reduce((sum, { best }) => sum + best.cost, 0)
    const states = caps.map((one, cap) => ({ ...one, used: used[cap] ?? 0, points: 0 }))
    return { parts: free, caps: states, cost, gap: 0, bound: cost, cases: 0 }
  }
  const answer = solveCaps({ problem: merged, capOf, imports: caps.map(({ imports }) => imports) })
  if (answer === null) throw new Error('nobody imported keeps every cap')
  return cappedBy(given, caps, capOf, answer)
}

/** The arcs taken in all parts, as numbered in the whole. */
function joined(given: readonly CapPart[], answers: readonly PricedPart[]): number[] {
  let from = 0
  return answers.flatMap(({ best }, index) => {
    const offset = from
    from += given[index]?.problem.arcBucket.length ?? 0
    return Array.from(best.chosenArc, (arc) => (arc === STAY ? STAY : arc + offset))
  })
}

function usedOf(caps: readonly ImportCap[], capOf: Int32Array, chosen: Iterable<number>): number[] {
  const used = caps.map(() => 0)
  for (const arc of chosen) {
    const cap = arc === STAY ? -1 : (capOf[arc] as number)
    if (cap >= 0) used[cap] = (used[cap] as number) + 1
  }
  return used
}

/** All parts as one problem, side by side, and for each arc its cap. */
function mergedOf(
  given: readonly CapPart[],
  caps: readonly ImportCap[],
): { merged: TransportProblem; capOf: Int32Array } {
  const capOf = given.map((part) => capOfArcs(part, caps))
  const [first] = given
  const [firstCaps] = capOf
  if (given.length === 1 && first !== undefined && firstCaps !== undefined) {
    return { merged: first.problem, capOf: firstCaps }
  }
  const starts: number[] = [0]
  const buckets: number[] = []
  let arcs = 0
  let bucketCount = 0
  for (const { problem } of given) {
    for (const start of problem.patientStart.subarray(1)) starts.push(arcs + start)
    for (const bucket of problem.arcBucket) buckets.push(bucketCount + bucket)
    arcs += problem.arcBucket.length
    bucketCount += problem.capacity.length
  }
  const flat = (of: (problem: TransportProblem) => ArrayLike<number>): number[] =>
    given.flatMap(({ problem }) => Array.from(of(problem)))
  const merged = {
    patientStart: Int32Array.from(starts),
    arcBucket: Int32Array.from(buckets),
    arcCost: Float64Array.from(flat(({ arcCost }) => arcCost)),
    stayCost: Float64Array.from(flat(({ stayCost }) => stayCost)),
    capacity: Int32Array.from(flat(({ capacity }) => capacity)),
  }
  return { merged, capOf: Int32Array.from(capOf.flatMap((one) => Array.from(one))) }
}

/** An answer to all parts, part by part, in whole units. */
function cappedBy(
  given: readonly CapPart[],
  caps: readonly ImportCap[],
  capOf: Int32Array,
  answer: CapAnswer,
): CappedSolution {
  const { price } = answer
  const used = usedOf(caps, capOf, answer.chosenArc)
  let row = 0
  let arc = 0
  let bucket = 0
  const parts = given.map(({ problem }): PricedPart => {
    const rows = problem.stayCost.length
    const from = arc
    const chosenArc = answer.chosenArc
      .slice(row, row + rows)
      .map((one) => (one === STAY ? STAY : one - from))
    const ofPart = capOf.subarray(from, from + problem.arcBucket.length)
    const buckets = answer.buckets.slice(bucket, bucket + problem.capacity.length)
    row += rows
    arc += problem.arcBucket.length
    bucket += problem.capacity.length
    return pricedPart(problem, ofPart, price, chosenArc, buckets, answer.networks)
  })
  return {
    parts,
    caps: caps.map((one, cap) => ({
      ...one,
      used: used[cap] ?? 0,
      points: toPoints(price[cap] ?? 0),
    })),
    cost: toPoints(answer.units),
    gap: toPoints(answer.units - answer.least),
    bound: toPoints(answer.bound),
    cases: answer.cases,
  }
}

/**
 * A part with the caps' prices in its costs, and bucket prices that prove its answer there. Where the prices, rounded,
 * leave somebody a choice cheaper than what the answer gives them, theirs is eased if it is an import, or else the
 * other is made dearer to them. [MOV-16]
 * @param buckets prices, units
 */
function pricedPart(
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
