import { munkres } from 'munkres'
import { solve } from '../../server/domain/plan/solve.ts'
import type { TransportProblem } from '../../server/domain/plan/transport.ts'
import { seeded } from '../domain/plan/random-problem.ts'
import { medianMs, print, proved } from './plan-tools.part.ts'

/** Above every cost of these shapes: nobody stays. */
const DENSE_STAY = 20_000

/** Least total of a dense matrix by munkres, the same in whole numbers. */
function munkresCost(matrix: readonly (readonly number[])[]): number {
  return munkres(matrix.map((row) => [...row])).reduce(
    (sum, [row, column]) => sum + (matrix[row]?.[column] ?? 0),
    0,
  )
}

/** A square matrix of whole costs as a problem in which nobody stays if they can help it. */
function denseProblem(matrix: readonly (readonly number[])[]): TransportProblem {
  const size = matrix.length
  return {
    patientStart: Int32Array.from({ length: size + 1 }, (_, row) => row * size),
    arcBucket: Int32Array.from({ length: size * size }, (_, arc) => arc % size),
    arcCost: Float64Array.from(matrix.flat()),
    stayCost: new Float64Array(size).fill(DENSE_STAY),
    capacity: new Int32Array(size).fill(1),
  }
}

/**
 * The shapes of the OR-Library assignment problems (assign100 to assign800: square, whole costs 1 to 100 at random),
 * made here from a seed, and 1000 x 1000; and the two largest with costs to 10,000, which have few ties. Both sides are
 * warmed up and told by their median.
 */
export function dense(): void {
  for (const [size, most] of [
    [100, 100],
    [200, 100],
    [400, 100],
    [800, 100],
    [1000, 100],
    [800, 10_000],
    [1000, 10_000],
  ] as const) {
    const random = seeded(size)
    const matrix = Array.from({ length: size }, () =>
      Array.from({ length: size }, () => 1 + Math.floor(random() * most)),
    )
    const problem = denseProblem(matrix)
    const solution = proved(problem, `dense ${String(size)}`)
    if (munkresCost(matrix) !== solution.cost) {
      throw new Error(`dense ${String(size)}: not munkres' optimum`)
    }
    const peer = medianMs(() => munkresCost(matrix))
    const ms = medianMs(() => solve(problem))
    print(
      `dense ${String(size)} x ${String(size)}, costs to ${String(most)}${most === 100 ? " as the OR-Library's" : ''}`,
      ms,
      'against munkres 2',
      peer,
    )
  }
}
