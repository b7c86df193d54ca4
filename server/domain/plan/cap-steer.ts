import { stayBasis, type Basis } from './basis.ts'
import type { ImportCap } from './cap-parts.ts'
import { components } from './components.ts'
import { optimise } from './simplex.ts'
import { STAY, type TransportProblem } from './transport.ts'

/** A part to be priced: `capOf` is by arc the cap it counts towards, below 0 none. */
export interface SteerPart {
  readonly problem: TransportProblem
  readonly capOf: Int32Array
}

/** One component with its tree, kept while costs change: primal feasible at any. */
interface Tree {
  readonly basis: Basis
  /** Costs without the caps, and the cap of each arc. */
  readonly cost: Float64Array
  readonly capOf: Int32Array
}

/** Steps towards prices at which every cap just holds; below so many units they are fine enough. */
const STEPS = 40
const FIRST_STEP = 1024
const FINEST = 4
/** A cap with no more room than this share of it is filled from the prices there are. */
const SHARE = 0.01

/**
 * Prices of caps near those at which each just holds. All move together, each up while its cap is broken and down while
 * it has room, by steps of its own that grow while the direction stays and are halved when it turns (Riedmiller and
 * Braun's Rprop, on the Lagrangian's subgradient): what leaves one trust comes to another, so that no price can be
 * found without the others. Each step goes on from the tree of the one before.
 * @returns units
 */
export function steerCaps(parts: readonly SteerPart[], caps: readonly ImportCap[]): number[] {
  const trees = parts.flatMap(treesOf)
  const price = caps.map(() => 0)
  const step = caps.map(() => FIRST_STEP)
  const last = caps.map(() => 0)
  for (let round = 0; round < STEPS; round++) {
    const used = caps.map(() => 0)
    for (const tree of trees) count(tree, used)
    const way = caps.map(({ imports }, cap) => {
      const over = (used[cap] ?? 0) - imports
      const isNear = over <= 0 && -over <= imports * SHARE
      return isNear || (over < 0 && price[cap] === 0) ? 0 : Math.sign(over)
    })
    if (way.every((one) => one === 0)) break
    caps.forEach((_, cap) => {
      const one = way[cap] ?? 0
      if (one === 0) return
      const before = last[cap] ?? 0
      const size = (step[cap] ?? 0) * (before === 0 ? 1 : before === one ? 2 : 0.5)
      step[cap] = Math.max(1, Math.round(size))
      last[cap] = one
      price[cap] = Math.max(0, (price[cap] ?? 0) + one * (step[cap] ?? 0))
    })
    if (step.every((size, cap) => way[cap] === 0 || size <= FINEST)) break
    for (const tree of trees) reprice(tree, price)
  }
  return price
}

function treesOf({ problem, capOf }: SteerPart): Tree[] {
  return components(problem).map((part): Tree => {
    const { start, arcBucket, arcCost, stayCost, capacity, arcs } = part
    const basis = stayBasis(start, arcBucket, arcCost.slice(), stayCost, capacity)
    optimise(basis)
    return { basis, cost: arcCost, capOf: capsOf(arcs, capOf) }
  })
}

function capsOf(arcs: Int32Array | null, capOf: Int32Array): Int32Array {
  return arcs === null ? capOf : Int32Array.from(arcs, (arc) => capOf[arc] as number)
}

function count({ basis, capOf }: Tree, used: number[]): void {
  for (const arc of basis.placeArc) {
    const cap = arc === STAY ? -1 : (capOf[arc] as number)
    if (cap >= 0) used[cap] = (used[cap] ?? 0) + 1
  }
}

/** New costs on the same tree, the prices of the buckets worked out from its root; then the optimum from there. */
function reprice({ basis, cost, capOf }: Tree, price: readonly number[]): void {
  const { arcCost, stayCost, placeArc, placeCost, link, linkArc, linkCost } = basis
  for (let arc = 0; arc < capOf.length; arc++) {
    const cap = capOf[arc] as number
    if (cap >= 0) arcCost[arc] = (cost[arc] as number) + (price[cap] as number)
  }
  for (let patient = 0; patient < placeArc.length; patient++) {
    const arc = placeArc[patient] as number
    placeCost[patient] = (arc === STAY ? stayCost[patient] : arcCost[arc]) as number
  }
  const { firstChild, nextSibling, stack, parent, bucketCount } = basis
  let depth = 0
  stack[depth++] = bucketCount
  while (depth > 0) {
    const node = stack[--depth] as number
    const patient = link[node] as number
    if (node !== bucketCount && patient >= 0) {
      const arc = linkArc[node] as number
      linkCost[node] = (arc === STAY ? stayCost[patient] : arcCost[arc]) as number
      basis.price[node] =
        linkCost[node] +
        (basis.price[parent[node] as number] as number) -
        (placeCost[patient] as number)
    }
    let child = firstChild[node] as number
    for (; child >= 0; child = nextSibling[child] as number) stack[depth++] = child
  }
  optimise(basis)
}
