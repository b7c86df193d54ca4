import { paidBy, reseat, wantsToMove } from '../warm-costs.ts'
import { NONE, type WarmState } from '../warm-state.ts'
import type { Eased } from './priced.ts'
import type { ImportCap } from './parts.ts'

/** One part of the plan, a step or the whole, as far as the caps look at it. */
export interface CapSide {
  readonly warm: WarmState
  /** By bucket: the cap of its trust; NONE where it has none. */
  readonly capOfBucket: Int32Array
  /** By patient: the cap of their own trust, to which they are no import. */
  readonly ownCap: ArrayLike<number>
  readonly eased: Eased
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

/** The cap a patient would be imported under in a bucket; NONE at home and where there is no cap. */
export function capOf({ capOfBucket, ownCap }: CapSide, patient: number, bucket: number): number {
  const cap = capOfBucket[bucket] as number
  return ownCap[patient] === cap ? NONE : cap
}

/**
 * The units by which the plan may miss the optimum, by its prices alone; Infinity where a cap is broken. 0 proves it
 * the best: every cap with a price is full, and everybody has their cheapest choice, prices paid. [MOV-52]
 */
export function unproved(ledger: CapLedger, used: readonly number[]): number {
  let gap = 0
  for (const [cap, { imports }] of ledger.caps.entries()) {
    const room = imports - (used[cap] ?? 0)
    if (room < 0) return Infinity
    gap += (ledger.price[cap] ?? 0) * room
  }
  for (const side of ledger.sides) {
    const { warm, eased } = side
    for (const [patient, less] of eased) {
      if (warm.present[patient] !== 1) continue
      const isAt = less.get(warm.place[patient] as number) ?? 0
      gap += paidBy(warm, patient) + isAt - leastAtFullPrice(side, patient)
    }
  }
  return gap
}

/** The cheapest a patient could have, prices paid, if nothing were eased. */
export function leastAtFullPrice({ warm, eased }: CapSide, patient: number): number {
  const less = eased.get(patient)
  let least = warm.stayCost[patient] as number
  const end = warm.arcEnd[patient] as number
  for (let arc = warm.arcStart[patient] as number; arc < end; arc++) {
    const bucket = warm.arcBucket[arc] as number
    const full = (warm.arcCost[arc] as number) + (warm.price[bucket] as number)
    least = Math.min(least, full + (less?.get(bucket) ?? 0))
  }
  return least
}

/** Everybody imported, each with their cap. */
function eachImport(side: CapSide, visit: (patient: number, cap: number) => void): void {
  const { firstMember, nextMember } = side.warm
  for (let bucket = 0; bucket < side.capOfBucket.length; bucket++) {
    const cap = side.capOfBucket[bucket] as number
    if (cap === NONE) continue
    for (let one = firstMember[bucket] as number; one !== NONE; one = nextMember[one] as number) {
      if (side.ownCap[one] !== cap) visit(one, cap)
    }
  }
}

/** Changes the prices of caps by some units and brings every part to its optimum again. */
export function changePrices(ledger: CapLedger, by: readonly number[]): void {
  if (by.every((units) => units === 0)) return
  by.forEach((units, cap) => (ledger.price[cap] = (ledger.price[cap] ?? 0) + units))
  for (const side of ledger.sides) {
    addToCosts(side, by)
    const wanting = new Set<number>()
    eachImport(side, (patient, cap) => {
      if ((by[cap] ?? 0) > 0 && wantsToMove(side.warm, patient)) wanting.add(patient)
    })
    addComers(side, by, wanting)
    if (wanting.size === 0) continue
    side.moved = true
    reseat(side.warm, [...wanting])
  }
}

/** Puts the change of price on every choice of an import. */
function addToCosts({ warm, capOfBucket, ownCap }: CapSide, by: readonly number[]): void {
  const { arcCost, placeArc, placeCost } = warm
  const { start, end, arc: arcOf, patient: patientOf, cost: costOf } = warm.choosers
  for (let bucket = 0; bucket < capOfBucket.length; bucket++) {
    const cap = capOfBucket[bucket] as number
    const units = cap === NONE ? 0 : (by[cap] as number)
    if (units === 0) continue
    const rowEnd = end[bucket] as number
    for (let row = start[bucket] as number; row < rowEnd; row++) {
      const patient = patientOf[row] as number
      if (ownCap[patient] === cap) continue
      const arc = arcOf[row] as number
      const cost = (costOf[row] as number) + units
      costOf[row] = cost
      arcCost[arc] = cost
      if (placeArc[patient] === arc) placeCost[patient] = cost
    }
  }
}

/** Adds everybody to whom an import that became cheaper is now better than what they have. */
function addComers(
  { warm, capOfBucket, ownCap }: CapSide,
  by: readonly number[],
  wanting: Set<number>,
): void {
  const { price } = warm
  const { start, end, patient: patientOf, cost: costOf } = warm.choosers
  for (let bucket = 0; bucket < capOfBucket.length; bucket++) {
    const cap = capOfBucket[bucket] as number
    if (cap === NONE || (by[cap] as number) >= 0) continue
    const rowEnd = end[bucket] as number
    for (let row = start[bucket] as number; row < rowEnd; row++) {
      const patient = patientOf[row] as number
      if (ownCap[patient] === cap) continue
      const full = (costOf[row] as number) + (price[bucket] as number)
      if (full < paidBy(warm, patient)) wanting.add(patient)
    }
  }
}

/** Makes one choice of a patient so many units cheaper than its cap's price says; 0 takes it back. */
export function ease(side: CapSide, patient: number, bucket: number, less: number): void {
  const { warm, eased } = side
  const known = eased.get(patient) ?? new Map<number, number>()
  const by = (known.get(bucket) ?? 0) - less
  if (less === 0) known.delete(bucket)
  else known.set(bucket, less)
  if (known.size === 0) eased.delete(patient)
  else eased.set(patient, known)
  const end = warm.arcEnd[patient] as number
  for (let arc = warm.arcStart[patient] as number; arc < end; arc++) {
    if (warm.arcBucket[arc] !== bucket) continue
    const cost = (warm.arcCost[arc] as number) + by
    warm.arcCost[arc] = cost
    warm.choosers.cost[warm.choosers.placeOfArc[arc] as number] = cost
    if (warm.placeArc[patient] === arc) warm.placeCost[patient] = cost
  }
}

/** Whoever would be where they are without having been eased pays what all pay. */
export function endEasing({ sides }: CapLedger): void {
  for (const side of sides) {
    const { warm, eased } = side
    for (const [patient, less] of [...eased]) {
      if (warm.present[patient] !== 1) {
        eased.delete(patient)
        continue
      }
      for (const [bucket, units] of [...less]) {
        ease(side, patient, bucket, 0)
        if (wantsToMove(warm, patient)) ease(side, patient, bucket, units)
      }
    }
  }
}
