import type { CapProblem } from '../../../server/domain/plan/caps/forest.ts'
import type { CapLedger } from '../../../server/domain/plan/caps/ledger.ts'
import { solveCaps, type CapAnswer } from '../../../server/domain/plan/caps/search.ts'
import { pricedPart } from '../../../server/domain/plan/caps/priced.ts'
import { solve } from '../../../server/domain/plan/solve.ts'
import { STAY } from '../../../server/domain/plan/transport.ts'
import { openWarm, type WarmState } from '../../../server/domain/plan/warm-state.ts'
import { allianceProblem, seeded } from './random-problem.ts'

export interface CappedAlliance extends CapProblem {
  /** By bucket. */
  readonly trust: Int32Array
  /** By patient. */
  readonly home: Int32Array
  /** Points of the best plan without caps. */
  readonly free: number
}

const WEEKS = 8

/** `allianceProblem` with its sites in trusts, each allowed `share` of the imports it has in the best plan without caps. */
export function cappedAlliance(options: {
  readonly patients: number
  readonly buckets: number
  readonly tight: number
  readonly steps: number
  readonly seed: number
  readonly trusts: number
  readonly share: number
}): CappedAlliance {
  const problem = allianceProblem(options)
  const random = seeded(options.seed + 1)
  const sites = Math.max(1, Math.floor(options.buckets / WEEKS / options.steps))
  const trust = Int32Array.from(problem.capacity, (_, bucket) =>
    Math.floor(((Math.floor(bucket / WEEKS) % sites) * options.trusts) / sites),
  )
  const { patientStart, arcBucket } = problem
  const capOf = new Int32Array(arcBucket.length)
  const home = Int32Array.from(problem.stayCost, (_, patient) => {
    const begin = patientStart[patient] ?? 0
    const end = patientStart[patient + 1] ?? 0
    const own = trust[arcBucket[begin + Math.floor(random() * (end - begin))] ?? 0] ?? 0
    for (let arc = begin; arc < end; arc++) {
      const to = trust[arcBucket[arc] ?? 0] ?? 0
      capOf[arc] = to === own ? -1 : to
    }
    return own
  })
  const free = solve(problem)
  const used = Array.from({ length: options.trusts }, () => 0)
  for (const arc of free.chosenArc) {
    const cap = arc === STAY ? -1 : (capOf[arc] ?? -1)
    if (cap >= 0) used[cap] = (used[cap] ?? 0) + 1
  }
  const imports = used.map((count) => Math.floor(count * options.share))
  return { problem, capOf, imports, trust, home, free: free.cost }
}

/** A capped problem solved and open for events. */
export function openCapped(given: CappedAlliance): {
  answer: CapAnswer
  ledger: CapLedger
  warm: WarmState
  ownCap: number[]
} {
  const answer = solveCaps(given)
  if (answer === null) throw new Error('no plan keeps the caps')
  const part = pricedPart(
    given.problem,
    given.capOf,
    answer.price,
    answer.chosenArc,
    answer.buckets,
    answer.networks,
  )
  const warm = openWarm(part.problem, part.best)
  const ownCap = [...given.home]
  const side = { warm, capOfBucket: given.trust, ownCap, eased: part.eased, moved: false }
  const caps = given.imports.map((imports, cap) => ({ trust: String(cap), imports }))
  return { answer, ledger: { caps, price: [...answer.price], sides: [side] }, warm, ownCap }
}
