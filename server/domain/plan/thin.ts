import { stayBasis, type Basis } from './basis.ts'
import type { Component } from './components.ts'
import { denseOptimum } from './dense.ts'
import type { Seating } from './dense-seats.ts'
import { optimise } from './simplex.ts'
import { STAY } from './transport.ts'

/** Beyond so many choices a patient, most can never be part of the best: they are looked at last. */
const MANY_CHOICES = 96
const SAMPLE = 24
/** Of a patient's choices about two in `SAMPLE` are kept at first, and at most so many. */
const KEPT_AT_MOST = 64

/** Up to so many slots a bucket, seating patients one by one beats the simplex where they have many choices. */
const FEW_SLOTS = 4

/**
 * The optimum of a part: by network simplex, save where patients have very many choices. There, of buckets of few
 * slots, by shortest paths; of buckets of many, by simplex first over the cheap choices of each, and from that tree
 * over all of them. The second run proves the whole, and has little left to do.
 */
export function optimum(part: Component): { readonly basis: Seating; readonly pivots: number } {
  const { start, arcBucket, arcCost, stayCost, capacity } = part
  if (arcBucket.length <= stayCost.length * MANY_CHOICES) {
    const basis = stayBasis(start, arcBucket, arcCost, stayCost, capacity)
    return { basis, pivots: optimise(basis) }
  }
  const slots = capacity.reduce((sum, one) => sum + one, 0)
  if (slots <= capacity.length * FEW_SLOTS) return denseOptimum(part)
  const kept = cheapArcs(part)
  const bucket = Int32Array.from(kept.arcs, (arc) => arcBucket[arc] as number)
  const cost = Float64Array.from(kept.arcs, (arc) => arcCost[arc] as number)
  const thin = stayBasis(kept.start, bucket, cost, stayCost, capacity)
  const pivots = optimise(thin)
  const inWhole = (arc: number): number => (arc === STAY ? STAY : (kept.arcs[arc] as number))
  const basis: Basis = {
    ...thin,
    start,
    arcBucket,
    arcCost,
    placeArc: thin.placeArc.map(inWhole),
    linkArc: thin.linkArc.map(inWhole),
  }
  return { basis, pivots: pivots + optimise(basis) }
}

/** Some of the cheapest arcs of each row, by a threshold taken from a sample of it; each row begins elsewhere. */
function cheapArcs({ start, arcCost, stayCost }: Component): { start: Int32Array; arcs: number[] } {
  const rows = stayCost.length
  const thinStart = new Int32Array(rows + 1)
  const arcs: number[] = []
  for (let row = 0; row < rows; row++) {
    const begin = start[row] as number
    const size = (start[row + 1] as number) - begin
    const from = (row * 61) % Math.max(1, size)
    const stride = Math.max(1, Math.floor(size / SAMPLE))
    let least = Infinity
    let next = Infinity
    for (let at = 0; at < SAMPLE; at++) {
      const value = arcCost[begin + ((from + at * stride) % size)] as number
      if (value < least) {
        next = least
        least = value
      } else if (value < next) next = value
    }
    const limit = arcs.length + KEPT_AT_MOST
    for (let at = 0; at < size && arcs.length < limit; at++) {
      const arc = begin + ((from + at) % size)
      if ((arcCost[arc] as number) <= next) arcs.push(arc)
    }
    thinStart[row + 1] = arcs.length
  }
  return { start: thinStart, arcs }
}
