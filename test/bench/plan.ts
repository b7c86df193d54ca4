/*
 * `npm run bench plan`: the planner's solver, single-threaded, against HiGHS (WebAssembly) on the same problems in the
 * same run. Every answer is held to its certificate and, where HiGHS finishes, to its optimum.
 *
 * Sparse alliances: 960 (site, week, step) buckets, 5 to 20 choices a patient. HiGHS is given 60 s and is not asked
 * beyond 20,000 patients; `--quick` stops it at 5,000. A part alone: `npm run bench plan -- dense` (cold, dense,
 * threads, events, capped, wholePlan).
 */
import { performance } from 'node:perf_hooks'
import { certify } from '../../server/domain/plan/certificate.ts'
import { plan } from '../../server/domain/plan/planner.ts'
import { slotValues } from '../../server/domain/plan/prices.ts'
import { solve } from '../../server/domain/plan/solve.ts'
import { munkres } from 'munkres'
import { quantise, type TransportProblem } from '../../server/domain/plan/transport.ts'
import { openLemon } from './lemon.part.ts'
import { capped } from './plan-capped.part.ts'
import { openSolvers } from './solvers.part.ts'
import {
  costsChanged,
  patientIn,
  patientOut,
  slotIn,
  slotOut,
} from '../../server/domain/plan/warm.ts'
import { closeWarm, openWarm } from '../../server/domain/plan/warm-state.ts'
import { randomAlliance } from '../domain/plan/alliance.ts'
import { openOracle } from '../domain/plan/highs-oracle.ts'
import { allianceProblem, seeded } from '../domain/plan/random-problem.ts'

const BUCKETS = 960
const ROUNDS = 7
const HIGHS_LIMIT_SECONDS = 60
const HIGHS_LARGEST = process.argv.includes('--quick') ? 5_000 : 20_000
const EVENTS = 10_000
const THREADS = 2
/** Above every cost of the dense shapes: nobody stays. */
const DENSE_STAY = 20_000

/** `peer` in milliseconds; null where there is none, and then the metric says why. */
function print(metric: string, ms: number, against: string, peerMs: number | null): void {
  const rounded = (value: number): number => Number(value.toPrecision(4))
  console.log(
    JSON.stringify({
      bench: 'plan',
      metric: `${metric}, ${against}`,
      value: rounded(ms),
      unit: 'ms',
      peer: peerMs === null ? null : rounded(peerMs),
      ratio: peerMs === null ? null : rounded(peerMs / ms),
    }),
  )
}

function timed<T>(work: () => T): { result: T; ms: number } {
  const startedAt = performance.now()
  const result = work()
  return { result, ms: performance.now() - startedAt }
}

function quantile(times: readonly number[], part: number): number {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length * part)] ?? Number.NaN
}

/** The median of some rounds, after one that warms up. */
function median(work: () => unknown, rounds = ROUNDS): number {
  work()
  return quantile(
    Array.from({ length: rounds }, () => timed(work).ms),
    0.5,
  )
}

function proved(problem: TransportProblem, label: string): ReturnType<typeof solve> {
  const solution = solve(problem)
  const certificate = certify(problem, solution)
  if (!certificate.proved) throw new Error(`${label}: ${certificate.why}`)
  return solution
}

async function cold(): Promise<void> {
  const oracle = await openOracle()
  const lemon = openLemon()
  if (lemon === null) console.error('LEMON: absent (wants g++ and liblemon-dev)')
  const times = new Map<number, number>()
  for (const patients of [1_000, 5_000, 20_000, 50_000]) {
    for (const [shape, steps, tight] of [
      ['1 component, tight', 1, 0.8],
      ['1 component, loose', 1, 1.5],
      ['8 components, tight', 8, 0.8],
    ] as const) {
      const problem = allianceProblem({ patients, buckets: BUCKETS, tight, steps, seed: 7 })
      const label = `cold solve, ${String(patients)} patients, ${shape}`
      const solution = proved(problem, label)
      const ms = median(() => solve(problem))
      if (shape === '1 component, tight') times.set(patients, ms)
      if (lemon !== null) {
        const peer = lemon(problem)
        if (peer.units !== quantise(solution.cost)) throw new Error(`${label}: not LEMON's optimum`)
        print(label, ms, 'against LEMON NetworkSimplex', peer.ms)
      }
      if (patients > HIGHS_LARGEST) {
        print(label, ms, 'highs not asked at this size', null)
        continue
      }
      for (const solver of ['simplex', 'ipm'] as const) {
        const peer = timed(() =>
          oracle.leastCost(problem, { solver, timeLimitSeconds: HIGHS_LIMIT_SECONDS }),
        )
        if (peer.result !== null && Math.abs(peer.result - solution.cost) > 1e-3) {
          throw new Error(
            `${label}: highs finds ${String(peer.result)}, not ${String(solution.cost)}`,
          )
        }
        const name =
          peer.result === null
            ? `against highs ${solver}, which did not finish`
            : `against highs ${solver}`
        print(label, ms, name, peer.ms)
      }
    }
  }
  growth(times)
}

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
function dense(): void {
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
    const peer = median(() => munkresCost(matrix))
    const ms = median(() => solve(problem))
    print(
      `dense ${String(size)} x ${String(size)}, costs to ${String(most)}${most === 100 ? " as the OR-Library's" : ''}`,
      ms,
      'against munkres 2',
      peer,
    )
  }
}

/** How the time grows with the patients, between the smallest and the largest: n to this power. */
function growth(times: ReadonlyMap<number, number>): void {
  const sizes = [...times.keys()].sort((a, b) => a - b)
  const [least = 1, most = 1] = [sizes[0], sizes.at(-1)]
  const exponent =
    Math.log((times.get(most) ?? 1) / (times.get(least) ?? 1)) / Math.log(most / least)
  console.log(
    JSON.stringify({
      bench: 'plan',
      metric: `growth of a cold solve, ${String(least)} to ${String(most)} patients, 1 component, tight, against the limit`,
      value: Number(exponent.toPrecision(3)),
      unit: 'exponent',
      peer: 1.6,
      ratio: Number((1.6 / exponent).toPrecision(3)),
    }),
  )
}

/** The parts of one problem solved on two threads, against the same on one. */
async function threads(): Promise<void> {
  for (const patients of [20_000, 50_000]) {
    const problem = allianceProblem({ patients, buckets: BUCKETS, tight: 0.8, steps: 8, seed: 7 })
    const pool = openSolvers(THREADS)
    const solution = proved(problem, 'threads')
    const times: number[] = []
    for (let round = 0; round <= ROUNDS; round++) {
      const startedAt = performance.now()
      const cost = await pool.solve(problem)
      if (round > 0) times.push(performance.now() - startedAt)
      if (cost !== solution.cost) throw new Error('the threads find another total')
    }
    await pool.close()
    const one = median(() => solve(problem))
    const label = `cold solve, ${String(patients)} patients, 8 components, ${String(THREADS)} threads`
    print(label, quantile(times, 0.5), 'against one thread', one)
  }
}

function events(): void {
  for (const patients of [20_000, 50_000]) {
    for (const steps of [1, 8]) {
      const shape = { patients, buckets: BUCKETS, tight: 0.8, steps }
      const problem = allianceProblem({ ...shape, seed: 7 })
      const other = allianceProblem({ ...shape, seed: 8 })
      const state = openWarm(problem, proved(problem, 'before the events'))
      const coldMs = median(() => solve(problem))
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
      print(`${label}, median`, quantile(times, 0.5), 'against a cold solve', coldMs)
      print(`${label}, p99`, quantile(times, 0.99), 'against a cold solve', coldMs)
    }
  }
}

function wholePlan(): void {
  const problem = allianceProblem({
    patients: 20_000,
    buckets: BUCKETS,
    tight: 0.8,
    steps: 1,
    seed: 7,
  })
  const solution = solve(problem)
  const pricesMs = median(() => slotValues(problem, solution))
  const resolveMs = median(() => solve(problem)) * BUCKETS
  print(
    'exact price of one more slot in all 960 buckets, 20000 patients',
    pricesMs,
    'against solving again for each',
    resolveMs,
  )
  const given = randomAlliance(1, 6_000)
  print(
    'whole plan, 6000 patients: rules, both solves, prices, diff',
    median(() => plan(given)),
    'no peer',
    null,
  )
}

const [only] = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const parts = { cold, dense, threads, events, capped: () => capped(print), wholePlan }
for (const [name, run] of Object.entries(parts))
  if (only === undefined || only === name) await run()
