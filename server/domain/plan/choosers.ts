/**
 * For each bucket the arcs into it, side by side, so that a search from the bucket reads them in order: from `start` of
 * the bucket up to `end`, with room up to `limit`. A row that needs more room moves to the end of the arrays.
 */
export interface Choosers {
  arc: Int32Array
  patient: Int32Array
  cost: Float64Array
  /** By arc: where it stands in the rows. */
  placeOfArc: Int32Array
  count: number
  readonly start: Int32Array
  readonly end: Int32Array
  readonly limit: Int32Array
}

/** Empty rows, each with room for the arcs it will be given and a quarter more. */
export function newChoosers(arcBucket: Int32Array, bucketCount: number): Choosers {
  const size = new Int32Array(bucketCount)
  for (const bucket of arcBucket) size[bucket] = (size[bucket] as number) + 1
  const start = new Int32Array(bucketCount)
  const limit = new Int32Array(bucketCount)
  let count = 0
  for (let bucket = 0; bucket < bucketCount; bucket++) {
    start[bucket] = count
    count += roomFor(size[bucket] as number)
    limit[bucket] = count
  }
  return {
    arc: new Int32Array(count),
    patient: new Int32Array(count),
    cost: new Float64Array(count),
    placeOfArc: new Int32Array(arcBucket.length),
    count,
    start,
    end: start.slice(),
    limit,
  }
}

/** Notes that a patient may choose a bucket by an arc, at so many units. An arc is added once. */
export function addChooser(
  rows: Choosers,
  bucket: number,
  arc: number,
  patient: number,
  cost: number,
): void {
  if (rows.end[bucket] === rows.limit[bucket]) moveToEnd(rows, bucket)
  if (arc >= rows.placeOfArc.length) {
    rows.placeOfArc = widened(rows.placeOfArc, new Int32Array((arc + 1) * 2))
  }
  const place = rows.end[bucket] as number
  rows.arc[place] = arc
  rows.patient[place] = patient
  rows.cost[place] = cost
  rows.placeOfArc[arc] = place
  rows.end[bucket] = place + 1
}

/** Takes an arc out; the last of its row takes its place. */
export function removeChooser(rows: Choosers, bucket: number, arc: number): void {
  const last = (rows.end[bucket] as number) - 1
  const place = rows.placeOfArc[arc] as number
  const moved = rows.arc[last] as number
  rows.arc[place] = moved
  rows.patient[place] = rows.patient[last] as number
  rows.cost[place] = rows.cost[last] as number
  rows.placeOfArc[moved] = place
  rows.end[bucket] = last
}

/** `to` with the values of `from` at its beginning. */
export function widened<A extends Int32Array | Float64Array | Uint8Array>(from: A, to: A): A {
  to.set(from)
  return to
}

function moveToEnd(rows: Choosers, bucket: number): void {
  const from = rows.start[bucket] as number
  const size = (rows.end[bucket] as number) - from
  const to = rows.count
  const limit = to + roomFor(size)
  if (limit > rows.arc.length) {
    rows.arc = widened(rows.arc, new Int32Array(limit * 2))
    rows.patient = widened(rows.patient, new Int32Array(limit * 2))
    rows.cost = widened(rows.cost, new Float64Array(limit * 2))
  }
  rows.arc.copyWithin(to, from, from + size)
  rows.patient.copyWithin(to, from, from + size)
  rows.cost.copyWithin(to, from, from + size)
  for (let place = to; place < to + size; place++) {
    rows.placeOfArc[rows.arc[place] as number] = place
  }
  rows.start[bucket] = to
  rows.end[bucket] = to + size
  rows.limit[bucket] = limit
  rows.count = limit
}

function roomFor(size: number): number {
  return size + (size >> 2) + 4
}
