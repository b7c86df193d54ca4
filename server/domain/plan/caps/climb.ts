import type { Case, Forest } from './forest.ts'
import { bucketPrices, importsOf, look, type Look } from './look.ts'
import { peak, type Cut } from './master.ts'

/** A plan seen on the way: a cut, and who was imported in it under which cap. */
export interface Seen extends Cut {
  readonly under: Int16Array
}

/** The highest bound found. */
export interface Top {
  readonly price: readonly number[]
  /** Fine. */
  readonly bound: number
  /** Price of each bucket, fine: with the prices of caps it proves the bound. */
  readonly buckets: Float64Array
}

export interface Climbed extends Top {
  /** What of each import of a patient under a cap is in the mixture that shows that no prices do better. */
  readonly parts: readonly {
    readonly patient: number
    readonly cap: number
    readonly part: number
  }[]
}

/** The search as it goes: what was seen, and whom to tell of plans within the caps. */
export interface Trail {
  readonly forest: Forest
  seen: Seen[]
  looks: number
  /** A plan within every cap; told before the trees move on. */
  readonly offer: (found: Look) => void
  /** Fine: a bound above it needs no proof any more. */
  readonly enough: () => number
}

const MOST_SEEN = 240
const MOST_ROUNDS = 400
const STEPS = 40
/** Units the prices may move at first where they are about right already. */
const NARROW = 32

export function glance(trail: Trail, price: readonly number[]): Look {
  const { forest } = trail
  const found = look(forest, price)
  trail.looks++
  const over = found.used.map((count, cap) => count - (forest.imports[cap] ?? 0))
  const fine = over.reduce((sum, by, cap) => sum - by * (price[cap] ?? 0), found.bound)
  trail.seen.push({ units: fine / forest.scale, over, under: importsOf(forest) })
  if (found.holds) trail.offer(found)
  return found
}

/**
 * The prices of caps at which the bound is highest, from prices near them: the best lower bound that prices alone can
 * prove. Cutting planes within a box around the best prices so far; done when the cuts themselves, in the box, promise
 * no more than a sixteenth of a unit, which by concavity then holds everywhere. [MOV-52]
 * @param isNear whether the prices to begin from are nearly right
 */
export function climb(
  trail: Trail,
  from: readonly number[],
  cases: readonly Case[],
  isNear: boolean,
): Climbed {
  const { forest } = trail
  const { scale, imports } = forest
  trail.seen = trail.seen.filter(({ under }) =>
    cases.every(({ patient, cap, comes }) => (under[patient] === cap) === comes),
  )
  const first = glance(trail, from)
  let top: Top = { ...first, buckets: bucketPrices(forest) }
  const width = imports.map((_, cap) =>
    isNear ? NARROW * scale : Math.max(NARROW * scale, Math.ceil((from[cap] ?? 0) / 16)),
  )
  let weight: readonly number[] = trail.seen.map(() => 0)
  for (let round = 0; round < MOST_ROUNDS && imports.length > 0; round++) {
    if (top.bound > trail.enough()) break
    const low = top.price.map((units, cap) => Math.max(0, units - (width[cap] ?? 0)))
    const high = top.price.map((units, cap) => units + (width[cap] ?? 0))
    const aim = peak(
      trail.seen,
      low.map((units) => units / scale),
      high.map((units) => units / scale),
    )
    weight = aim.weight
    if (aim.height * scale - top.bound <= scale / 16) break
    const price = aim.price.map((units, cap) =>
      Math.min(high[cap] ?? 0, Math.max(low[cap] ?? 0, Math.round(units * scale))),
    )
    const found = glance(trail, price)
    const isBetter = found.bound > top.bound
    price.forEach((units, cap) => {
      const isAtEdge = units === high[cap] || (units === low[cap] && units > 0)
      if (isBetter && isAtEdge) width[cap] = (width[cap] ?? 0) * 4
      else if (!isBetter) width[cap] = Math.max(scale, Math.floor((width[cap] ?? 0) / 2))
    })
    if (isBetter) top = { ...found, buckets: bucketPrices(forest) }
    if (trail.seen.length > MOST_SEEN) thin(trail, weight)
  }
  return { ...top, parts: mixture(trail.seen, weight) }
}

/** Keeps what the mixture is made of, and the newest. */
function thin(trail: Trail, weight: readonly number[]): void {
  const from = trail.seen.length - MOST_SEEN / 2
  trail.seen = trail.seen.filter((_, at) => at >= from || (weight[at] ?? 0) > 1e-9)
}

function mixture(seen: readonly Seen[], weight: readonly number[]): Climbed['parts'] {
  const parts = new Map<number, { patient: number; cap: number; part: number }>()
  seen.forEach(({ under }, at) => {
    const share = weight[at] ?? 0
    if (share < 1e-9) return
    under.forEach((cap, patient) => {
      if (cap < 0) return
      const key = patient * 1024 + cap
      const known = parts.get(key)
      if (known === undefined) parts.set(key, { patient, cap, part: share })
      else known.part += share
    })
  })
  return [...parts.values()]
}

/**
 * Prices of caps near those at which each just holds, to begin a climb from. All move together, each up while its cap
 * is broken and down while it has room, by steps of its own that grow while the direction stays and are halved when it
 * turns (Riedmiller and Braun's Rprop, on the Lagrangian's subgradient).
 */
export function approach(trail: Trail, from: readonly number[]): readonly number[] {
  const { imports, scale } = trail.forest
  let price = [...from]
  const step = imports.map(() => 1024 * scale)
  const last = imports.map(() => 0)
  let best = price
  let height = -Infinity
  for (let round = 0; round < STEPS; round++) {
    const { used, bound } = glance(trail, price)
    if (bound > height) {
      height = bound
      best = price
    }
    const way = imports.map((most, cap) => {
      const over = (used[cap] ?? 0) - most
      return over < 0 && price[cap] === 0 ? 0 : Math.sign(over)
    })
    if (way.every((one) => one === 0)) break
    price = price.map((units, cap) => {
      const one = way[cap] ?? 0
      if (one === 0) return units
      const before = last[cap] ?? 0
      step[cap] = Math.round((step[cap] ?? 0) * (before === 0 ? 1 : before === one ? 2 : 0.5))
      last[cap] = one
      return Math.max(0, units + one * Math.max(1, step[cap]))
    })
    if (step.every((size, cap) => way[cap] === 0 || size <= 8 * scale)) break
  }
  return best
}
