import type { Component } from './components.ts'
import type { CheapRows } from './dense-rows.ts'
import { STAY } from './transport.ts'

/** Where each patient of a component ends, and the prices that prove it. */
export interface Seating {
  /** As a place it means staying. */
  readonly bucketCount: number
  readonly place: Int32Array
  /** The arc taken; STAY for staying. */
  readonly placeArc: Int32Array
  readonly price: Float64Array
}

/** A seating that is being made. */
export interface OpenSeating extends Seating {
  readonly part: Component
  readonly cheap: CheapRows
  readonly free: Int32Array
  /** One of the patients in each bucket, and by patient the next of those in the same; NOBODY at the end. */
  readonly first: Int32Array
  readonly next: Int32Array
}

export const NOBODY = -1

/** Everybody stays, all prices are 0. */
export function newSeating(part: Component, cheap: CheapRows): OpenSeating {
  const patients = part.stayCost.length
  const bucketCount = part.capacity.length
  return {
    part,
    cheap,
    bucketCount,
    place: new Int32Array(patients).fill(bucketCount),
    placeArc: new Int32Array(patients).fill(STAY),
    price: new Float64Array(bucketCount),
    free: part.capacity.slice(),
    first: new Int32Array(bucketCount).fill(NOBODY),
    next: new Int32Array(patients).fill(NOBODY),
  }
}

/** Gives a patient who has none a slot of a bucket, which must have one free. */
export function seat(seating: OpenSeating, patient: number, bucket: number, arc: number): void {
  seating.place[patient] = bucket
  seating.placeArc[patient] = arc
  seating.next[patient] = seating.first[bucket] as number
  seating.first[bucket] = patient
  seating.free[bucket] = (seating.free[bucket] as number) - 1
}

/** Takes a patient out of their bucket, if they have one. */
export function unseat(seating: OpenSeating, patient: number): void {
  const { place, placeArc, first, next, free, bucketCount } = seating
  const bucket = place[patient] as number
  if (bucket === bucketCount) return
  const after = next[patient] as number
  if (first[bucket] === patient) first[bucket] = after
  else {
    let before = first[bucket] as number
    while (next[before] !== patient) before = next[before] as number
    next[before] = after
  }
  next[patient] = NOBODY
  place[patient] = bucketCount
  placeArc[patient] = STAY
  free[bucket] = (free[bucket] as number) + 1
}
