import { wholeRows, type Rows } from './dense-rows.ts'
import { NOBODY, seat, unseat, type OpenSeating } from './dense-seats.ts'
import { STAY } from './transport.ts'

/** One search over the buckets; its arrays are used again by the next. */
export interface Search {
  readonly distance: Float64Array
  /** The arc by which each bucket was reached. */
  readonly via: Int32Array
  /** Full buckets at `level`, those before `head` looked at. */
  readonly queue: Int32Array
  head: number
  tail: number
  level: number
  /** The shortest way found to an end: a patient who would stay, or else a bucket with a slot left. */
  best: number
  lastPatient: number
  lastBucket: number
}

export function newSearch(bucketCount: number): Search {
  return {
    distance: new Float64Array(bucketCount),
    via: new Int32Array(bucketCount),
    queue: new Int32Array(bucketCount),
    head: 0,
    tail: 0,
    level: -Infinity,
    best: Infinity,
    lastPatient: NOBODY,
    lastBucket: NOBODY,
  }
}

/** Seats a patient by the shortest way to a free slot or to somebody's staying, their own included. */
export function seek(seating: OpenSeating, newPatient: number, search: Search): void {
  const { part, cheap, price, placeArc, first, next } = seating
  const { arcCost, stayCost } = part
  const whole = wholeRows(part)
  search.distance.fill(Infinity)
  search.head = search.tail = 0
  search.level = -Infinity
  search.best = Infinity
  let patient = newPatient
  let offset = 0
  for (;;) {
    for (; patient !== NOBODY; patient = next[patient] as number) {
      const taken = placeArc[patient] as number
      const base = taken === STAY ? offset : offset - (arcCost[taken] as number)
      const toStay = base + (stayCost[patient] as number)
      if (toStay < search.best) {
        search.best = toStay
        search.lastPatient = patient
      }
      spread(seating, search, cheap, patient, base)
      if (base + (cheap.beyond[patient] as number) < search.best) {
        spread(seating, search, whole, patient, base)
      }
    }
    if (search.head === search.tail) nextLevel(search)
    if (search.level >= search.best) break
    const bucket = search.queue[search.head++] as number
    offset = search.level - (price[bucket] as number)
    patient = first[bucket] as number
  }
  for (let bucket = 0; bucket < price.length; bucket++) {
    const nearer = search.best - (search.distance[bucket] as number)
    if (nearer > 0) price[bucket] = (price[bucket] as number) + nearer
  }
  shiftAlong(seating, search, newPatient)
}

/** Looks from a patient at the choices in some rows. */
function spread(
  { price, free }: OpenSeating,
  search: Search,
  rows: Rows,
  patient: number,
  base: number,
): void {
  const { distance, via, queue, level } = search
  const { start, arc, bucket: bucketOf, cost } = rows
  const end = start[patient + 1] as number
  let best = search.best
  for (let at = start[patient] as number; at < end; at++) {
    const bucket = bucketOf[at] as number
    const way = base + (cost[at] as number) + (price[bucket] as number)
    if (way >= best || way >= (distance[bucket] as number)) continue
    distance[bucket] = way
    via[bucket] = arc === null ? at : (arc[at] as number)
    if ((free[bucket] as number) > 0) {
      search.best = best = way
      search.lastPatient = NOBODY
      search.lastBucket = bucket
    } else if (way === level) queue[search.tail++] = bucket
  }
}

/** The nearest of the buckets that have not been looked at, all that are equally near. */
function nextLevel(search: Search): void {
  const { distance, queue, head, level, best } = search
  let nearest = best
  let tail = head
  for (let bucket = 0; bucket < distance.length; bucket++) {
    const way = distance[bucket] as number
    if (way <= level || way > nearest || way >= best) continue
    if (way < nearest) {
      nearest = way
      tail = head
    }
    queue[tail++] = bucket
  }
  search.tail = tail
  search.level = nearest
}

/** Everybody on the way found moves on by one. */
function shiftAlong(seating: OpenSeating, search: Search, newPatient: number): void {
  const { part, place } = seating
  const { lastPatient } = search
  let bucket = search.lastBucket
  if (lastPatient !== NOBODY) {
    bucket = place[lastPatient] as number
    unseat(seating, lastPatient)
    if (lastPatient === newPatient) return
  }
  for (;;) {
    const arc = search.via[bucket] as number
    const mover = patientOf(part.start, arc)
    const left = place[mover] as number
    unseat(seating, mover)
    seat(seating, mover, bucket, arc)
    if (mover === newPatient) return
    bucket = left
  }
}

/** Whose arc it is; rows are in order. */
function patientOf(start: Int32Array, arc: number): number {
  let low = 0
  let high = start.length - 1
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if ((start[middle] as number) <= arc) low = middle
    else high = middle
  }
  return low
}
