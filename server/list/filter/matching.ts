import type { AttributeFilter } from '../held/attributes.ts'
import { NOBODY } from '../held/attributes.ts'
import type { Look } from '../looks/looks.ts'

/** What filters look at, by slot, in flat arrays; `NOBODY` stands in the first word of empty slots. */
export interface Columns {
  readonly words: readonly [Uint32Array, Uint32Array]
  /** Number of the set of organisations on the pathway. */
  readonly sets: Uint32Array
  /** Number of the last change, in the change log. */
  readonly seqs: Float64Array
  readonly count: number
}

/** What narrows rows besides their attributes; null: nothing. Valid until something is taken in. */
export interface Narrowing {
  /** By number of the set: 1 where it is seen. */
  readonly seen: Uint8Array | null
  /** By slot: 1 where the text is found. */
  readonly withText: Uint8Array | null
  /** By slot: 1 where it is new to who asks. */
  readonly fresh: Uint8Array | null
}

/**
 * Sets the bit of each row that matches, in one pass over flat arrays, free of calls.
 * @param into all zero, at least a bit a slot long
 * @returns how many match
 */
export function setMatching(
  columns: Columns,
  filter: AttributeFilter,
  narrowing: Narrowing,
  into: Uint32Array,
): number {
  const { words, sets, count } = columns
  const [first, second] = words
  const [mask, more] = filter.mask
  const [value, moreValue] = filter.value
  const { seen, withText, fresh } = narrowing
  if ((filter.impossible[0] | filter.impossible[1]) !== 0) return 0
  let total = 0
  for (let slot = 0; slot < count; slot++) {
    const word = first[slot] ?? NOBODY
    if (((word ^ value) & mask) !== 0 || word === NOBODY) continue
    if ((((second[slot] ?? 0) ^ moreValue) & more) !== 0) continue
    if (seen !== null && seen[sets[slot] ?? 0] !== 1) continue
    if (withText !== null && withText[slot] !== 1) continue
    if (fresh !== null && fresh[slot] !== 1) continue
    into[slot >>> 5] = (into[slot >>> 5] ?? 0) | (1 << (slot & 31))
    total += 1
  }
  return total
}

/** Marks what is new to somebody: changed after they looked at the list, and at the entry itself. [RNK-17] */
export function markedNew(
  columns: Columns,
  look: Look | undefined,
  slotOf: (id: number) => number | undefined,
  into: Uint8Array,
): Uint8Array {
  const { seqs, count } = columns
  if (look === undefined) return into.fill(1, 0, count)
  const since = look.listSeq
  for (let slot = 0; slot < count; slot++) into[slot] = (seqs[slot] ?? 0) > since ? 1 : 0
  for (const [id, seen] of look.entries) {
    const slot = slotOf(id)
    if (slot !== undefined && (seqs[slot] ?? 0) <= seen) into[slot] = 0
  }
  return into
}
