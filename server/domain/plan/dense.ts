import type { Component } from './components.ts'
import { newSearch, seek } from './dense-path.ts'
import { cheapRows, wholeRows, type Rows } from './dense-rows.ts'
import { newSeating, NOBODY, seat, unseat, type OpenSeating, type Seating } from './dense-seats.ts'
import { STAY } from './transport.ts'

/*
 * Problems in which patients have very many choices, by shortest augmenting paths (Jonker and Volgenant 1987; here for
 * buckets of any size, and with staying as everybody's last choice).
 *
 * Prices begin at 0. Patients take what is cheapest, price paid, and raise the price of a bucket of one slot to what
 * it is worth to them against their second choice, sending away whoever had it; so nearly all are seated. Each of the
 * rest is seated by one shortest path over the buckets. Prices rise only on buckets that are full and stay full, and
 * nobody is ever seated dearer than their cheapest choice: the prices prove the answer. [MOV-16]
 */

/** Rounds in which those who found their choice taken try again before paths are looked for. */
const ROUNDS = 3
/** Times a patient, on average, may send another away in a round: two who outbid each other by little go on for long. */
const BIDS_EACH = 4

/** A patient's two cheapest choices, prices paid; STAY for staying. */
interface TwoBest {
  least: number
  arc: number
  second: number
  arcSecond: number
}

/** @returns the optimum of a component, and the number of paths it took */
export function denseOptimum(part: Component): {
  readonly basis: Seating
  readonly pivots: number
} {
  const seating = newSeating(part, cheapRows(part))
  let unseated = [...part.stayCost.keys()]
  for (let round = 0; round < ROUNDS && unseated.length > 0; round++) {
    unseated = bid(seating, unseated)
  }
  const search = newSearch(part.capacity.length)
  for (const patient of unseated) seek(seating, patient, search)
  return { basis: seating, pivots: unseated.length }
}

/** One round of taking the cheapest. @returns those who found it taken and could not outbid anybody */
function bid(seating: OpenSeating, patients: readonly number[]): number[] {
  const { part, cheap, price, free, first } = seating
  const whole = wholeRows(part)
  const found: TwoBest = { least: 0, arc: STAY, second: 0, arcSecond: STAY }
  const left: number[] = []
  let bids = patients.length * BIDS_EACH
  for (const one of patients) {
    let patient = one
    while (patient !== NOBODY) {
      look(seating, cheap, patient, found)
      if (found.second >= (cheap.beyond[patient] as number)) look(seating, whole, patient, found)
      if (found.arc === STAY) break
      const { least, second } = found
      let { arc } = found
      let bucket = part.arcBucket[arc] as number
      if (free[bucket] === 0 && least === second) {
        // the second choice is as good, and may have a slot left
        if (found.arcSecond === STAY) break
        arc = found.arcSecond
        bucket = part.arcBucket[arc] as number
      }
      const single = part.capacity[bucket] === 1
      const holder = free[bucket] === 0 ? (first[bucket] as number) : NOBODY
      if (holder !== NOBODY) {
        if (!single || least === second || bids === 0) {
          left.push(patient)
          break
        }
        bids--
        unseat(seating, holder)
      }
      if (single) price[bucket] = (price[bucket] as number) + second - least
      seat(seating, patient, bucket, arc)
      patient = holder
    }
  }
  return left
}

/** The two best of some rows, or staying; of second choices as good as one another one with a slot left. */
function look({ part, price, free }: OpenSeating, rows: Rows, patient: number, to: TwoBest): void {
  const { start, arc, bucket: bucketOf, cost } = rows
  let least = Infinity
  let taken = STAY
  let second = part.stayCost[patient] as number
  let next = STAY
  const end = start[patient + 1] as number
  for (let at = start[patient] as number; at < end; at++) {
    const bucket = bucketOf[at] as number
    const full = (cost[at] as number) + (price[bucket] as number)
    if (full > second) continue
    if (full < least) {
      if (least <= second) {
        second = least
        next = taken
      }
      least = full
      taken = at
    } else if (full < second || (free[bucket] as number) > 0) {
      second = full
      next = at
    }
  }
  to.least = least
  to.second = second
  to.arc = taken === STAY || arc === null ? taken : (arc[taken] as number)
  to.arcSecond = next === STAY || arc === null ? next : (arc[next] as number)
}
