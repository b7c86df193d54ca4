import { quantise, STAY, type TransportProblem } from './transport.ts'

/** A part of the problem that shares no bucket with any other, renumbered, its costs in whole units. */
export interface Component {
  /** Numbers in the whole problem. */
  readonly patients: Int32Array
  readonly buckets: Int32Array
  /** null: arcs have the numbers they have in the whole. */
  readonly arcs: Int32Array | null
  readonly start: Int32Array
  readonly arcBucket: Int32Array
  readonly arcCost: Float64Array
  readonly stayCost: Float64Array
  readonly capacity: Int32Array
}

const LEFT_OUT = Infinity

/**
 * Splits a problem into parts that can be solved apart: tests do not compete with each other, nor do regions whose
 * patients will not travel between them. Choices that can never beat staying (they cost as much, and prices are
 * never negative), and buckets without a slot, are left out; patients with no choice left are in no component.
 */
export function components(problem: TransportProblem): Component[] {
  const { patientStart, arcBucket, capacity } = problem
  const patientCount = patientStart.length - 1
  const stay = problem.stayCost.map(quantise)
  /** LEFT_OUT for what can never beat staying. */
  const cost = new Float64Array(arcBucket.length)
  const root = identity(capacity.length)
  const patientArcs = new Int32Array(patientCount)

  let inParts = 0
  for (let patient = 0; patient < patientCount; patient++) {
    const stayUnits = stay[patient] as number
    let first = STAY
    let useful = 0
    const end = patientStart[patient + 1] as number
    for (let arc = patientStart[patient] as number; arc < end; arc++) {
      const bucket = arcBucket[arc] as number
      const units = quantise(problem.arcCost[arc] as number)
      if (units >= stayUnits || (capacity[bucket] as number) < 1) {
        cost[arc] = LEFT_OUT
        continue
      }
      cost[arc] = units
      useful++
      if (root[bucket] === first) continue
      if (first === STAY) first = find(root, bucket)
      else root[find(root, bucket)] = first = find(root, first)
    }
    patientArcs[patient] = useful
    inParts += useful
  }
  const asItStands = inParts === cost.length && inParts > 0
  const part = asItStands ? whole(problem, stay, cost, root, patientArcs) : null
  return part === null ? gather(problem, stay, cost, root, patientArcs) : [part]
}

/** A problem that is one part as it stands, nothing left out, is not copied; null where it is not one. */
function whole(
  problem: TransportProblem,
  stay: Float64Array,
  cost: Float64Array,
  root: Int32Array,
  patientArcs: Int32Array,
): Component | null {
  const { patientStart, arcBucket, capacity } = problem
  const top = find(root, 0)
  const joined = root.every((_, bucket) => find(root, bucket) === top)
  if (!joined || patientArcs.includes(0)) return null
  return {
    patients: identity(stay.length),
    buckets: identity(capacity.length),
    arcs: null,
    start: patientStart,
    arcBucket,
    arcCost: cost,
    stayCost: stay,
    capacity,
  }
}

function gather(
  problem: TransportProblem,
  stay: Float64Array,
  cost: Float64Array,
  root: Int32Array,
  patientArcs: Int32Array,
): Component[] {
  const { patientStart, arcBucket, capacity } = problem
  const patientCount = patientStart.length - 1
  const bucketCount = capacity.length
  const group = new Int32Array(bucketCount).fill(STAY)
  const patientGroup = new Int32Array(patientCount).fill(STAY)
  const sizes: { patients: number; arcs: number; buckets: number }[] = []

  for (let patient = 0; patient < patientCount; patient++) {
    if (patientArcs[patient] === 0) continue
    let arc = patientStart[patient] as number
    while (cost[arc] === LEFT_OUT) arc++
    const top = find(root, arcBucket[arc] as number)
    if (group[top] === STAY) group[top] = sizes.push({ patients: 0, arcs: 0, buckets: 0 }) - 1
    const index = group[top] as number
    patientGroup[patient] = index
    const size = sizes[index]
    if (size === undefined) continue
    size.patients++
    size.arcs += patientArcs[patient] as number
  }
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    const size = sizes[(group[bucket] = group[find(root, bucket)] as number)]
    if (size !== undefined) size.buckets++
  }

  const parts = sizes.map((size) => ({
    patients: new Int32Array(size.patients),
    buckets: new Int32Array(size.buckets),
    arcs: new Int32Array(size.arcs),
    start: new Int32Array(size.patients + 1),
    arcBucket: new Int32Array(size.arcs),
    arcCost: new Float64Array(size.arcs),
    stayCost: new Float64Array(size.patients),
    capacity: new Int32Array(size.buckets),
  }))
  const local = numberBuckets(parts, group, capacity)
  const filled = new Int32Array(parts.length)
  const filledArcs = new Int32Array(parts.length)
  for (let patient = 0; patient < patientCount; patient++) {
    const index = patientGroup[patient] as number
    const part = parts[index]
    if (part === undefined) continue
    const row = filled[index] as number
    let to = filledArcs[index] as number
    part.patients[row] = patient
    part.stayCost[row] = stay[patient] as number
    const end = patientStart[patient + 1] as number
    for (let arc = patientStart[patient] as number; arc < end; arc++) {
      if (cost[arc] === LEFT_OUT) continue
      part.arcs[to] = arc
      part.arcBucket[to] = local[arcBucket[arc] as number] as number
      part.arcCost[to++] = cost[arc] as number
    }
    part.start[row + 1] = to
    filled[index] = row + 1
    filledArcs[index] = to
  }
  return parts
}

function numberBuckets(
  parts: readonly Component[],
  group: Int32Array,
  capacity: Int32Array,
): Int32Array {
  const local = new Int32Array(capacity.length)
  const filled = new Int32Array(parts.length)
  for (let bucket = 0; bucket < capacity.length; bucket++) {
    const index = group[bucket] as number
    const part = parts[index]
    if (part === undefined) continue
    const row = filled[index] as number
    local[bucket] = row
    part.buckets[row] = bucket
    part.capacity[row] = capacity[bucket] as number
    filled[index] = row + 1
  }
  return local
}

/** Root of a set, halving the path on the way. */
function find(root: Int32Array, start: number): number {
  let node = start
  for (;;) {
    const above = root[node] as number
    if (above === node) return node
    const next = root[above] as number
    root[node] = next
    node = next
  }
}

function identity(length: number): Int32Array {
  const numbers = new Int32Array(length)
  for (let at = 0; at < length; at++) numbers[at] = at
  return numbers
}
