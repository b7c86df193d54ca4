import highsModule from 'highs'
import type { TransportProblem } from '../../../server/domain/plan/transport.ts'

// the package's types are those of its CommonJS build, where the loader is `default`; what is imported is the loader
const loadHighs = highsModule as unknown as typeof highsModule.default

/** Arcs of which no more than so many may be taken in all. */
export interface SideLimit {
  readonly arcs: readonly number[]
  readonly most: number
}

export interface OracleOptions {
  /** With these the matrix is no longer totally unimodular: solved as a whole-number programme. */
  readonly limits?: readonly SideLimit[]
  readonly solver?: 'simplex' | 'ipm' | 'choose'
  readonly timeLimitSeconds?: number
}

/** An independent optimiser: HiGHS in WebAssembly, given the same problem as a linear programme. */
export interface Oracle {
  /** The least total; null when HiGHS does not reach it within the limit. */
  readonly leastCost: (problem: TransportProblem, options?: OracleOptions) => number | null
}

/**
 * A column for each choice, its cost what it saves against staying; a row for each patient (at most one choice) and
 * each bucket (at most its slots). The matrix is totally unimodular: the linear optimum is the whole-number one.
 */
export async function openOracle(): Promise<Oracle> {
  const highs = await loadHighs()
  return {
    leastCost: (problem, { solver = 'choose', timeLimitSeconds = 60, limits = [] } = {}) => {
      const { patientStart, arcBucket, arcCost, stayCost, capacity } = problem
      const stay = stayCost.reduce((sum, points) => sum + points, 0)
      const numCols = arcBucket.length
      if (numCols === 0) return stay
      const patients = stayCost.length
      const columns: number[][] = []
      const colCost = new Float64Array(numCols)
      for (let patient = 0; patient < patients; patient++) {
        const end = patientStart[patient + 1] ?? 0
        for (let arc = patientStart[patient] ?? 0; arc < end; arc++) {
          columns.push([patient, patients + (arcBucket[arc] ?? 0)])
          colCost[arc] = (arcCost[arc] ?? 0) - (stayCost[patient] ?? 0)
        }
      }
      const sideRow = patients + capacity.length
      limits.forEach(({ arcs }, side) => {
        for (const arc of arcs) columns[arc]?.push(sideRow + side)
      })
      const indices = Int32Array.from(columns.flat())
      let entries = 0
      const starts = Int32Array.from([0, ...columns.map((rows) => (entries += rows.length))])
      const numRows = sideRow + limits.length
      const data = {
        numCols,
        numRows,
        colCost,
        colLower: new Float64Array(numCols),
        colUpper: new Float64Array(numCols).fill(1),
        rowLower: new Float64Array(numRows).fill(-highs.infinity),
        rowUpper: Float64Array.from([
          ...new Float64Array(patients).fill(1),
          ...capacity,
          ...limits.map(({ most }) => most),
        ]),
        ...(limits.length === 0
          ? {}
          : { integrality: new Int32Array(numCols).fill(highs.constants.variableType.integer) }),
        matrix: {
          format: 'csc' as const,
          numRows,
          numCols,
          starts,
          indices,
          values: new Float64Array(indices.length).fill(1),
        },
      }
      return highs.withModel(data, (model) => {
        model.options.set({
          output_flag: false,
          solver,
          time_limit: timeLimitSeconds,
          mip_rel_gap: 0,
          mip_abs_gap: 1e-6,
        })
        model.run()
        const optimal = model.getModelStatus() === highs.constants.modelStatus.optimal
        return optimal ? stay + model.getObjectiveValue() : null
      })
    },
  }
}
