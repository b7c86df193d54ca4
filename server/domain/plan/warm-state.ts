import { addChooser, newChoosers, removeChooser, widened, type Choosers } from './choosers.ts'
import { newHeap, type Heap } from './heap.ts'
import { quantise, STAY, toPoints } from './transport.ts'
import type { TransportProblem, TransportSolution } from './transport.ts'

/**
 * A solved problem that can be changed. Costs and prices in whole units. Rows of patients who left stay unused:
 * start again from a cold solve (milliseconds) once a day or when they outnumber those present.
 */
export interface WarmState {
  patientCount: number
  arcCount: number
  /** By patient. */
  arcStart: Int32Array
  arcEnd: Int32Array
  /** Room for further choices of a patient ends here. */
  arcLimit: Int32Array
  stayCost: Float64Array
  place: Int32Array
  placeArc: Int32Array
  placeCost: Float64Array
  present: Uint8Array
  nextMember: Int32Array
  previousMember: Int32Array
  /** By arc. */
  arcBucket: Int32Array
  arcPatient: Int32Array
  arcCost: Float64Array
  /** Who may choose each bucket. */
  readonly choosers: Choosers
  /** By bucket; `firstMember` is one of the patients in it. */
  readonly capacity: Int32Array
  readonly free: Int32Array
  readonly price: Float64Array
  readonly firstMember: Int32Array
  /** Of one search: distance, the arc it came by, which search it belongs to, buckets settled. */
  readonly distance: Float64Array
  readonly via: Int32Array
  readonly stamp: Int32Array
  readonly settled: Int32Array
  readonly heap: Heap
  search: number
}

export const NONE = -1

/** A choice of a patient: a bucket and its points. */
export interface Choice {
  readonly bucket: number
  readonly points: number
}

/** Opens a cold answer for changes. @throws RangeError on a cost outside the solver's range */
export function openWarm(
  problem: TransportProblem,
  solution: Pick<TransportSolution, 'assignment' | 'chosenArc' | 'price'>,
): WarmState {
  const { patientStart, arcBucket, arcCost, capacity } = problem
  const patientCount = patientStart.length - 1
  const bucketCount = capacity.length
  const state: WarmState = {
    patientCount: 0,
    arcCount: 0,
    arcStart: new Int32Array(patientCount),
    arcEnd: new Int32Array(patientCount),
    arcLimit: new Int32Array(patientCount),
    stayCost: new Float64Array(patientCount),
    place: new Int32Array(patientCount),
    placeArc: new Int32Array(patientCount),
    placeCost: new Float64Array(patientCount),
    present: new Uint8Array(patientCount),
    nextMember: new Int32Array(patientCount),
    previousMember: new Int32Array(patientCount),
    arcBucket: new Int32Array(arcBucket.length),
    arcPatient: new Int32Array(arcBucket.length),
    arcCost: new Float64Array(arcBucket.length),
    choosers: newChoosers(arcBucket, bucketCount),
    capacity: capacity.slice(),
    free: capacity.slice(),
    price: solution.price.map(quantise),
    firstMember: new Int32Array(bucketCount).fill(NONE),
    distance: new Float64Array(bucketCount),
    via: new Int32Array(bucketCount),
    stamp: new Int32Array(bucketCount),
    settled: new Int32Array(bucketCount),
    heap: newHeap(bucketCount),
    search: 0,
  }
  for (let patient = 0; patient < patientCount; patient++) {
    const from = patientStart[patient] as number
    const to = patientStart[patient + 1] as number
    appendRow(state, problem.stayCost[patient] as number, to - from, (index) => ({
      bucket: arcBucket[from + index] as number,
      points: arcCost[from + index] as number,
    }))
    const arc = solution.chosenArc[patient] as number
    const bucket = solution.assignment[patient] as number
    if (bucket === STAY) continue
    state.free[bucket] = (state.free[bucket] as number) - 1
    move(state, patient, bucket, arc)
  }
  return state
}

/** Adds a patient who stays; @returns their number */
export function appendRow(
  state: WarmState,
  stayPoints: number,
  choiceCount: number,
  choice: (index: number) => Choice,
): number {
  grow(state, state.patientCount + 1, state.arcCount + choiceCount)
  const patient = state.patientCount++
  state.arcStart[patient] = state.arcCount
  for (let index = 0; index < choiceCount; index++) {
    const { bucket, points } = choice(index)
    const arc = state.arcCount++
    state.arcBucket[arc] = bucket
    state.arcPatient[arc] = patient
    state.arcCost[arc] = quantise(points)
    addChooser(state.choosers, bucket, arc, patient, state.arcCost[arc])
  }
  state.arcEnd[patient] = state.arcCount
  state.arcLimit[patient] = state.arcCount
  state.stayCost[patient] = quantise(stayPoints)
  state.place[patient] = STAY
  state.placeArc[patient] = STAY
  state.placeCost[patient] = state.stayCost[patient]
  state.nextMember[patient] = NONE
  state.present[patient] = 1
  return patient
}

/** Takes a patient's choices out; they must stay at that moment. */
export function removeRow(state: WarmState, patient: number): void {
  const end = state.arcEnd[patient] as number
  for (let arc = state.arcStart[patient] as number; arc < end; arc++) {
    removeChooser(state.choosers, state.arcBucket[arc] as number, arc)
  }
  state.arcEnd[patient] = state.arcStart[patient] as number
  state.present[patient] = 0
  state.stayCost[patient] = 0
  state.placeCost[patient] = 0
}

/** Puts a patient in a bucket, or STAY, by an arc; slots are counted by the caller. */
export function move(state: WarmState, patient: number, bucket: number, arc: number): void {
  const { place, firstMember, nextMember, previousMember } = state
  const from = place[patient] as number
  if (from !== STAY) {
    const next = nextMember[patient] as number
    const previous = previousMember[patient] as number
    if (previous === NONE) firstMember[from] = next
    else nextMember[previous] = next
    if (next !== NONE) previousMember[next] = previous
  }
  place[patient] = bucket
  state.placeArc[patient] = arc
  if (bucket === STAY) {
    state.placeCost[patient] = state.stayCost[patient] as number
    return
  }
  state.placeCost[patient] = state.arcCost[arc] as number
  const first = firstMember[bucket] as number
  nextMember[patient] = first
  previousMember[patient] = NONE
  if (first !== NONE) previousMember[first] = patient
  firstMember[bucket] = patient
}

/** The state as a problem and its answer, for the certificate; patients who left are rows that cost nothing. */
export function closeWarm(state: WarmState): {
  problem: TransportProblem
  assignment: Int32Array
  chosenArc: Int32Array
  price: Float64Array
  cost: number
} {
  const { patientCount } = state
  const patientStart = new Int32Array(patientCount + 1)
  const chosenArc = new Int32Array(patientCount).fill(STAY)
  const arcs: number[] = []
  let cost = 0
  for (let patient = 0; patient < patientCount; patient++) {
    const end = state.arcEnd[patient] as number
    for (let arc = state.arcStart[patient] as number; arc < end; arc++) {
      if (state.placeArc[patient] === arc) chosenArc[patient] = arcs.length
      arcs.push(arc)
    }
    patientStart[patient + 1] = arcs.length
    cost += state.placeCost[patient] as number
  }
  return {
    problem: {
      patientStart,
      arcBucket: Int32Array.from(arcs, (arc) => state.arcBucket[arc] as number),
      arcCost: Float64Array.from(arcs, (arc) => toPoints(state.arcCost[arc] as number)),
      stayCost: state.stayCost.slice(0, patientCount).map(toPoints),
      capacity: state.capacity.slice(),
    },
    assignment: state.place.slice(0, patientCount),
    chosenArc,
    price: state.price.map(toPoints),
    cost: toPoints(cost),
  }
}

/** Makes room for a patient's row and some arcs in all. */
export function grow(state: WarmState, patients: number, arcs: number): void {
  if (patients > state.place.length) {
    const size = patients * 2
    state.arcStart = widened(state.arcStart, new Int32Array(size))
    state.arcEnd = widened(state.arcEnd, new Int32Array(size))
    state.arcLimit = widened(state.arcLimit, new Int32Array(size))
    state.stayCost = widened(state.stayCost, new Float64Array(size))
    state.place = widened(state.place, new Int32Array(size))
    state.placeArc = widened(state.placeArc, new Int32Array(size))
    state.placeCost = widened(state.placeCost, new Float64Array(size))
    state.present = widened(state.present, new Uint8Array(size))
    state.nextMember = widened(state.nextMember, new Int32Array(size))
    state.previousMember = widened(state.previousMember, new Int32Array(size))
  }
  if (arcs > state.arcBucket.length) {
    const size = arcs * 2
    state.arcBucket = widened(state.arcBucket, new Int32Array(size))
    state.arcPatient = widened(state.arcPatient, new Int32Array(size))
    state.arcCost = widened(state.arcCost, new Float64Array(size))
  }
}
