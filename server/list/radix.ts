const DIGIT_BITS = 12
const DIGITS = 4
const BUCKETS = 2 ** DIGIT_BITS
const DIGIT_MASK = BUCKETS - 1
const LOW_RANGE = 2 ** 24

/**
 * Sorts slots by key (integers below 2 ** 48, smaller first), then by id. Linear: 300,000 in some milliseconds,
 * where a comparison sort takes a hundred.
 * @param slots sorted in place; fastest when slots ascend with their ids
 */
export function sortSlots(slots: Int32Array, keys: Float64Array, ids: Float64Array): void {
  const count = slots.length
  const low = new Uint32Array(keys.length)
  const high = new Uint32Array(keys.length)
  const histogram = new Uint32Array(BUCKETS * DIGITS)
  for (let at = 0; at < count; at++) {
    const slot = slots[at] ?? 0
    const key = keys[slot] ?? 0
    const upper = Math.floor(key / LOW_RANGE)
    const lower = key - upper * LOW_RANGE
    low[slot] = lower
    high[slot] = upper
    tally(histogram, lower & DIGIT_MASK)
    tally(histogram, BUCKETS + (lower >>> DIGIT_BITS))
    tally(histogram, 2 * BUCKETS + (upper & DIGIT_MASK))
    tally(histogram, 3 * BUCKETS + (upper >>> DIGIT_BITS))
  }
  let from: Int32Array = slots
  let to: Int32Array = new Int32Array(count)
  for (let digit = 0; digit < DIGITS; digit++) {
    const counts = histogram.subarray(digit * BUCKETS, (digit + 1) * BUCKETS)
    if (!starts(counts, count)) continue
    const source = digit < 2 ? low : high
    const shift = digit % 2 === 0 ? 0 : DIGIT_BITS
    for (let at = 0; at < count; at++) {
      const slot = from[at] ?? 0
      const bucket = ((source[slot] ?? 0) >>> shift) & DIGIT_MASK
      const place = counts[bucket] ?? 0
      to[place] = slot
      counts[bucket] = place + 1
    }
    const swapped = from
    from = to
    to = swapped
  }
  if (from !== slots) slots.set(from)
  settleTies(slots, keys, ids)
}

function tally(histogram: Uint32Array, bucket: number): void {
  histogram[bucket] = (histogram[bucket] ?? 0) + 1
}

/** Turns counts into first places. @returns false when all share one value of this digit: nothing to do */
function starts(counts: Uint32Array, total: number): boolean {
  let sum = 0
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    const size = counts[bucket] ?? 0
    if (size === total) return false
    counts[bucket] = sum
    sum += size
  }
  return true
}

/** Equal keys stand in the order given; where ids do not ascend there, they are put so. */
function settleTies(slots: Int32Array, keys: Float64Array, ids: Float64Array): void {
  const idOf = (at: number) => ids[slots[at] ?? 0] ?? 0
  const keyOf = (at: number) => keys[slots[at] ?? 0] ?? 0
  for (let start = 0; start < slots.length;) {
    const key = keyOf(start)
    let end = start + 1
    let ascending = true
    while (end < slots.length && keyOf(end) === key) {
      if (idOf(end) < idOf(end - 1)) ascending = false
      end += 1
    }
    if (!ascending) slots.subarray(start, end).sort((a, b) => (ids[a] ?? 0) - (ids[b] ?? 0))
    start = end
  }
}
