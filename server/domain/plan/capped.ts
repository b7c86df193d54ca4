import {
  capOfArcs,
  importsOf,
  priced,
  type Answer,
  type CapPart,
  type ImportCap,
} from './cap-parts.ts'
import { solve, totalCost } from './solve.ts'
import { quantise, STAY, toPoints } from './transport.ts'
import type { TransportProblem, TransportSolution } from './transport.ts'

/*
 * Import caps: over all steps, a trust takes no more patients of other trusts than it said. [MOV-52]
 *
 * A cap runs across the steps and so is no part of any network. It is priced (Lagrangian relaxation, Held and Karp 1970;
 * Ahuja, Magnanti and Orlin, ch. 16): each import costs its trust's price more, and each step is solved by itself as
 * ever. The price of a cap is the least at which it holds, first one by one, then all together by Polyak's step towards
 * the highest bound. Where a cap is still broken, those stay home for whom it matters least; where it has room, patients
 * are let in at a little less, in order of id. Every answer is whole, keeps the caps, and comes with the bound its prices
 * prove: what it can be away from the optimum at most.
 */

export interface CappedSolution {
  /** By part: the problem with the caps' prices in its costs, and its answer. */
  readonly parts: readonly {
    readonly problem: TransportProblem
    readonly best: TransportSolution
  }[]
  readonly caps: readonly CapState[]
  /** Points, without the prices of caps. */
  readonly cost: number
  /** Points this answer is away from the optimum at most; 0: it is the optimum. */
  readonly gap: number
}

/** How a cap stands. `points` is what one more import allowed would save at most. */
export interface CapState extends ImportCap {
  readonly used: number
  readonly points: number
}

/** Steps towards better prices, and the points from the bound at which none are taken. */
const STEPS = 60
const NEAR = 0.5
const UNITS = 1024
/** After so many rounds of sending home, everybody a broken cap concerns stays there. */
const ROUNDS = 24
/** Bisection stops at a sixty-fourth of a point; patients are let in between the two prices one by one. */
const PRECISION = 16

/** @param start prices to begin at, such as those of the plan before: near ones are found sooner */
export function solveCapped(
  given: readonly CapPart[],
  caps: readonly ImportCap[],
  start: readonly CapState[] = [],
): CappedSolution {
  const parts = given.map((part) => ({ ...part, capOf: capOfArcs(part, caps) }))
  const price = caps.map(() => 0)
  /** By part and cap: below this row an import costs `less` less. */
  const eased = parts.map(() => caps.map(() => 0))
  const less = caps.map(() => 0)
  /** By part and cap: rows that may not be imported. */
  const barred = parts.map(() => caps.map(() => new Set<number>()))
  let answers = parts.map((_, index) => answer(index))
  let bound = boundNow()

  function answer(index: number): Answer {
    const part = parts[index]
    if (part === undefined) throw new RangeError('there is no such part')
    const problem = priced(part, price, {
      eased: eased[index] ?? [],
      less,
      barred: barred[index] ?? [],
    })
    const best = solve(problem)
    const used = caps.map(() => 0)
    for (const arc of best.chosenArc) {
      const cap = arc === STAY ? -1 : (part.capOf[arc] as number)
      if (cap >= 0) used[cap] = (used[cap] ?? 0) + 1
    }
    return { problem, best, used }
  }

  /** The total that the prices prove nothing can be below: true at any prices. */
  function boundNow(): number {
    const relaxed = answers.reduce((sum, { best }) => sum + quantise(best.cost), 0)
    return relaxed - caps.reduce((sum, { imports }, cap) => sum + (price[cap] ?? 0) * imports, 0)
  }

  const used = (cap: number): number => answers.reduce((sum, one) => sum + (one.used[cap] ?? 0), 0)
  const limit = (cap: number): number => caps[cap]?.imports ?? 0
  const holds = (cap: number): boolean => used(cap) <= limit(cap)
  const all = caps.map((_, cap) => cap)
  const allHold = (): boolean => all.every(holds)

  /** Whether a cap holds at a price; only the parts it touches are solved again. */
  function holdsAt(cap: number, units: number): boolean {
    if (price[cap] !== units) {
      price[cap] = units
      answers = answers.map((known, index) =>
        parts[index]?.capOf.includes(cap) === true ? answer(index) : known,
      )
      bound = Math.max(bound, boundNow())
    }
    return holds(cap)
  }

  /** The least price above `low`, at which the cap does not hold, at which it does; to the precision. */
  function raise(cap: number, low: number, guess: number): void {
    let below = low
    let above = Math.max(guess, low + PRECISION)
    for (let step = PRECISION * 8; !holdsAt(cap, above); step *= 4) {
      below = above
      above += step
    }
    if (above === guess && !holdsAt(cap, guess - PRECISION)) below = guess - PRECISION
    while (above - below > PRECISION) {
      const middle = Math.floor((above + below) / 2)
      if (holdsAt(cap, middle)) above = middle
      else below = middle
    }
    holdsAt(cap, above)
  }

  const guessOf = (cap: number): number => {
    const before = start.find(({ trust }) => trust === caps[cap]?.trust)
    return before === undefined ? 0 : quantise(before.points)
  }
  for (const cap of all) if (!holdsAt(cap, 0)) raise(cap, 0, guessOf(cap))
  let best = repaired()
  climb()
  if (best.cost > bound) {
    const other = repaired()
    if (other.cost < best.cost) best = other
  }
  return {
    parts: best.answers,
    caps: caps.map((one, cap) => ({
      ...one,
      used: best.answers.reduce((sum, part) => sum + (part.used[cap] ?? 0), 0),
      points: toPoints(best.price[cap] ?? 0),
    })),
    cost: toPoints(best.cost),
    gap: toPoints(Math.max(0, best.cost - bound)),
  }

  /**
   * Moves all prices together towards the highest bound (Polyak's step, Held, Wolfe and Crowder 1974): caps between
   * which people go to and fro rise side by side, which cap by cap takes for ever.
   */
  function climb(): void {
    let highest = { bound: boundNow(), price: [...price] }
    let pace = 1
    for (let step = 0; step < STEPS && best.cost - bound > NEAR * UNITS; step++) {
      const over = all.map((cap) => used(cap) - limit(cap))
      const active = over.map((by, cap) => (by < 0 && price[cap] === 0 ? 0 : by))
      const size = active.reduce((sum, by) => sum + by * by, 0)
      if (size === 0) break
      const length = (pace * (best.cost - boundNow())) / size
      setAll(
        price.map((units, cap) => Math.max(0, Math.round(units + length * (active[cap] ?? 0)))),
      )
      const now = boundNow()
      if (now > highest.bound) highest = { bound: now, price: [...price] }
      else pace *= 0.8
      bound = Math.max(bound, now)
    }
    setAll(highest.price)
  }

  function setAll(units: readonly number[]): void {
    units.forEach((one, cap) => (price[cap] = one))
    answers = parts.map((_, index) => answer(index))
  }

  /** A whole answer that keeps every cap, near the one at these prices. */
  function repaired(): { answers: Answer[]; cost: number; price: number[] } {
    for (let round = 1; !allHold(); round++) {
      for (const cap of all) {
        const over = used(cap) - limit(cap)
        if (over > 0) sendHome(cap, round > ROUNDS ? Infinity : Math.ceil(over / 4))
      }
    }
    for (const cap of all) if ((price[cap] ?? 0) > 0 && used(cap) < limit(cap)) easeIn(cap)
    const cost = answers.reduce(
      (sum, { best: found, problem }, index) =>
        sum + quantise(totalCost(parts[index]?.problem ?? problem, found.chosenArc)),
      0,
    )
    const kept = { answers: [...answers], cost, price: [...price] }
    for (const rows of barred) for (const row of rows) row.clear()
    for (const rows of eased) rows.fill(0)
    answers = parts.map((_, index) => answer(index))
    return kept
  }

  /** Bars so many imports of a cap: those whose next best place is worth nearly as much. */
  function sendHome(cap: number, count: number): void {
    const coming = parts.flatMap((part, index) => {
      const known = answers[index]
      return known === undefined
        ? []
        : importsOf(part, known, cap).map((one) => ({ ...one, index }))
    })
    const going = coming.sort((a, b) => a.regret - b.regret || a.row - b.row).slice(0, count)
    for (const { index, row } of going) barred[index]?.[cap]?.add(row)
    for (const index of new Set(going.map((one) => one.index))) answers[index] = answer(index)
  }

  /** As many imports as the cap has room for, in order of part and id, at a little less than the price that holds. */
  function easeIn(cap: number): void {
    less[cap] = Math.min(PRECISION + 1, price[cap] ?? 0)
    for (const [index, part] of parts.entries()) {
      const easedHere = eased[index]
      const known = answers[index]
      if (easedHere === undefined || known === undefined || !part.capOf.includes(cap)) continue
      const fits = (rows: number): boolean => {
        easedHere[cap] = rows
        answers[index] = answer(index)
        return allHold()
      }
      let high = part.problem.stayCost.length
      if (fits(high)) continue
      let low = 0
      while (high - low > 1) {
        const middle = Math.floor((low + high) / 2)
        if (fits(middle)) low = middle
        else high = middle
      }
      if (fits(low)) continue
      easedHere[cap] = 0
      answers[index] = known
    }
  }
}
