import { clear, raise, take } from './heap.ts'
import { appendRow, move, NONE, removeRow, type Choice, type WarmState } from './warm-state.ts'
import { STAY } from './transport.ts'

/*
 * Re-planning after one event on a solved state. [MOV-23]
 *
 * Every event is one unit that must find a place, or one slot that must find a taker, and the best answer is one
 * shortest path by reduced costs between buckets (Ahuja, Magnanti and Orlin, ch. 9: successive shortest paths with
 * potentials). The search never looks further than the best ending found so far, and prices change only on buckets
 * nearer than that, so a local event stays local. The result is a cold solve's optimum, with prices that prove it.
 */

/** A patient joins. @returns their number. Who else moved can be read from `place`. */
export function patientIn(
  state: WarmState,
  stayPoints: number,
  choices: readonly Choice[],
): number {
  const patient = appendRow(state, stayPoints, choices.length, (index) => choices[index] as Choice)
  findPlace(state, patient, NONE)
  return patient
}

/** A patient leaves; the slot they had goes to whoever it saves most for. */
export function patientOut(state: WarmState, patient: number): void {
  if (state.present[patient] !== 1) throw new RangeError('the patient is not in the plan')
  const bucket = state.place[patient] as number
  if (bucket !== STAY) move(state, patient, STAY, STAY)
  removeRow(state, patient)
  if (bucket !== STAY) findTaker(state, bucket)
}

/** One more slot in a bucket; it goes to whoever it saves most for. [MOV-23] */
export function slotIn(state: WarmState, bucket: number): void {
  state.capacity[bucket] = (state.capacity[bucket] as number) + 1
  findTaker(state, bucket)
}

/** A slot is gone; if it was used, whoever loses least gives way. @throws RangeError when the bucket has none */
export function slotOut(state: WarmState, bucket: number): void {
  const slots = state.capacity[bucket] as number
  if (slots < 1) throw new RangeError('the bucket has no slot to lose')
  state.capacity[bucket] = slots - 1
  const free = state.free[bucket] as number
  if (free > 0) state.free[bucket] = free - 1
  else findPlace(state, NONE, bucket)
}

/** A patient's choices or their points changed. @returns their new number */
export function costsChanged(
  state: WarmState,
  patient: number,
  stayPoints: number,
  choices: readonly Choice[],
): number {
  patientOut(state, patient)
  return patientIn(state, stayPoints, choices)
}

/** Somebody said yes: patient and slot leave the plan together. */
export function pin(state: WarmState, patient: number, bucket: number): void {
  patientOut(state, patient)
  slotOut(state, bucket)
}

/** Shortest way from a new patient, or from a bucket with one patient too many, to a free slot or to staying. */
export function findPlace(state: WarmState, newPatient: number, fullBucket: number): void {
  const { place, placeCost, stayCost, arcStart, arcEnd, arcBucket, arcCost, price } = state
  const { free, firstMember, nextMember, distance, via, stamp, settled, heap } = state
  const search = ++state.search
  let best = Infinity
  let lastPatient = NONE
  let lastBucket = NONE
  let settledCount = 0

  // the new patient is looked at as the only member of a bucket before the first
  let patient = newPatient
  let offset = 0
  if (newPatient === NONE) {
    stamp[fullBucket] = search
    distance[fullBucket] = 0
    via[fullBucket] = NONE
    raise(heap, distance, fullBucket)
  } else offset = placeCost[newPatient] as number
  for (;;) {
    for (; patient !== NONE; patient = nextMember[patient] as number) {
      const base = offset - (placeCost[patient] as number)
      const toStay = base + (stayCost[patient] as number)
      if (toStay < best) {
        best = toStay
        lastPatient = patient
      }
      const end = arcEnd[patient] as number
      for (let arc = arcStart[patient] as number; arc < end; arc++) {
        const bucket = arcBucket[arc] as number
        const way = base + (arcCost[arc] as number) + (price[bucket] as number)
        if (way >= best) continue
        if (stamp[bucket] === search && way >= (distance[bucket] as number)) continue
        stamp[bucket] = search
        distance[bucket] = way
        via[bucket] = arc
        raise(heap, distance, bucket)
      }
    }
    if (heap.size === 0) break
    const bucket = take(heap, distance)
    const way = distance[bucket] as number
    if (way >= best) break
    if ((free[bucket] as number) > 0) {
      best = way
      lastPatient = NONE
      lastBucket = bucket
      break
    }
    settled[settledCount++] = bucket
    offset = way - (price[bucket] as number)
    patient = firstMember[bucket] as number
  }
  clear(heap)
  for (let index = 0; index < settledCount; index++) {
    const bucket = settled[index] as number
    price[bucket] = (price[bucket] as number) + best - (distance[bucket] as number)
  }

  let bucket = lastBucket
  if (lastPatient !== NONE) {
    bucket = place[lastPatient] as number
    move(state, lastPatient, STAY, STAY)
    if (lastPatient === newPatient) return
  } else free[bucket] = (free[bucket] as number) - 1
  while (bucket !== fullBucket) {
    const arc = via[bucket] as number
    const mover = state.arcPatient[arc] as number
    const left = place[mover] as number
    move(state, mover, bucket, arc)
    if (mover === newPatient) return
    bucket = left
  }
}

/** Shortest way by which somebody comes up into a bucket with a slot to fill; nobody, if none is worth it. */
export function findTaker(state: WarmState, openBucket: number): void {
  const { place, placeCost, arcBucket, arcPatient, price, free } = state
  const { start, end, arc: chooserArc, patient: chooser, cost } = state.choosers
  const { distance, via, stamp, settled, heap } = state
  const search = ++state.search
  let best = Infinity
  let taker = NONE
  let lastBucket = openBucket
  let settledCount = 0
  stamp[openBucket] = search
  distance[openBucket] = 0
  via[openBucket] = NONE
  raise(heap, distance, openBucket)
  while (heap.size > 0) {
    const bucket = take(heap, distance)
    const way = distance[bucket] as number
    if (way >= best) break
    settled[settledCount++] = bucket
    const base = way + (price[bucket] as number)
    if (base < best) {
      best = base
      taker = NONE
      lastBucket = bucket
    }
    const rowEnd = end[bucket] as number
    for (let row = start[bucket] as number; row < rowEnd; row++) {
      const patient = chooser[row] as number
      const from = place[patient] as number
      const left = base + (cost[row] as number) - (placeCost[patient] as number)
      if (from === STAY) {
        if (left >= best) continue
        best = left
        taker = chooserArc[row] as number
        lastBucket = bucket
        continue
      }
      if (from === bucket) continue
      const next = left - (price[from] as number)
      if (next >= best || (stamp[from] === search && next >= (distance[from] as number))) continue
      stamp[from] = search
      distance[from] = next
      via[from] = chooserArc[row] as number
      raise(heap, distance, from)
    }
  }
  clear(heap)
  for (let index = 0; index < settledCount; index++) {
    const bucket = settled[index] as number
    const nearer = best - (distance[bucket] as number)
    if (nearer > 0) price[bucket] = (price[bucket] as number) - nearer
  }

  if (taker === NONE) free[lastBucket] = (free[lastBucket] as number) + 1
  let bucket = lastBucket
  let arriving = taker
  for (;;) {
    const leaving = via[bucket] as number
    if (arriving !== NONE) move(state, arcPatient[arriving] as number, bucket, arriving)
    if (bucket === openBucket) return
    // whoever leaves this bucket goes one nearer to the open one
    arriving = leaving
    bucket = arcBucket[leaving] as number
  }
}
