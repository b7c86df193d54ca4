import { approach, climb, type Climbed, type Trail } from './climb.ts'
import { coreOf } from './core.ts'
import { lay, openForest, type CapProblem, type Case } from './forest.ts'
import { arcsOf, bucketPrices, lookPlainly } from './look.ts'
import { dualsOf, inWhole, type ProofStep } from './proof.ts'

/** The best plan within the caps, and how far that is proved. */
export interface CapAnswer {
  readonly chosenArc: Int32Array
  /** Units, without prices of caps. */
  readonly units: number
  /** Units: no plan within the caps costs less. */
  readonly least: number
  /** Prices of the caps at which the bound is highest, in units, to the nearest whole one. */
  readonly price: readonly number[]
  /** Prices of the buckets there, in units; 0 for those that nobody wants or that have no slot. */
  readonly buckets: Float64Array
  /** Units: what those prices alone prove; below `least` where cases had to be looked at apart. */
  readonly bound: number
  /** Networks the problem falls into. */
  readonly networks: number
  /** Times the networks were solved, and cases looked at apart. */
  readonly looks: number
  readonly cases: number
}

/** Cases looked at apart before the best plan so far is told with what is not proved of it. */
export const MOST_CASES = 2000

/** A core smaller than this share of its problem's choices is worth searching by itself. */
const WORTH_SHRINKING = 0.7

interface Search extends Trail {
  best: { readonly chosenArc: Int32Array; readonly units: number } | null
  cases: number
  left: number
  readonly told: ((step: ProofStep) => void) | undefined
}

/** A search's answer where there may be no plan as good as was wanted: `least` is proved all the same. */
type Searched = Omit<CapAnswer, 'chosenArc' | 'units'> & {
  readonly best: Pick<CapAnswer, 'chosenArc' | 'units'> | null
}

/**
 * The plan of least cost within the caps, exactly. [MOV-52]
 *
 * Prices of caps at which the bound is highest (`climb`) solve the problem as far as it is one of mixtures; nearly always
 * a plan seen on the way is within a unit of it and so the best. Where not, one import of one patient that the mixture
 * has in part is decided either way, and both cases are gone into, prices going on from where they are: so until no
 * case is left that could hold a better plan. What no better plan can have is left out first (`coreOf`).
 * @param wanted `start`: prices of the caps to begin from, in units; `upper`: only plans below so many units are wanted;
 * `most`: cases looked at apart; `told`: is given what proves the answer
 * @returns null when there are none
 */
export function solveCaps(given: CapProblem, wanted: Wanted = {}): CapAnswer | null {
  const { best, ...searched } = searchCaps(given, wanted)
  return best === null ? null : { ...searched, ...best }
}

interface Wanted {
  readonly start?: readonly number[]
  readonly upper?: number
  readonly most?: number
  readonly told?: ((step: ProofStep) => void) | undefined
}

function searchCaps(
  given: CapProblem,
  { start, upper = Infinity, most = MOST_CASES, told }: Wanted,
): Searched {
  const forest = openForest(given)
  const { scale } = forest
  const search: Search = {
    forest,
    seen: [],
    looks: 0,
    best: null,
    cases: 0,
    left: most,
    told,
    enough: () => {
      const units = search.best?.units ?? upper
      return Math.min(forest.ceiling, (units - 1) * scale + scale / 2)
    },
    offer: ({ units }) => {
      if (units >= (search.best?.units ?? upper)) return
      search.best = { chosenArc: arcsOf(forest), units }
    },
  }
  const from = start?.map((units) => Math.round(units * scale))
  const nothing = forest.imports.map(() => 0)
  const top = climb(search, from ?? approach(search, nothing), [], from !== undefined)
  const isOpen = (): boolean => top.bound <= search.enough()
  if (isOpen()) dive(search, top)
  let least = Infinity
  if (!isOpen()) told?.({ kind: 'leaf', cases: [], ...dualsOf(forest, top) })
  else {
    const core = coreOf(forest, top.price, search.enough())
    const size = forest.trees.reduce((sum, { units }) => sum + units.length, 0)
    if (core.arcs.length < size * WORTH_SHRINKING) {
      const narrowedBy = { price: top.price, buckets: bucketPrices(forest) }
      told?.({ kind: 'narrowed', ...dualsOf(forest, narrowedBy) })
      const found = searchCaps(core, {
        start: top.price.map((units) => units / scale),
        upper: (search.best?.units ?? upper) - core.settled,
        most: search.left,
        told: told && inWhole(told, core.patients),
      })
      least = found.least + core.settled
      search.cases += found.cases
      search.looks += found.looks
      if (found.best !== null) {
        const chosenArc = core.settledArc
        const { chosenArc: inCore, units } = found.best
        core.patients.forEach((patient, row) => {
          const arc = inCore[row] as number
          chosenArc[patient] = arc < 0 ? arc : (core.arcs[arc] as number)
        })
        search.best = { chosenArc, units: units + core.settled }
      }
    } else least = branch(search, [], top)
  }
  const price = top.price.map((units) => Math.round(units / scale))
  const { bound } = lookPlainly(
    forest,
    price.map((units) => units * scale),
  )
  const { best } = search
  return {
    best,
    least: Math.min(best?.units ?? upper, Math.max(least, Math.ceil(top.bound / scale - 0.5))),
    price,
    buckets: bucketPrices(forest).map((units) => units / scale),
    bound: bound / scale,
    networks: forest.trees.length,
    looks: search.looks,
    cases: search.cases,
  }
}

/** One way down, each time the likelier of two cases, for a first plan to measure the others by. */
function dive(search: Search, top: Climbed): void {
  const { forest } = search
  const cases: Case[] = []
  let now = top
  while (now.bound <= search.enough()) {
    const next = undecided(now, true)
    if (next === null) break
    cases.push(next)
    lay(forest, next)
    now = climb(search, now.price, cases, true)
  }
  for (const one of cases) lay(forest, one, -1)
}

/** Both cases of what is undecided, and theirs. @returns units below which there is no plan that was not seen */
function branch(search: Search, cases: readonly Case[], top: Climbed): number {
  const { forest } = search
  const { scale } = forest
  const isDone = top.bound > search.enough()
  const first = isDone ? null : undecided(top, false)
  if (first === null || search.left <= 0) {
    search.told?.({ kind: 'leaf', cases, ...dualsOf(forest, top) })
    return isDone ? Infinity : Math.ceil(top.bound / scale - 0.5)
  }
  let least = Infinity
  for (const comes of [first.comes, !first.comes]) {
    const one = { ...first, comes }
    search.left--
    search.cases++
    lay(forest, one)
    const within = [...cases, one]
    least = Math.min(least, branch(search, within, climb(search, top.price, within, true)))
    lay(forest, one, -1)
  }
  return least
}

/** The import that the mixture is least decided on, or for a dive the nearest to certain; null when there is none. */
function undecided({ parts }: Climbed, isDive: boolean): Case | null {
  let best: Case | null = null
  let most = 1e-6
  for (const { patient, cap, part } of parts) {
    const doubt = Math.min(part, 1 - part)
    if (doubt <= 1e-6) continue
    const worth = isDive ? part : doubt
    if (worth < most || (worth === most && best !== null && best.patient < patient)) continue
    most = worth
    best = { patient, cap, comes: isDive || part >= 0.5 }
  }
  return best
}
