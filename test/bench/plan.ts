/*
 * `npm run bench plan`: the planner's solver, single-threaded, against HiGHS (WebAssembly) on the same problems in the
 * same run. Every answer is held to its certificate and, where HiGHS finishes, to its optimum.
 *
 * Sparse alliances: 960 (site, week, step) buckets, 5 to 20 choices a patient. HiGHS is given 60 s and is not asked
 * beyond 20,000 patients; `--quick` stops it at 5,000. A part alone: `npm run bench plan -- dense` (cold, dense,
 * threads, events, capped, wholePlan).
 */
import { performance } from 'node:perf_hooks'
import { plan } from '../../server/domain/plan/planner.ts'
import { slotValues } from '../../server/domain/plan/prices.ts'
import { solve } from '../../server/domain/plan/solve.ts'
import { quantise } from '../../server/domain/plan/transport.ts'
import { median } from './figures.part.ts'
import { openLemon } from './lemon.part.ts'
import { capped } from './plan-capped.part.ts'
import { dense } from './plan-dense.part.ts'
import { events } from './plan-events.part.ts'
import { BUCKETS, ROUNDS, figure, medianMs, print, proved, timed } from './plan-tools.part.ts'
import { openSolvers } from './solvers.part.ts'
import { randomAlliance } from '../domain/plan/alliance.ts'
import { openOracle } from '../domain/plan/highs-oracle.ts'
import { allianceProblem } from '../domain/plan/random-problem.ts'

const HIGHS_LIMIT_SECONDS = 60
const HIGHS_LARGEST = process.argv.includes('--quick') ? 5_000 : 20_000
const THREADS = 2

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
      const ms = medianMs(() => solve(problem))
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

/** How the time grows with the patients, between the smallest and the largest: n to this power. */
function growth(times: ReadonlyMap<number, number>): void {
  const sizes = [...times.keys()].sort((a, b) => a - b)
  const [least = 1, most = 1] = [sizes[0], sizes.at(-1)]
  const exponent =
    Math.log((times.get(most) ?? 1) / (times.get(least) ?? 1)) / Math.log(most / least)
  const metric = `growth of a cold solve, ${String(least)} to ${String(most)} patients, 1 component, tight, against the limit`
  figure(metric, exponent, 'exponent', 1.6, 1.6 / exponent)
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
    const one = medianMs(() => solve(problem))
    const label = `cold solve, ${String(patients)} patients, 8 components, ${String(THREADS)} threads`
    print(label, median(times), 'against one thread', one)
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
  const pricesMs = medianMs(() => slotValues(problem, solution))
  const resolveMs = medianMs(() => solve(problem)) * BUCKETS
  print(
    'exact price of one more slot in all 960 buckets, 20000 patients',
    pricesMs,
    'against solving again for each',
    resolveMs,
  )
  const given = randomAlliance(1, 6_000)
  print(
    'whole plan, 6000 patients: rules, both solves, prices, diff',
    medianMs(() => plan(given)),
    'no peer',
    null,
  )
}

const [only] = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const parts = { cold, dense, threads, events, capped, wholePlan }
for (const [name, run] of Object.entries(parts))
  if (only === undefined || only === name) await run()
