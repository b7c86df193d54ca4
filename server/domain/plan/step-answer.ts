import type { SolvedPlan } from './planner.ts'
import { dayAtHome, type StepPlan } from './step-plan.ts'
import { STAY, toPoints, type TransportProblem } from './transport.ts'

/** The step as a problem and its answer, in the order of the book: what a cold solve would give, for `describe`. */
export function solvedStep(step: StepPlan): Omit<SolvedPlan, 'siteName'> {
  const { book, warm, rowOf, bucketOf } = step
  const slotAt = new Int32Array(warm.capacity.length).fill(STAY)
  const price = new Float64Array(book.slots.length)
  for (const slot of book.slots) {
    const bucket = bucketOf.get(slot.id)
    if (bucket === undefined) continue
    slotAt[bucket] = slot.index
    price[slot.index] = toPoints(warm.price[bucket] as number)
  }
  const rows = book.patients.map((patient) => rowOf.get(patient.id) as number)
  const patientStart = new Int32Array(rows.length + 1)
  rows.forEach((row, index) => {
    patientStart[index + 1] =
      (patientStart[index] as number) +
      (warm.arcEnd[row] as number) -
      (warm.arcStart[row] as number)
  })
  const arcs = patientStart[rows.length] as number
  const problem: TransportProblem = {
    patientStart,
    arcBucket: new Int32Array(arcs),
    arcCost: new Float64Array(arcs),
    stayCost: new Float64Array(rows.length),
    capacity: Int32Array.from(book.slots, (slot) => slot.free),
  }
  const assignment = new Int32Array(rows.length).fill(STAY)
  const chosenArc = new Int32Array(rows.length).fill(STAY)
  let to = 0
  rows.forEach((row, index) => {
    problem.stayCost[index] = toPoints(warm.stayCost[row] as number)
    const place = warm.place[row] as number
    if (place !== STAY) assignment[index] = slotAt[place] as number
    const end = warm.arcEnd[row] as number
    for (let arc = warm.arcStart[row] as number; arc < end; arc++) {
      if (warm.placeArc[row] === arc) chosenArc[index] = to
      problem.arcBucket[to] = slotAt[warm.arcBucket[arc] as number] as number
      problem.arcCost[to++] = toPoints(warm.arcCost[arc] as number)
    }
  })
  const homeDay = book.patients.map((patient) => dayAtHome(step, patient))
  return { book, homeDay, problem, best: { assignment, chosenArc, price } }
}
