import highsModule from 'highs'
import type { TransportProblem } from '../../../server/domain/plan/transport.ts'

// the package's types are those of its CommonJS build, where the loader is `default`; what is imported is the loader
const loadHighs = highsModule as unknown as typeof highsModule.default

export interface OracleOptions {
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
    leastCost: (problem, { solver = 'choose', timeLimitSeconds = 60 } = {}) => {
      const { patientStart, arcBucket, arcCost, stayCost, capacity } = problem
      const stay = stayCost.reduce((sum, points) => sum + points, 0)
      const numCols = arcBucket.length
      if (numCols === 0) return stay
      const patients = stayCost.length
      const indices = new Int32Array(numCols * 2)
      const colCost = new Float64Array(numCols)
      for (let patient = 0; patient < patients; patient++) {
        const end = patientStart[patient + 1] ?? 0
        for (let arc = patientStart[patient] ?? 0; arc < end; arc++) {
          indices[2 * arc] = patient
          indices[2 * arc + 1] = patients + (arcBucket[arc] ?? 0)
          colCost[arc] = (arcCost[arc] ?? 0) - (stayCost[patient] ?? 0)
        }
      }
      const numRows = patients + capacity.length
      const data = {
        numCols,
        numRows,
        colCost,
        colLower: new Float64Array(numCols),
        colUpper: new Float64Array(numCols).fill(1),
        rowLower: new Float64Array(numRows).fill(-highs.infinity),
        rowUpper: Float64Array.from([...new Float64Array(patients).fill(1), ...capacity]),
        matrix: {
          format: 'csc' as const,
          numRows,
          numCols,
          starts: Int32Array.from({ length: numCols + 1 }, (_, column) => column * 2),
          indices,
          values: new Float64Array(indices.length).fill(1),
        },
      }
      return highs.withModel(data, (model) => {
        model.options.set({ output_flag: false, solver, time_limit: timeLimitSeconds })
        model.run()
        const optimal = model.getModelStatus() === highs.constants.modelStatus.optimal
        return optimal ? stay + model.getObjectiveValue() : null
      })
    },
  }
}
