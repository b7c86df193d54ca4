import { STAY, toPoints } from '../transport.ts'
import type { CapProblem, Forest } from './forest.ts'
import { look } from './look.ts'

/** What is left to decide: a problem of its own, and how to read its answer. */
export interface Core extends CapProblem {
  /** Units of those who are where every better plan has them. */
  readonly settled: number
  /** By patient of the whole the arc of those; STAY for everybody else too. */
  readonly settledArc: Int32Array
  /** By patient and by arc of the core their numbers in the whole. */
  readonly patients: Int32Array
  readonly arcs: Int32Array
}

/**
 * Leaves out every choice that no plan below `most` can have: a plan costs what the prices prove, and for each choice
 * that is not somebody's cheapest, price paid, the difference on top. Who has one choice left has made it. So at good
 * prices a search has only those left for whom it is a near thing. [MOV-52]
 * @param most fine units
 */
export function coreOf(forest: Forest, price: readonly number[], most: number): Core {
  const { bound } = look(forest, price)
  const spare = most - bound
  const settledArc = new Int32Array(forest.patientCount).fill(STAY)
  const imports = [...forest.imports]
  const capacity = new Int32Array(forest.bucketCount)
  const rows: { patient: number; stay: number }[] = []
  const start = [0]
  const arcs: number[] = []
  const bucketOf: number[] = []
  const costs: number[] = []
  const capOf: number[] = []
  let settled = forest.outside
  for (const tree of forest.trees) {
    const { basis, buckets } = tree
    basis.free.forEach((_, at) => {
      if (at < buckets.length) capacity[buckets[at] as number] = tree.capacity[at] as number
    })
    tree.patients.forEach((patient, row) => {
      const place = basis.place[row] as number
      const taken = basis.placeArc[row] as number
      const paid = (basis.placeCost[row] as number) + (basis.price[place] as number)
      const begin = basis.start[row] as number
      const end = basis.start[row + 1] as number
      let others = taken !== STAY && (basis.stayCost[row] as number) - paid <= spare ? 1 : 0
      const from = arcs.length
      for (let arc = begin; arc < end; arc++) {
        const bucket = basis.arcBucket[arc] as number
        const more = (basis.arcCost[arc] as number) + (basis.price[bucket] as number) - paid
        if (arc !== taken && more > spare) continue
        if (arc !== taken) others++
        arcs.push(tree.arcs === null ? arc : (tree.arcs[arc] as number))
        bucketOf.push(buckets[bucket] as number)
        costs.push(toPoints(tree.units[arc] as number))
        capOf.push(tree.capOf[arc] as number)
      }
      if (others > 0) {
        rows.push({ patient, stay: toPoints(tree.stayUnits[row] as number) })
        start.push(arcs.length)
        return
      }
      for (const list of [arcs, bucketOf, costs, capOf]) list.length = from
      settled += (taken === STAY ? tree.stayUnits[row] : tree.units[taken]) as number
      if (taken === STAY) return
      settledArc[patient] = tree.arcs === null ? taken : (tree.arcs[taken] as number)
      const bucket = buckets[place] as number
      capacity[bucket] = (capacity[bucket] as number) - 1
      const cap = tree.capOf[taken] as number
      if (cap >= 0) imports[cap] = (imports[cap] as number) - 1
    })
  }
  return {
    problem: {
      patientStart: Int32Array.from(start),
      arcBucket: Int32Array.from(bucketOf),
      arcCost: Float64Array.from(costs),
      stayCost: Float64Array.from(rows, ({ stay }) => stay),
      capacity,
    },
    capOf: Int32Array.from(capOf),
    imports,
    settled,
    settledArc,
    patients: Int32Array.from(rows, ({ patient }) => patient),
    arcs: Int32Array.from(arcs),
  }
}
