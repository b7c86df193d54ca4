import type { Component } from './components.ts'

/** Choices of each patient, from `start` of the patient up to that of the next. */
export interface Rows {
  readonly start: Int32Array
  /** The number of each in the whole; null: as it stands. */
  readonly arc: Int32Array | null
  readonly bucket: Int32Array
  readonly cost: Float64Array
}

/** The cheapest choices of each patient; all others cost at least `beyond` of the patient. */
export interface CheapRows extends Rows {
  readonly beyond: Float64Array
}

/** All choices as they stand, nothing copied. */
export function wholeRows({ start, arcBucket, arcCost }: Component): Rows {
  return { start, arc: null, bucket: arcBucket, cost: arcCost }
}

/** The second cheapest of so many choices of a patient, evenly spread, is the dearest kept: about one in twelve is. */
const SAMPLE = 24
const MOST_KEPT = 0.25

/**
 * Since prices are never below 0, a search that cannot use a way of `beyond` need not look at more than these: of many
 * hundred choices a patient has it looks at some dozens.
 */
export function cheapRows({ start, arcBucket, arcCost, stayCost }: Component): CheapRows {
  const patients = stayCost.length
  const keptStart = new Int32Array(patients + 1)
  const beyond = new Float64Array(patients)
  let arcs = new Int32Array(arcCost.length >> 2)
  let count = 0
  for (let patient = 0; patient < patients; patient++) {
    const begin = start[patient] as number
    const end = start[patient + 1] as number
    if (count + end - begin > arcs.length) {
      const before = arcs
      arcs = new Int32Array(arcs.length * 2 + end - begin)
      arcs.set(before)
    }
    const dearest = secondOfSample(arcCost, begin, end)
    for (let arc = begin; arc < end; arc++) {
      // written in any case, since which of them count cannot be foreseen
      arcs[count] = arc
      count += (arcCost[arc] as number) <= dearest ? 1 : 0
    }
    // costs are whole; where so many cost the same nothing is gained by keeping them apart
    const tooMany = count - (keptStart[patient] as number) > (end - begin) * MOST_KEPT
    if (tooMany) count = keptStart[patient] as number
    beyond[patient] = tooMany ? -Infinity : dearest + 1
    keptStart[patient + 1] = count
  }
  const bucket = new Int32Array(count)
  const cost = new Float64Array(count)
  for (let at = 0; at < count; at++) {
    const arc = arcs[at] as number
    bucket[at] = arcBucket[arc] as number
    cost[at] = arcCost[arc] as number
  }
  return { start: keptStart, arc: arcs, bucket, cost, beyond }
}

function secondOfSample(arcCost: Float64Array, begin: number, end: number): number {
  const stride = Math.max(1, Math.floor((end - begin) / SAMPLE))
  let least = Infinity
  let next = Infinity
  for (let arc = begin; arc < end; arc += stride) {
    const cost = arcCost[arc] as number
    if (cost < least) {
      next = least
      least = cost
    } else if (cost < next) next = cost
  }
  return next
}
