import { addChooser, removeChooser } from './choosers.ts'
import { quantise } from './transport.ts'
import { slotIn, slotOut } from './warm.ts'
import { grow, type WarmState } from './warm-state.ts'

/** Who may now choose a bucket, and at how many points. */
export interface Chooser {
  readonly patient: number
  readonly points: number
}

/** Makes a bucket's slots so many, one event at a time. [MOV-23] */
export function setSlots(state: WarmState, bucket: number, slots: number): void {
  while ((state.capacity[bucket] as number) < slots) slotIn(state, bucket)
  while ((state.capacity[bucket] as number) > slots) slotOut(state, bucket)
}

/**
 * The rules of a bucket changed: it is emptied slot by slot, its choices are replaced while nobody can have them, at
 * a price at which nobody would want them, and its slots come back one by one. So however many patients look at it,
 * only as many searches are made as it has slots. [MOV-23]
 */
export function reopenBucket(
  state: WarmState,
  bucket: number,
  slots: number,
  choosers: readonly Chooser[],
): void {
  setSlots(state, bucket, 0)
  const rows = state.choosers
  while ((rows.end[bucket] as number) > (rows.start[bucket] as number)) {
    dropArc(state, bucket, rows.arc[(rows.end[bucket] as number) - 1] as number)
  }
  let price = 0
  for (const { patient, points } of choosers) {
    const cost = quantise(points)
    addArc(state, patient, bucket, cost)
    const place = state.place[patient] as number
    const paid = (state.placeCost[patient] as number) + (place < 0 ? 0 : (state.price[place] ?? 0))
    price = Math.max(price, paid - cost)
  }
  state.price[bucket] = price
  setSlots(state, bucket, slots)
}

/** Takes out a choice nobody has taken; the last of the patient's row takes its place. */
function dropArc(state: WarmState, bucket: number, arc: number): void {
  const rows = state.choosers
  const patient = state.arcPatient[arc] as number
  removeChooser(rows, bucket, arc)
  const last = (state.arcEnd[patient] as number) - 1
  state.arcEnd[patient] = last
  if (last !== arc) moveArc(state, last, arc)
}

/** A patient's arc gets another number; `to` is free. */
function moveArc(state: WarmState, from: number, to: number): void {
  const rows = state.choosers
  const patient = state.arcPatient[from] as number
  const place = rows.placeOfArc[from] as number
  state.arcBucket[to] = state.arcBucket[from] as number
  state.arcCost[to] = state.arcCost[from] as number
  state.arcPatient[to] = patient
  rows.arc[place] = to
  rows.placeOfArc[to] = place
  if (state.placeArc[patient] === from) state.placeArc[patient] = to
}

function addArc(state: WarmState, patient: number, bucket: number, cost: number): void {
  if (state.arcEnd[patient] === state.arcLimit[patient]) widenRow(state, patient)
  const arc = state.arcEnd[patient] as number
  state.arcEnd[patient] = arc + 1
  state.arcBucket[arc] = bucket
  state.arcPatient[arc] = patient
  state.arcCost[arc] = cost
  addChooser(state.choosers, bucket, arc, patient, cost)
}

/** Moves a full row to the end, with room for half as many again. */
function widenRow(state: WarmState, patient: number): void {
  const from = state.arcStart[patient] as number
  const size = (state.arcEnd[patient] as number) - from
  const to = state.arcCount
  const limit = to + size + (size >> 1) + 4
  grow(state, state.patientCount, limit)
  const rows = state.choosers
  if (limit > rows.placeOfArc.length) {
    const wider = new Int32Array(limit * 2)
    wider.set(rows.placeOfArc)
    rows.placeOfArc = wider
  }
  for (let index = 0; index < size; index++) moveArc(state, from + index, to + index)
  state.arcStart[patient] = to
  state.arcEnd[patient] = to + size
  state.arcLimit[patient] = limit
  state.arcCount = limit
}
