import { solve } from '../solve.ts'
import { quantise, STAY, toPoints, type TransportProblem } from '../transport.ts'
import { openWarm } from '../warm-state.ts'
import { pricedPart, type PricedPart } from './priced.ts'
import { capOfArcs, capSide, type CapPart, type ImportCap } from './parts.ts'
import type { Priced } from './savings.ts'
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

/** A plan of one part, for what its slots save; undefined where there are no caps. */
export function pricedOf(
  { book }: CapPart,
  { parts: [part], caps: states }: CappedSolution,
  caps: readonly ImportCap[],
): Priced | undefined {
  if (part === undefined || caps.length === 0) return undefined
  const side = capSide(
    openWarm(part.problem, part.best),
    caps,
    book.slots.map((slot) => [slot.index, slot.trust] as const),
    book.patients.map((patient, row) => [row, patient.trust] as const),
    part.eased,
  )
  const price = states.map(({ points }) => quantise(points))
  return {
    ledger: { caps, price, sides: [side] },
    side,
    rows: [...book.patients.keys()],
    buckets: book.slots.map((slot) => slot.index),
  }
}
