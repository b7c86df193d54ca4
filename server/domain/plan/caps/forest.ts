import { stayBasis, type Basis } from '../basis.ts'
import { components } from '../components.ts'
import { optimise } from '../simplex.ts'
import { quantise, type TransportProblem } from '../transport.ts'

/*
 * The plan with its import caps taken off and priced: what is left falls apart into networks, one tree each, that are
 * kept solved while prices of caps change.
 *
 * Costs are finer here than elsewhere by a power of two, `scale`, for two reasons. Prices of caps at the optimum need
 * not be whole units. And each import is made dearer by a small amount of its own, all of them together below half a
 * unit: so two plans that differ by a unit are never confused, and of equal ones hardly two are still equal, which is
 * what lets a price part those who come from those who do not. [MOV-52]
 */

/** A problem with caps: `capOf` is by arc the cap it counts towards, below 0 none; `imports` the most of each. */
export interface CapProblem {
  readonly problem: TransportProblem
  readonly capOf: Int32Array
  readonly imports: readonly number[]
}

/** A patient made to be imported under a cap, or not to be. */
export interface Case {
  readonly patient: number
  readonly cap: number
  readonly comes: boolean
}

export interface Tree {
  readonly basis: Basis
  /** Fine costs without the prices of caps. */
  readonly base: Float64Array
  /** Whole units. */
  readonly units: Float64Array
  readonly stayUnits: Float64Array
  readonly capOf: Int32Array
  readonly capacity: Int32Array
  readonly hasCaps: boolean
  /** Numbers in the whole problem; null: the same. */
  readonly patients: Int32Array
  readonly buckets: Int32Array
  readonly arcs: Int32Array | null
}

export interface Forest {
  readonly trees: readonly Tree[]
  readonly imports: readonly number[]
  readonly scale: number
  /** Fine units that an import of a patient under a cap was made dearer by. */
  readonly dearer: (patient: number, cap: number) => number
  /** Units of those who are in no tree. */
  readonly outside: number
  /** Fine; no plan costs more. */
  readonly ceiling: number
  /** By patient. */
  readonly treeOf: Int32Array
  readonly rowOf: Int32Array
  readonly patientCount: number
  readonly bucketCount: number
}

/** Dearer than anything real, in fine units: a case that is not to be. */
export const NEVER = 2 ** 44
const FINEST = 2 ** 36

/** Every network solved without prices of caps. */
export function openForest({ problem, capOf, imports }: CapProblem): Forest {
  const patientCount = problem.stayCost.length
  const parts = components(problem)
  let most = 1
  for (const part of parts)
    for (const units of part.stayCost) most = Math.max(most, Math.abs(units))
  for (const part of parts) for (const units of part.arcCost) most = Math.max(most, Math.abs(units))
  const scale = 2 ** Math.floor(Math.log2(FINEST / most))
  const total = imports.reduce((sum, one) => sum + Math.min(one, patientCount), 0)
  const spread = Math.max(1, Math.floor(scale / 2 / Math.max(1, Math.min(total, patientCount))))
  const more = (patient: number, cap: number): number =>
    cap < 0 ? 0 : dearer(patient, cap, spread / patientCount)
  const treeOf = new Int32Array(patientCount).fill(-1)
  const rowOf = new Int32Array(patientCount).fill(-1)
  const trees = parts.map((part, index): Tree => {
    const caps =
      part.arcs === null ? capOf : Int32Array.from(part.arcs, (arc) => capOf[arc] as number)
    const base = new Float64Array(part.arcCost.length)
    part.patients.forEach((patient, row) => {
      treeOf[patient] = index
      rowOf[patient] = row
      const end = part.start[row + 1] as number
      for (let arc = part.start[row] as number; arc < end; arc++) {
        const cap = caps[arc] as number
        base[arc] = (part.arcCost[arc] as number) * scale + more(patient, cap)
      }
    })
    const stay = part.stayCost.map((units) => units * scale)
    const basis = stayBasis(part.start, part.arcBucket, base.slice(), stay, part.capacity)
    optimise(basis)
    return {
      basis,
      base,
      units: part.arcCost,
      stayUnits: part.stayCost,
      capOf: caps,
      capacity: part.capacity,
      hasCaps: caps.some((cap) => cap >= 0),
      patients: part.patients,
      buckets: part.buckets,
      arcs: part.arcs,
    }
  })
  let outside = 0
  problem.stayCost.forEach((points, patient) => {
    if (treeOf[patient] === -1) outside += quantise(points)
  })
  return {
    trees,
    imports,
    scale,
    dearer: more,
    outside,
    ceiling: outside * scale + trees.reduce((sum, tree) => sum + dearest(tree), 0),
    treeOf,
    rowOf,
    patientCount,
    bucketCount: problem.capacity.length,
  }
}

/** Fine units: everybody at the dearest they could have. */
function dearest({ base, basis: { start, stayCost } }: Tree): number {
  let sum = 0
  stayCost.forEach((stay, row) => {
    let most = stay
    const end = start[row + 1] as number
    for (let arc = start[row] as number; arc < end; arc++)
      most = Math.max(most, base[arc] as number)
    sum += most
  })
  return sum
}

/** Lays a case down, or takes it back with `sign` -1. The next look follows it. */
export function lay(forest: Forest, { patient, cap, comes }: Case, sign = 1): void {
  const tree = forest.trees[forest.treeOf[patient] as number]
  if (tree === undefined) return
  const row = forest.rowOf[patient] as number
  const { start, stayCost } = tree.basis
  const end = start[row + 1] as number
  for (let arc = start[row] as number; arc < end; arc++) {
    if ((tree.capOf[arc] === cap) === comes) continue
    tree.base[arc] = (tree.base[arc] as number) + sign * NEVER
  }
  if (comes) stayCost[row] = (stayCost[row] as number) + sign * NEVER
}

/** What an import is made dearer: more for who stands further down the list, so that a tie goes to the first. */
function dearer(patient: number, cap: number, step: number): number {
  let mix = Math.imul(patient + 1, 0x9e3779b1) ^ Math.imul(cap + 1, 0x85ebca6b)
  mix = Math.imul(mix ^ (mix >>> 15), 0x2c1b3c6d)
  mix = Math.imul(mix ^ (mix >>> 12), 0x297a2d39)
  const part = ((mix ^ (mix >>> 15)) >>> 0) / 2 ** 32
  return Math.floor((patient + part) * step)
}
