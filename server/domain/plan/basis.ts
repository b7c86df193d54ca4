import { STAY } from './transport.ts'

/*
 * The basis of the network simplex, kept as a tree of buckets only.
 *
 * Every patient supplies one unit; the root takes the units that stay and supplies the slots left unused. In a
 * strongly feasible tree of this network (Cunningham 1976; Barr, Glover and Klingman's alternating path basis 1977;
 * Ahuja, Magnanti and Orlin, Network Flows, ch. 11) a patient is either a leaf under the place it takes, or stands
 * between the bucket it takes, below it, and the one other place it could take at the same price, above it. So leaf
 * patients need no tree at all and the others are the links between buckets: a tree of m nodes instead of n + m,
 * whatever the number of patients, which is what makes a pivot cheap.
 */

/** One component with its costs in whole units; capacities are >= 1. The root is node `bucketCount`. */
export interface Basis {
  readonly patientCount: number
  readonly bucketCount: number
  readonly start: Int32Array
  readonly arcBucket: Int32Array
  readonly arcCost: Float64Array
  readonly stayCost: Float64Array
  /** Where each patient is: a bucket, or the root for staying. */
  readonly place: Int32Array
  /** The arc by which, STAY for staying, and its cost. */
  readonly placeArc: Int32Array
  readonly placeCost: Float64Array
  /** Dual price of each node; the root's is 0. */
  readonly price: Float64Array
  /** Slots left; at least 1 for a bucket that hangs on the root by its unused slots. */
  readonly free: Int32Array
  readonly parent: Int32Array
  /** The patient between a bucket and its parent; NO_LINK where unused slots tie it to the root. */
  readonly link: Int32Array
  /** The arc (or STAY) by which the link could go to the parent, and its cost. */
  readonly linkArc: Int32Array
  readonly linkCost: Float64Array
  readonly firstChild: Int32Array
  readonly nextSibling: Int32Array
  readonly previousSibling: Int32Array
  readonly stack: Int32Array
}

export const NO_LINK = -1
const NONE = -1

/** The start: every patient stays, every bucket hangs on the root by its unused slots, all prices 0. */
export function stayBasis(
  start: Int32Array,
  arcBucket: Int32Array,
  arcCost: Float64Array,
  stayCost: Float64Array,
  capacity: Int32Array,
): Basis {
  const patientCount = stayCost.length
  const bucketCount = capacity.length
  const basis: Basis = {
    patientCount,
    bucketCount,
    start,
    arcBucket,
    arcCost,
    stayCost,
    place: new Int32Array(patientCount).fill(bucketCount),
    placeArc: new Int32Array(patientCount).fill(STAY),
    placeCost: stayCost.slice(),
    price: new Float64Array(bucketCount + 1),
    free: capacity.slice(),
    parent: new Int32Array(bucketCount + 1).fill(NONE),
    link: new Int32Array(bucketCount + 1).fill(NO_LINK),
    linkArc: new Int32Array(bucketCount + 1).fill(STAY),
    linkCost: new Float64Array(bucketCount + 1),
    firstChild: new Int32Array(bucketCount + 1).fill(NONE),
    nextSibling: new Int32Array(bucketCount + 1).fill(NONE),
    previousSibling: new Int32Array(bucketCount + 1).fill(NONE),
    stack: new Int32Array(bucketCount + 1),
  }
  for (let bucket = 0; bucket < bucketCount; bucket++) hang(basis, bucket, bucketCount)
  return basis
}

/**
 * Brings arc `patient -> node` into the basis; `reduced` is its reduced cost, below 0. The leaving arc is the last
 * one that blocks, counted along the flow from the apex of the cycle, which keeps the tree strongly feasible: so
 * no run of zero-flow pivots can cycle, whatever the order in which arcs enter.
 */
export function enter(
  basis: Basis,
  patient: number,
  arc: number,
  cost: number,
  node: number,
  reduced: number,
): void {
  const { place, placeArc, placeCost, parent, link, linkArc, linkCost, free, bucketCount } = basis
  const from = at(place, patient)
  let above = node
  while (above !== bucketCount && above !== from) above = at(parent, above)
  if (above !== from && at(link, from) !== NO_LINK) {
    // no unit moves: the bucket left behind has none to spare, so it only hangs itself elsewhere
    unhang(basis, from)
    link[from] = patient
    linkArc[from] = arc
    linkCost[from] = cost
    hang(basis, from, node)
    shift(basis, from, reduced)
    return
  }
  if (above !== from) free[from] = at(free, from) + 1
  const isLink = from !== bucketCount && at(link, from) === patient
  const upper = isLink ? at(parent, from) : from
  const upperArc = isLink ? at(linkArc, from) : at(placeArc, patient)
  const upperCost = isLink ? at(linkCost, from) : at(placeCost, patient)
  place[patient] = node
  placeArc[patient] = arc
  placeCost[patient] = cost
  // one unit goes round: whoever links each bucket to the next, from here to the apex, moves up one
  if (node === bucketCount) return
  if (at(link, node) === NO_LINK && at(free, node) > 1) {
    free[node] = at(free, node) - 1
    return
  }
  rehang(basis, node, patient, upper, upperArc, upperCost, from, patient)
  shift(basis, node, -reduced)
}

/** Brings the unused slots of a bucket with a price below 0 into the basis. */
export function enterUnused(basis: Basis, bucket: number): void {
  const reduced = at(basis.price, bucket)
  basis.free[bucket] = 1
  rehang(basis, bucket, NO_LINK, basis.bucketCount, STAY, 0, NONE, NONE)
  shift(basis, bucket, -reduced)
}

/**
 * Turns the path from `node` up to the leaving arc round, moving each link one place up, and hangs it on `upper`.
 * @param apex the bucket at which the path ends, if it lies on it: otherwise the path ends at the root
 * @param mover the patient whose own link, if it lies at the apex, is the leaving arc; NONE for no patient
 */
function rehang(
  basis: Basis,
  node: number,
  newLink: number,
  upper: number,
  upperArc: number,
  upperCost: number,
  apex: number,
  mover: number,
): void {
  const { place, placeArc, placeCost, parent, link, linkArc, linkCost, free, bucketCount } = basis
  let bucket = node
  let linkNow = newLink
  let parentNow = upper
  let arcNow = upperArc
  let costNow = upperCost
  for (;;) {
    const oldLink = at(link, bucket)
    const oldParent = at(parent, bucket)
    const oldArc = at(linkArc, bucket)
    const oldCost = at(linkCost, bucket)
    unhang(basis, bucket)
    link[bucket] = linkNow
    linkArc[bucket] = arcNow
    linkCost[bucket] = costNow
    hang(basis, bucket, parentNow)
    if (oldLink === NO_LINK) {
      free[bucket] = 0
      return
    }
    if (oldLink === mover) return
    linkNow = oldLink
    arcNow = at(placeArc, oldLink)
    costNow = at(placeCost, oldLink)
    parentNow = bucket
    place[oldLink] = oldParent
    placeArc[oldLink] = oldArc
    placeCost[oldLink] = oldCost
    if (oldParent === bucketCount) return
    if (oldParent === apex && at(link, apex) !== mover) return
    if (oldParent !== apex && at(link, oldParent) === NO_LINK && at(free, oldParent) > 1) {
      free[oldParent] = at(free, oldParent) - 1
      return
    }
    bucket = oldParent
  }
}

/** Adds `change` to the price of a bucket and of all that hangs on it. */
function shift(basis: Basis, bucket: number, change: number): void {
  const { price, firstChild, nextSibling, stack } = basis
  let depth = 0
  stack[depth++] = bucket
  while (depth > 0) {
    const node = at(stack, --depth)
    price[node] = at(price, node) + change
    for (let child = at(firstChild, node); child !== NONE; child = at(nextSibling, child)) {
      stack[depth++] = child
    }
  }
}

function hang(basis: Basis, bucket: number, parent: number): void {
  const first = at(basis.firstChild, parent)
  basis.parent[bucket] = parent
  basis.nextSibling[bucket] = first
  basis.previousSibling[bucket] = NONE
  if (first !== NONE) basis.previousSibling[first] = bucket
  basis.firstChild[parent] = bucket
}

function unhang(basis: Basis, bucket: number): void {
  const next = at(basis.nextSibling, bucket)
  const previous = at(basis.previousSibling, bucket)
  if (previous === NONE) basis.firstChild[at(basis.parent, bucket)] = next
  else basis.nextSibling[previous] = next
  if (next !== NONE) basis.previousSibling[next] = previous
}

/** Indices here are made by this file; a bounds check would only cost time. */
function at(values: Int32Array | Float64Array, index: number): number {
  return values[index] as number
}
