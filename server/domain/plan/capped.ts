import type { CapLedger, CapSide } from './cap-ledger.ts'
import { capOfArcs, capSide, type CapPart, type ImportCap } from './cap-parts.ts'
import { improveCaps } from './cap-prices.ts'
import { steerCaps } from './cap-steer.ts'
import { solve, totalCost } from './solve.ts'
import { quantise, toPoints } from './transport.ts'
import type { TransportProblem, TransportSolution } from './transport.ts'
import { closeWarm, openWarm } from './warm-state.ts'

/*
 * Import caps: over all steps, a trust takes no more patients of other trusts than it said. [MOV-52]
 *
 * A cap runs across buckets and steps and so is no part of any network. It is priced (Lagrangian relaxation, Held and
 * Karp 1970; Ahuja, Magnanti and Orlin, ch. 16): each import costs its trust's price more, and each part is solved by
 * itself as ever. Parts are kept solved while the prices move, so that a change of price costs only the searches of
 * those who move for it. Prices rise until every cap holds and sink where one has room; who is the next to come is let
 * in at a unit less where a price would let in too many. Every answer is whole, keeps the caps, and comes with the
 * bound its prices prove: what it can be away from the optimum at most.
 */

export interface CappedSolution {
  /** By part: the problem with the caps' prices in its costs, and its answer. */
  readonly parts: readonly {
    readonly problem: TransportProblem
    readonly best: TransportSolution
    /** Patients let in at less than the caps' prices, by row. */
    readonly eased?: CapSide['eased']
  }[]
  readonly caps: readonly CapState[]
  /** Points, without the prices of caps. */
  readonly cost: number
  /** Points this answer is away from the optimum at most; 0: it is the optimum. */
  readonly gap: number
}

/** How a cap stands. `points` is what one more import allowed would save at most. */
export interface CapState extends ImportCap {
  readonly used: number
  readonly points: number
}

/** Solves parts from nothing, within the caps. */
export function solveCapped(given: readonly CapPart[], caps: readonly ImportCap[]): CappedSolution {
  const free = given.map(({ problem }) => ({ problem, best: solve(problem) }))
  const least = free.reduce((sum, { best }) => sum + best.cost, 0)
  const steered = given.map((part) => ({ ...part, capOf: capOfArcs(part, caps) }))
  const isHeld = caps.every(({ imports }, cap) => imports >= importsUnder(cap, steered, free))
  const price = isHeld ? caps.map(() => 0) : steerCaps(steered, caps)
  const ledger: CapLedger = {
    caps,
    price,
    sides: isHeld
      ? []
      : steered.map(({ book, problem, capOf }) => {
          const dear = priced(problem, capOf, price)
          return capSide(
            openWarm(dear, solve(dear)),
            caps,
            book.slots.map((slot) => [slot.index, slot.trust] as const),
            book.patients.map((patient, row) => [row, patient.trust] as const),
          )
        }),
  }
  if (isHeld) {
    const used = caps.map((_, cap) => importsUnder(cap, steered, free))
    return { parts: free, caps: capStates(ledger, used), cost: least, gap: 0 }
  }
  const found: CappedSolution[] = []
  improveCaps(ledger, ({ used, gap }) => {
    const parts = ledger.sides.map(({ warm, eased }, index) => {
      const { problem, ...answer } = closeWarm(warm)
      const groups = free[index]?.best.components ?? 0
      return { problem, best: { ...answer, pivots: 0, components: groups }, eased: new Map(eased) }
    })
    const cost = parts.reduce(
      (sum, part, index) =>
        sum + totalCost(given[index]?.problem ?? part.problem, part.best.chosenArc),
      0,
    )
    found.push({ parts, caps: capStates(ledger, used), cost, gap: toPoints(gap) })
  })
  const best = found.at(-1)
  if (best === undefined) throw new Error('nobody imported keeps every cap')
  return best
}

function importsUnder(
  cap: number,
  parts: readonly { readonly capOf: Int32Array }[],
  answers: readonly { readonly best: TransportSolution }[],
): number {
  return answers.reduce(
    (sum, { best }, index) =>
      sum + best.chosenArc.filter((arc) => arc >= 0 && parts[index]?.capOf[arc] === cap).length,
    0,
  )
}

/** The problem with what each import costs more. */
function priced(
  problem: TransportProblem,
  capOf: Int32Array,
  price: readonly number[],
): TransportProblem {
  const arcCost = problem.arcCost.map((points, arc) => {
    const units = price[capOf[arc] as number] ?? 0
    return units === 0 ? points : toPoints(quantise(points) + units)
  })
  return { ...problem, arcCost }
}

export function capStates({ caps, price }: CapLedger, used: readonly number[]): CapState[] {
  return caps.map((one, cap) => ({
    ...one,
    used: used[cap] ?? 0,
    points: toPoints(price[cap] ?? 0),
  }))
}
