import { quantise, STAY, type TransportProblem } from './transport.ts'

/** A part of the problem that shares no bucket with any other, renumbered, its costs in whole units. */
export interface Component {
  /** Numbers in the whole problem. */
  readonly patients: Int32Array
  readonly buckets: Int32Array
  readonly arcs: Int32Array
  readonly start: Int32Array
  readonly arcBucket: Int32Array
  readonly arcCost: Float64Array
  readonly stayCost: Float64Array
  readonly capacity: Int32Array
}

/**
 * Splits a problem into parts that can be solved apart: tests do not compete with each other, nor do regions whose
 * patients will not travel between them. Choices that can never beat staying (they cost as much, and prices are
 * never negative), and buckets without a slot, are left out; patients with no choice left are in no component.
 */
export function components(problem: TransportProblem): Component[] {
  const { patientStart, arcBucket, capacity } = problem
  const patientCount = patientStart.length - 1
  const stay = problem.stayCost.map(quantise)
  const useful = new Uint8Array(arcBucket.length)
  const cost = new Float64Array(arcBucket.length)
  const root = Int32Array.from(capacity, (_, bucket) => bucket)
  const patientArcs = new Int32Array(patientCount)

  for (let patient = 0; patient < patientCount; patient++) {
    let first = STAY
    const end = patientStart[patient + 1] as number
    for (let arc = patientStart[patient] as number; arc < end; arc++) {
      const bucket = arcBucket[arc] as number
      const units = quantise(problem.arcCost[arc] as number)
      if ((capacity[bucket] as number) < 1 || units >= (stay[patient] as number)) continue
      cost[arc] = units
      useful[arc] = 1
      patientArcs[patient] = (patientArcs[patient] as number) + 1
      if (first === STAY) first = find(root, bucket)
      else if (root[bucket] !== first) root[find(root, bucket)] = first = find(root, first)
    }
  }
  return (
    whole(problem, stay, cost, useful, root) ??
    gather(problem, stay, cost, useful, root, patientArcs)
  )
}

/** A problem that is one part as it stands, nothing left out, is not copied; null where it is not one. */
function whole(
  problem: TransportProblem,
  stay: Float64Array,
  cost: Float64Array,
  useful: Uint8Array,
  root: Int32Array,
): Component[] | null {
  const { patientStart, arcBucket, capacity } = problem
  if (useful.length === 0 || useful.includes(0)) return null
  const top = find(root, 0)
  const joined = root.every((_, bucket) => find(root, bucket) === top)
  const chosen = stay.every((_, row) => (patientStart[row + 1] ?? 0) > (patientStart[row] ?? 0))
  if (!joined || !chosen) return null
  return [
    {
      patients: identity(stay.length),
      buckets: identity(capacity.length),
      arcs: identity(arcBucket.length),
      start: patientStart,
      arcBucket,
      arcCost: cost,
      stayCost: stay,
      capacity,
    },
  ]
}

function gather(
  problem: TransportProblem,
  stay: Float64Array,
  cost: Float64Array,
  useful: Uint8Array,
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
    while (useful[arc] === 0) arc++
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

  const parts = sizes.map((size): Component => ({
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
      if (useful[arc] === 0) continue
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

function numberBuckets(parts: Component[], group: Int32Array, capacity: Int32Array): Int32Array {
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
