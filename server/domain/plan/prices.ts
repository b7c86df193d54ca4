import { newHeap, raise, take } from './heap.ts'
import { quantise, STAY, toPoints } from './transport.ts'
import type { TransportProblem, TransportSolution } from './transport.ts'

/** What one more slot in each bucket would do, and who would move up into it. */
export interface SlotValues {
  /** Points saved, exactly what solving again with the slot would save; >= 0. */
  readonly points: Float64Array
  /** The patient who would take the slot; NOBODY when it would stay unused. */
  readonly taker: Int32Array
  /** Buckets in an order in which the bucket a taker leaves comes before the one they take. */
  readonly order: Int32Array
}

export const NOBODY = -1

/**
 * The value of one more slot in every bucket at once. [MOV-20]
 *
 * At a degenerate optimum dual prices are not unique; the saving of one more slot is the least of them, since total
 * cost is convex in the slots. It is the given price less the shortest way, by reduced cost, on which a patient
 * moves up into the bucket, another into the place that leaves, and so on from somebody who stayed; one Dijkstra
 * over the buckets from staying finds them all.
 */
export function slotValues(
  problem: TransportProblem,
  solution: Pick<TransportSolution, 'assignment' | 'chosenArc' | 'price'>,
): SlotValues {
  const { patientStart, arcBucket, arcCost, stayCost, capacity } = problem
  const { assignment, chosenArc } = solution
  const bucketCount = capacity.length
  const price = solution.price.map(quantise)
  // leaving the slot unused is a way too: it costs the bucket's whole price
  const distance = price.slice()
  const taker = new Int32Array(bucketCount).fill(NOBODY)
  const heap = newHeap(bucketCount)

  const moveUp = (patient: number, base: number): void => {
    const bucketNow = assignment[patient] as number
    const paid =
      bucketNow === STAY
        ? quantise(stayCost[patient] as number)
        : quantise(arcCost[chosenArc[patient] as number] as number) + (price[bucketNow] as number)
    const end = patientStart[patient + 1] as number
    for (let arc = patientStart[patient] as number; arc < end; arc++) {
      const bucket = arcBucket[arc] as number
      const way = base + quantise(arcCost[arc] as number) + (price[bucket] as number) - paid
      if (way >= (distance[bucket] as number)) continue
      distance[bucket] = way
      taker[bucket] = patient
      raise(heap, distance, bucket)
    }
  }

  const { start, patients } = patientsByBucket(assignment, bucketCount)
  for (let bucket = 0; bucket < bucketCount; bucket++) raise(heap, distance, bucket)
  for (let patient = 0; patient < assignment.length; patient++) {
    if (assignment[patient] === STAY) moveUp(patient, 0)
  }
  const order = new Int32Array(bucketCount)
  for (let place = 0; place < bucketCount; place++) {
    const bucket = take(heap, distance)
    order[place] = bucket
    const end = start[bucket + 1] as number
    for (let row = start[bucket] as number; row < end; row++) {
      moveUp(patients[row] as number, distance[bucket] as number)
    }
  }
  const points = price.map((units, bucket) => toPoints(units - (distance[bucket] as number)))
  return { points, taker, order }
}

/** Patients of each bucket, in compressed rows. */
function patientsByBucket(
  assignment: Int32Array,
  bucketCount: number,
): { start: Int32Array; patients: Int32Array } {
  const start = new Int32Array(bucketCount + 1)
  for (const bucket of assignment) {
    if (bucket !== STAY) start[bucket + 1] = (start[bucket + 1] as number) + 1
  }
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    start[bucket + 1] = (start[bucket + 1] as number) + (start[bucket] as number)
  }
  const fill = start.slice()
  const patients = new Int32Array(start[bucketCount] as number)
  assignment.forEach((bucket, patient) => {
    if (bucket === STAY) return
    const row = fill[bucket] as number
    patients[row] = patient
    fill[bucket] = row + 1
  })
  return { start, patients }
}
