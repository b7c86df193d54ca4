/** Ids up to so many times as far apart as there are of them are looked up in a flat array. */
const SPARSEST = 16

/** Where the line of each entry that holds is; an entry has one such at the most. [FEED-8, FEED-20] */
export interface EntryPositions {
  /** -1 where it has none. */
  of(entryId: number): number
}

/** @param gone by position, 1 for a line that holds no more */
export function createEntryPositions(entryIds: Float64Array, gone: Uint8Array): EntryPositions {
  let lowest = Infinity
  let highest = -Infinity
  for (const id of entryIds) {
    if (id < lowest) lowest = id
    if (id > highest) highest = id
  }
  if (highest - lowest > SPARSEST * entryIds.length) return sparse(entryIds, gone)
  const places = new Int32Array(Math.max(highest - lowest + 1, 0))
  for (let at = 0; at < entryIds.length; at += 1) {
    if (gone[at] === 0) places[(entryIds[at] ?? 0) - lowest] = at + 1
  }
  return { of: (entryId) => (places[entryId - lowest] ?? 0) - 1 }
}

function sparse(entryIds: Float64Array, gone: Uint8Array): EntryPositions {
  const places = new Map<number, number>()
  for (let at = 0; at < entryIds.length; at += 1) {
    if (gone[at] === 0) places.set(entryIds[at] ?? 0, at)
  }
  return { of: (entryId) => places.get(entryId) ?? -1 }
}
