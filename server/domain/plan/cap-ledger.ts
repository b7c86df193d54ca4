import type { ImportCap } from './cap-parts.ts'
import { paidBy, reseat, wantsToMove } from './warm-costs.ts'
import { NONE, type WarmState } from './warm-state.ts'

/** One part of the plan, a step or the whole, as far as the caps look at it. */
export interface CapSide {
  readonly warm: WarmState
  /** By bucket: the cap of its trust; NONE where it has none. */
  readonly capOfBucket: Int32Array
  /** By patient: the cap of their own trust, to which they are no import. */
  readonly ownCap: Int32Array
  /** Patients let in at a little less than the price of a cap. */
  readonly eased: Map<number, { readonly cap: number; readonly less: number }>
  /** Somebody has moved since this was last put to false. */
  moved: boolean
}

/** The caps over all parts; each import costs its cap's price, in whole units, more. */
export interface CapLedger {
  caps: readonly ImportCap[]
  readonly price: number[]
  sides: readonly CapSide[]
}

/** How many each trust takes from others now. */
export function importsNow({ caps, sides }: CapLedger): number[] {
  const used = caps.map(() => 0)
  for (const side of sides) {
    eachImport(side, (_, cap) => (used[cap] = (used[cap] ?? 0) + 1))
  }
  return used
}

/** The points by which the plan may miss the optimum, in units: what the prices leave unproved. [MOV-52] */
export function unproved(ledger: CapLedger, used: readonly number[]): number {
  let gap = ledger.caps.reduce(
    (sum, { imports }, cap) => sum + (ledger.price[cap] ?? 0) * (imports - (used[cap] ?? 0)),
    0,
  )
  for (const side of ledger.sides) {
    const { warm, capOfBucket, eased } = side
    for (const [patient, { cap, less }] of eased) {
      if (warm.present[patient] !== 1) continue
      const isIn = capOfBucket[warm.place[patient] as number] === cap
      gap += paidBy(warm, patient) + (isIn ? less : 0) - leastAtFullPrice(side, patient, cap, less)
    }
  }
  return gap
}

/** Everybody imported, each with their cap. */
function eachImport(
  { warm, capOfBucket, ownCap }: CapSide,
  visit: (patient: number, cap: number, bucket: number) => void,
): void {
  const { firstMember, nextMember } = warm
  for (let bucket = 0; bucket < capOfBucket.length; bucket++) {
    const cap = capOfBucket[bucket] as number
    if (cap === NONE) continue
    for (let one = firstMember[bucket] as number; one !== NONE; one = nextMember[one] as number) {
      if (ownCap[one] !== cap) visit(one, cap, bucket)
    }
  }
}

function leastAtFullPrice(
  { warm, capOfBucket }: CapSide,
  patient: number,
  cap: number,
  less: number,
): number {
  let least = warm.stayCost[patient] as number
  const end = warm.arcEnd[patient] as number
  for (let arc = warm.arcStart[patient] as number; arc < end; arc++) {
    const bucket = warm.arcBucket[arc] as number
    const full = (warm.arcCost[arc] as number) + (warm.price[bucket] as number)
    least = Math.min(least, capOfBucket[bucket] === cap ? full + less : full)
  }
  return least
}

/** Changes the prices of caps by some units, eases some, and brings every part to its optimum again. */
export function changePrices(
  ledger: CapLedger,
  by: readonly number[],
  nudged: readonly Nudge[] = [],
): void {
  by.forEach((units, cap) => (ledger.price[cap] = (ledger.price[cap] ?? 0) + units))
  const moving = new Map(ledger.sides.map((side) => [side, new Set<number>()]))
  for (const side of ledger.sides) addToCosts(side, by)
  for (const { side, patient, cap, less } of nudged) {
    ease(side, patient, cap, less)
    if (wantsToMove(side.warm, patient)) moving.get(side)?.add(patient)
  }
  for (const [side, wanting] of moving) {
    eachImport(side, (patient, cap) => {
      if ((by[cap] ?? 0) > 0 && wantsToMove(side.warm, patient)) wanting.add(patient)
    })
    const isLower = (cap: number): boolean => (by[cap] ?? 0) < 0
    eachChooser(side, isLower, (patient, bucket, cost) => {
      const full = cost + (side.warm.price[bucket] as number)
      if (full < paidBy(side.warm, patient)) wanting.add(patient)
    })
    if (wanting.size === 0) continue
    side.moved = true
    reseat(side.warm, [...wanting])
  }
}

function addToCosts({ warm, capOfBucket, ownCap }: CapSide, by: readonly number[]): void {
  const { choosers, arcCost, placeArc, placeCost } = warm
  for (let bucket = 0; bucket < capOfBucket.length; bucket++) {
    const cap = capOfBucket[bucket] as number
    const units = cap === NONE ? 0 : (by[cap] ?? 0)
    if (units === 0) continue
    const end = choosers.end[bucket] as number
    for (let row = choosers.start[bucket] as number; row < end; row++) {
      const patient = choosers.patient[row] as number
      if (ownCap[patient] === cap) continue
      const arc = choosers.arc[row] as number
      const cost = (choosers.cost[row] as number) + units
      choosers.cost[row] = cost
      arcCost[arc] = cost
      if (placeArc[patient] === arc) placeCost[patient] = cost
    }
  }
}

/** Everybody who could be imported under the caps asked for, and at what cost. */
function eachChooser(
  { warm, capOfBucket, ownCap }: CapSide,
  asked: (cap: number) => boolean,
  visit: (patient: number, bucket: number, cost: number, cap: number) => void,
): void {
  const { choosers } = warm
  for (let bucket = 0; bucket < capOfBucket.length; bucket++) {
    const cap = capOfBucket[bucket] as number
    if (cap === NONE || !asked(cap)) continue
    const end = choosers.end[bucket] as number
    for (let row = choosers.start[bucket] as number; row < end; row++) {
      const patient = choosers.patient[row] as number
      if (ownCap[patient] !== cap) {
        visit(patient, bucket, choosers.cost[row] as number, cap)
      }
    }
  }
}

/** Everybody who is imported under a cap, or would be at a unit less; in order of part and row. */
export function marginal({ sides }: CapLedger, cap: number): { side: CapSide; patient: number }[] {
  return sides.flatMap((side) => {
    const found = new Set<number>()
    const { warm, capOfBucket, eased } = side
    const isAsked = (one: number): boolean => one === cap
    eachChooser(side, isAsked, (patient, bucket, cost) => {
      const isIn = capOfBucket[warm.place[patient] as number] === cap
      if (!isIn && cost + (warm.price[bucket] as number) - paidBy(warm, patient) > 1) return
      if (!eased.has(patient)) found.add(patient)
    })
    return [...found].sort((a, b) => a - b).map((patient) => ({ side, patient }))
  })
}

/** Those who are nearest to being imported under a cap, nearest first, and what it would cost them more, in units. */
export function comers(
  { sides, price }: CapLedger,
  cap: number,
  count: number,
): { side: CapSide; patient: number; by: number }[] {
  const most = price[cap] ?? 0
  return sides
    .flatMap((side) => {
      const { warm, capOfBucket, eased } = side
      const nearest = new Map<number, number>()
      const isAsked = (one: number): boolean => one === cap
      eachChooser(side, isAsked, (patient, bucket, cost) => {
        const by = cost + (warm.price[bucket] as number) - paidBy(warm, patient)
        if (by > most || by >= (nearest.get(patient) ?? Infinity)) return
        if (capOfBucket[warm.place[patient] as number] === cap || eased.has(patient)) return
        nearest.set(patient, by)
      })
      return [...nearest].map(([patient, by]) => ({ side, patient, by }))
    })
    .sort((a, b) => a.by - b.by || a.patient - b.patient)
    .slice(0, count)
}

/** A patient let in at so many units less than the price of a cap, or kept out at so many more. */
export interface Nudge {
  readonly side: CapSide
  readonly patient: number
  readonly cap: number
  /** Below 0: more. 0 takes it back. */
  readonly less: number
}

function ease(side: CapSide, patient: number, cap: number, less: number): void {
  const { warm, capOfBucket, eased } = side
  const known = eased.get(patient)
  if (known !== undefined && known.cap !== cap) ease(side, patient, known.cap, 0)
  const by = (eased.get(patient)?.less ?? 0) - less
  if (less === 0) eased.delete(patient)
  else eased.set(patient, { cap, less })
  const { choosers, arcCost } = warm
  const end = warm.arcEnd[patient] as number
  for (let arc = warm.arcStart[patient] as number; arc < end; arc++) {
    if (capOfBucket[warm.arcBucket[arc] as number] !== cap) continue
    const cost = (arcCost[arc] as number) + by
    arcCost[arc] = cost
    choosers.cost[choosers.placeOfArc[arc] as number] = cost
    if (warm.placeArc[patient] === arc) warm.placeCost[patient] = cost
  }
}

/** Whoever would be where they are without having been eased pays what all pay. */
export function endEasing({ sides }: CapLedger): void {
  for (const side of sides) {
    for (const [patient, { cap, less }] of [...side.eased]) {
      if (side.warm.present[patient] !== 1) {
        side.eased.delete(patient)
        continue
      }
      ease(side, patient, cap, 0)
      if (wantsToMove(side.warm, patient)) ease(side, patient, cap, less)
    }
  }
}
