/**
 * The transportation problem the planner solves: each patient takes one bucket (a site, step and day with
 * `capacity` slots) or stays. Compressed rows: the choices of patient `p` are `patientStart[p]` up to
 * `patientStart[p + 1]`.
 */
export interface TransportProblem {
  readonly patientStart: Int32Array
  readonly arcBucket: Int32Array
  /** Points; any finite number below `COST_LIMIT_POINTS` in size. */
  readonly arcCost: Float64Array
  readonly stayCost: Float64Array
  readonly capacity: Int32Array
}

export interface TransportSolution {
  /** Bucket of each patient; STAY for those who stay. */
  readonly assignment: Int32Array
  /** The arc each patient takes; STAY for those who stay. */
  readonly chosenArc: Int32Array
  /** Total of the chosen costs, points, quantised. */
  readonly cost: number
  /** Dual price of each bucket, points >= 0: with the assignment it proves the optimum. */
  readonly price: Float64Array
  readonly pivots: number
  readonly components: number
}

export const STAY = -1

/** Larger costs could leave the range in which doubles add exactly. Two million points are 600 years late. */
export const COST_LIMIT_POINTS = 2 ** 21

const UNITS_PER_POINT = 1024

/**
 * Points to whole units of 1/1024 point, rounded half up. All arithmetic of a solve is on these integers, held in
 * doubles and far below 2^53, so sums, comparisons and the certificate are exact. [MOV-15]
 * @throws RangeError on NaN, infinity or a cost beyond `COST_LIMIT_POINTS`
 */
export function quantise(points: number): number {
  if (!(Math.abs(points) <= COST_LIMIT_POINTS)) {
    throw new RangeError(`a cost of ${String(points)} points is outside the solver's range`)
  }
  return Math.round(points * UNITS_PER_POINT)
}

/** Exact, since the unit is a power of two. */
export function toPoints(units: number): number {
  return units / UNITS_PER_POINT
}
