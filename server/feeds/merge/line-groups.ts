import type { RecordBatch } from '../formats/format.ts'

/** A group has about ten lines: one hash and one look-up for them all, and few to look up singly where one changed. */
const GROUP_MASK = 7
const FEWEST = 3
const MOST_LINES = 64
const MOST_BYTES = 16_384
/** Bytes of a line's begin, where its key or number stands, that decide whether a group ends with it. */
const LOOKED_AT = 24
const PRIME = 0x01000193

/** Records in groups: `ends` holds, for each group, the place in `bounds` behind its last record. */
export interface GroupedBatch extends RecordBatch {
  readonly ends: readonly number[]
}

/**
 * Cuts records into groups whose ends hang on what the lines say, not on where they stand: a line more or less moves no
 * other group, however the body was cut on its way. [FEED-20]
 */
export interface GroupCutter {
  /** The groups that are whole now; records of the last one may wait for the next batch. */
  cut(batch: RecordBatch): GroupedBatch
  /** What waits at the end of the body. */
  rest(): GroupedBatch
}

export function openGroupCutter(): GroupCutter {
  let held: Held | null = null
  return {
    cut(batch) {
      const joined = held === null ? batch : join(held, batch)
      const ends = endsOf(joined)
      const whole = ends.at(-1) ?? 0
      held = whole === joined.bounds.length ? null : hold(joined, whole)
      return { ...joined, ends }
    },
    rest: () => (held === null ? NOTHING : { ...held, ends: [held.bounds.length] }),
  }
}

const NOTHING: GroupedBatch = { bytes: Buffer.alloc(0), bounds: [], firstRow: 0, ends: [] }

function endsOf({ bytes, bounds }: RecordBatch): number[] {
  const ends: number[] = []
  let lines = 0
  let from = bounds[0] ?? 0
  for (let at = 0; at < bounds.length; at += 2) {
    const start = bounds[at] ?? 0
    const end = bounds[at + 1] ?? 0
    lines += 1
    if (
      (lines < FEWEST || !isEnd(bytes, start, end)) &&
      lines < MOST_LINES &&
      end - from < MOST_BYTES
    ) {
      continue
    }
    ends.push(at + 2)
    lines = 0
    from = bounds[at + 2] ?? 0
  }
  return ends
}

function isEnd(bytes: Buffer, start: number, end: number): boolean {
  const to = Math.min(end, start + LOOKED_AT)
  let mixed = 0
  for (let at = start; at < to; at += 1) mixed = Math.imul(mixed ^ (bytes[at] ?? 0), PRIME)
  return ((mixed ^ (mixed >>> 13) ^ (mixed >>> 21)) & GROUP_MASK) === 0
}

/** Records that wait for the rest of their group. */
interface Held extends RecordBatch {
  /** What stands between one record and the next: it stood behind the last as well, and the hash covers it. */
  readonly gap: Buffer
}

/** Behind a record that came alone; wrong, it makes one group be read line by line. */
const USUAL_GAP = Buffer.from('\n')

/** Copied: what cut the batch may use its memory again. */
function hold({ bytes, bounds, firstRow }: RecordBatch, from: number): Held {
  const start = bounds[from] ?? 0
  const before = from === 0 ? 2 : from
  const gapTo = bounds[before]
  return {
    bytes: Buffer.from(bytes.subarray(start, bounds.at(-1))),
    bounds: bounds.slice(from).map((bound) => bound - start),
    firstRow: firstRow + from / 2,
    gap: gapTo === undefined ? USUAL_GAP : Buffer.from(bytes.subarray(bounds[before - 1], gapTo)),
  }
}

function join(held: Held, { bytes, bounds }: RecordBatch): RecordBatch {
  const start = bounds[0] ?? 0
  const moved = held.bytes.length + held.gap.length - start
  return {
    bytes: Buffer.concat([held.bytes, held.gap, bytes.subarray(start)]),
    bounds: [...held.bounds, ...bounds.map((bound) => bound + moved)],
    firstRow: held.firstRow,
  }
}
