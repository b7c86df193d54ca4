import type { Case, CapProblem } from '../../../server/domain/plan/caps/forest.ts'
import type { Duals, ProofStep } from '../../../server/domain/plan/caps/proof.ts'
import { quantise } from '../../../server/domain/plan/transport.ts'

type Leaf = Extract<ProofStep, { kind: 'leaf' }>

/** The plain problem in units, with the choices that are still to be decided. */
interface Rest {
  readonly given: CapProblem
  /** By patient their choices left, arcs of the problem; `STAYS` for staying. */
  readonly choices: Map<number, number[]>
  readonly capacity: Int32Array
  readonly imports: number[]
  /** By patient who is settled the cap they are imported under; -1 none. */
  readonly settledUnder: Map<number, number>
  /** Units. */
  settled: number
}

const STAYS = -1

/**
 * Checks that no plan within the caps costs less than `best` units, by what a search told on its way, without solving
 * anything and knowing nothing of how it searched: every bound is worked out here from the plain costs, by weak
 * duality, and the leaves are shown to leave nothing out. A plan costs whole units, so a bound above `best - 1` does.
 * @returns what is wrong; null when it is proved
 */
export function caseTreeFault(
  given: CapProblem,
  best: number,
  steps: readonly ProofStep[],
): string | null {
  const { patientStart, stayCost, capacity } = given.problem
  const rest: Rest = {
    given,
    choices: new Map(
      Array.from(stayCost, (_, patient) => {
        const begin = patientStart[patient] ?? 0
        const count = (patientStart[patient + 1] ?? 0) - begin
        return [patient, [STAYS, ...Array.from({ length: count }, (_, at) => begin + at)]]
      }),
    ),
    capacity: capacity.slice(),
    imports: [...given.imports],
    settledUnder: new Map(),
    settled: 0,
  }
  const leaves: Leaf[] = []
  for (const step of steps) {
    if ([...step.price, ...step.buckets].some((units) => units < 0)) return 'a price below 0'
    if (step.kind === 'leaf') leaves.push(step)
    else if (leaves.length > 0) return 'narrowed after a leaf'
    else narrow(rest, step, best)
  }
  return coverFault(leaves, 0) ?? leafFault(rest, leaves, best)
}

/** Leaves out what is in no plan below `best`, and settles who has one choice left. */
function narrow(rest: Rest, duals: Duals, best: number): void {
  const bound = boundOf(rest, duals, [])
  for (const [patient, choices] of rest.choices) {
    const full = (choice: number): number => fullCost(rest, duals, patient, choice)
    const least = Math.min(...choices.map(full))
    rest.choices.set(
      patient,
      choices.filter((choice) => bound + full(choice) - least <= best - 1),
    )
  }
  for (const [patient, choices] of rest.choices) {
    const [only] = choices
    if (only === undefined || choices.length > 1) continue
    rest.choices.delete(patient)
    rest.settled += plainCost(rest, patient, only)
    const cap = only === STAYS ? -1 : (rest.given.capOf[only] ?? -1)
    rest.settledUnder.set(patient, cap)
    if (only === STAYS) continue
    const bucket = rest.given.problem.arcBucket[only] ?? 0
    rest.capacity[bucket] = (rest.capacity[bucket] ?? 0) - 1
    if (cap >= 0) rest.imports[cap] = (rest.imports[cap] ?? 0) - 1
  }
}

/** Every plan is in one of the leaves: they part at the same case each time, one side and the other. */
function coverFault(leaves: readonly Leaf[], depth: number): string | null {
  const [first] = leaves
  if (first === undefined) return 'a case nobody looked at'
  const split = first.cases[depth]
  if (split === undefined) return leaves.length === 1 ? null : 'a leaf that goes on'
  const parts = leaves.every(
    ({ cases: { [depth]: one } }) => one?.patient === split.patient && one.cap === split.cap,
  )
  if (!parts) return 'leaves that part at different cases'
  const side = (comes: boolean): Leaf[] =>
    leaves.filter(({ cases }) => cases[depth]?.comes === comes)
  return coverFault(side(true), depth + 1) ?? coverFault(side(false), depth + 1)
}

function leafFault(rest: Rest, leaves: readonly Leaf[], best: number): string | null {
  const open = leaves.find((leaf) => boundOf(rest, leaf, leaf.cases) <= best - 1)
  return open === undefined
    ? null
    : `a leaf of ${String(open.cases.length)} cases proves too little`
}

/** Units: no plan of what is left, in these cases, costs less. */
function boundOf(rest: Rest, duals: Duals, cases: readonly Case[]): number {
  const { given, choices, capacity, imports, settledUnder } = rest
  const isElsewhere = ({ patient, cap, comes }: Case): boolean =>
    settledUnder.has(patient) && (settledUnder.get(patient) === cap) !== comes
  if (cases.some(isElsewhere)) return Infinity
  let bound = rest.settled - allowance(rest, duals)
  imports.forEach((most, cap) => (bound -= most * (duals.price[cap] ?? 0)))
  capacity.forEach((slots, bucket) => (bound -= slots * (duals.buckets[bucket] ?? 0)))
  const casesOf = new Map<number, Case[]>()
  for (const one of cases) casesOf.set(one.patient, [...(casesOf.get(one.patient) ?? []), one])
  for (const [patient, all] of choices) {
    const under = casesOf.get(patient) ?? []
    let least = Infinity
    for (const choice of all) {
      const cap = choice === STAYS ? -1 : (given.capOf[choice] ?? -1)
      if (under.some((one) => (one.cap === cap) !== one.comes)) continue
      least = Math.min(least, fullCost(rest, duals, patient, choice))
    }
    bound += least
  }
  return bound
}

/** Units by which imports being dearer can make a plan of what is left cost more than it does. */
function allowance({ given, choices, imports }: Rest, { dearer }: Duals): number {
  let most = 0
  for (const [patient, all] of choices) {
    for (const choice of all) {
      const cap = choice === STAYS ? -1 : (given.capOf[choice] ?? -1)
      if (cap >= 0) most = Math.max(most, dearer(patient, cap))
    }
  }
  const total = imports.reduce((sum, one) => sum + one, 0)
  return most * Math.min(total, choices.size)
}

/** With the prices paid; Infinity where there is no slot left. */
function fullCost(rest: Rest, duals: Duals, patient: number, choice: number): number {
  const plain = plainCost(rest, patient, choice)
  if (choice === STAYS) return plain
  const bucket = rest.given.problem.arcBucket[choice] ?? 0
  if ((rest.capacity[bucket] ?? 0) < 1) return Infinity
  const cap = rest.given.capOf[choice] ?? -1
  const paid = plain + (duals.buckets[bucket] ?? 0)
  return cap < 0 ? paid : paid + (duals.price[cap] ?? 0) + duals.dearer(patient, cap)
}

function plainCost({ given: { problem } }: Rest, patient: number, choice: number): number {
  const points = choice === STAYS ? problem.stayCost[patient] : problem.arcCost[choice]
  return quantise(points ?? Number.NaN)
}
