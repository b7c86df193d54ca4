import { optimise } from '../simplex.ts'
import { STAY } from '../transport.ts'
import { NEVER, type Forest, type Tree } from './forest.ts'

/** What a plan at some prices is. */
export interface Look {
  readonly price: readonly number[]
  /** Fine; no plan within the caps and the cases costs less. Infinity: no plan keeps the cases. */
  readonly bound: number
  /** Units, without prices. */
  readonly units: number
  readonly used: readonly number[]
  readonly holds: boolean
}

/** Solves the plan at some prices of caps, fine units, each >= 0 and whole. */
export function look(forest: Forest, price: readonly number[]): Look {
  const used = forest.imports.map(() => 0)
  let bound = forest.outside * forest.scale
  let units = forest.outside
  let isNever = false
  for (const tree of forest.trees) {
    if (tree.hasCaps) reprice(tree, price)
    const { basis, capOf } = tree
    const { placeArc, placeCost } = basis
    for (let row = 0; row < placeArc.length; row++) {
      const arc = placeArc[row] as number
      bound += placeCost[row] as number
      const plain = (arc === STAY ? basis.stayCost[row] : tree.base[arc]) as number
      if (plain >= NEVER / 2) isNever = true
      if (arc === STAY) {
        units += tree.stayUnits[row] as number
        continue
      }
      units += tree.units[arc] as number
      const cap = capOf[arc] as number
      if (cap >= 0) used[cap] = (used[cap] as number) + 1
    }
  }
  forest.imports.forEach((imports, cap) => (bound -= (price[cap] as number) * imports))
  const holds = forest.imports.every((imports, cap) => (used[cap] as number) <= imports)
  return { price, bound: isNever ? Infinity : bound, units, used, holds: holds && !isNever }
}

/** The same with nobody made dearer than they are: bound and prices of buckets are then the plain problem's own. */
export function lookPlainly(forest: Forest, price: readonly number[]): Look {
  for (const { base, units, capOf } of forest.trees) {
    for (let arc = 0; arc < base.length; arc++) {
      if ((capOf[arc] as number) >= 0) base[arc] = (units[arc] as number) * forest.scale
    }
  }
  return look(forest, price)
}

/** For each patient the cap under which they are imported now; -1 none. */
export function importsOf({ trees, patientCount }: Forest): Int16Array {
  const under = new Int16Array(patientCount).fill(-1)
  for (const { basis, capOf, patients } of trees) {
    basis.placeArc.forEach((arc, row) => {
      if (arc !== STAY) under[patients[row] as number] = capOf[arc] as number
    })
  }
  return under
}

/** The arc of the whole problem that each patient takes now; STAY for those who stay. */
export function arcsOf({ trees, patientCount }: Forest): Int32Array {
  const chosen = new Int32Array(patientCount).fill(STAY)
  for (const { basis, patients, arcs } of trees) {
    basis.placeArc.forEach((arc, row) => {
      chosen[patients[row] as number] = arc === STAY || arcs === null ? arc : (arcs[arc] as number)
    })
  }
  return chosen
}

/** New costs on the same tree, the prices of the buckets worked out from its root; then the optimum from there. */
function reprice({ basis, base, capOf }: Tree, price: readonly number[]): void {
  const { arcCost, stayCost, placeArc, placeCost, link, linkArc, linkCost } = basis
  for (let arc = 0; arc < capOf.length; arc++) {
    const cap = capOf[arc] as number
    arcCost[arc] = cap < 0 ? (base[arc] as number) : (base[arc] as number) + (price[cap] as number)
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
    if (node !== bucketCount) {
      if (patient < 0) basis.price[node] = 0
      else {
        const arc = linkArc[node] as number
        linkCost[node] = (arc === STAY ? stayCost[patient] : arcCost[arc]) as number
        basis.price[node] =
          linkCost[node] +
          (basis.price[parent[node] as number] as number) -
          (placeCost[patient] as number)
      }
    }
    let child = firstChild[node] as number
    for (; child >= 0; child = nextSibling[child] as number) stack[depth++] = child
  }
  optimise(basis)
}

/** Price of each bucket of the whole problem, fine; of those in no tree 0. */
export function bucketPrices({ trees, bucketCount }: Forest): Float64Array {
  const price = new Float64Array(bucketCount)
  for (const { basis, buckets } of trees) {
    buckets.forEach((bucket, at) => (price[bucket] = basis.price[at] as number))
  }
  return price
}
