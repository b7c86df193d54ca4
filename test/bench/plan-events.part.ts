import { certify } from '../../server/domain/plan/certificate.ts'
import { solve } from '../../server/domain/plan/solve.ts'
import {
  costsChanged,
  patientIn,
  patientOut,
  slotIn,
  slotOut,
} from '../../server/domain/plan/warm.ts'
import { closeWarm, openWarm } from '../../server/domain/plan/warm-state.ts'
import { allianceProblem, seeded } from '../domain/plan/random-problem.ts'
import { percentile } from './figures.part.ts'
import { BUCKETS, medianMs, print, proved, timed } from './plan-tools.part.ts'

const EVENTS = 10_000

/** One change after another worked into a plan that is kept, against solving it all again. */
export function events(): void {
  for (const patients of [20_000, 50_000]) {
    for (const steps of [1, 8]) {
      const shape = { patients, buckets: BUCKETS, tight: 0.8, steps }
      const problem = allianceProblem({ ...shape, seed: 7 })
      const other = allianceProblem({ ...shape, seed: 8 })
      const state = openWarm(problem, proved(problem, 'before the events'))
      const coldMs = medianMs(() => solve(problem))
      const random = seeded(3)
      const present = [...problem.stayCost.keys()]
      const times: number[] = []
      for (let event = 0; event < EVENTS; event++) {
        const row = Math.floor(random() * patients)
        const from = other.patientStart[row] ?? 0
        const to = other.patientStart[row + 1] ?? 0
        const choices = Array.from(other.arcBucket.subarray(from, to), (bucket, index) => ({
          bucket,
          points: other.arcCost[from + index] ?? 0,
        }))
        const stay = other.stayCost[row] ?? 0
        const bucket = Math.floor(random() * state.capacity.length)
        const at = Math.floor(random() * present.length)
        const patient = present[at] ?? 0
        const work = [
          () => present.push(patientIn(state, stay, choices)),
          () => {
            patientOut(state, patient)
            present[at] = present.at(-1) ?? 0
            present.pop()
          },
          () => slotIn(state, bucket),
          () => {
            if ((state.capacity[bucket] ?? 0) > 0) slotOut(state, bucket)
          },
          () => (present[at] = costsChanged(state, patient, stay, choices)),
        ][event % 5]
        if (work !== undefined) times.push(timed(work).ms)
      }
      const warm = closeWarm(state)
      if (!certify(warm.problem, warm).proved || warm.cost !== solve(warm.problem).cost) {
        throw new Error('the events led away from the optimum')
      }
      const label = `one event re-planned, ${String(patients)} patients, ${String(steps)} components`
      print(`${label}, median`, percentile(times, 0.5), 'against a cold solve', coldMs)
      print(`${label}, p99`, percentile(times, 0.99), 'against a cold solve', coldMs)
    }
  }
}
