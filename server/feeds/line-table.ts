const WORDS = 4
export const HASH_BYTES = 16
const FULLEST = 0.5

/** Positions of 128-bit hashes in flat arrays: 300,000 of them as strings in a Map would cost ten times the memory. */
export interface LineTable {
  readonly size: number
  add(hash: Buffer): void
  /** Position at which the hash was added, -1 when it was not. */
  find(hash: Buffer): number
}

/** An empty table with room for `capacity` hashes. Hashes are already evenly spread: their first word is the slot. */
export function createLineTable(capacity: number): LineTable {
  let slots = 16
  while (slots * FULLEST < capacity) slots *= 2
  const mask = slots - 1
  /** Position + 1, 0 for a free slot. */
  const positions = new Int32Array(slots)
  const words = new Int32Array(capacity * WORDS)
  let size = 0
  return {
    get size() {
      return size
    },
    add(hash) {
      let slot = hash.readInt32LE(0) & mask
      while (positions[slot] !== 0) slot = (slot + 1) & mask
      for (let word = 0; word < WORDS; word += 1) {
        words[size * WORDS + word] = hash.readInt32LE(word * 4)
      }
      size += 1
      positions[slot] = size
    },
    find(hash) {
      const first = hash.readInt32LE(0)
      let slot = first & mask
      for (;;) {
        const position = (positions[slot] ?? 0) - 1
        if (position === -1) return -1
        const at = position * WORDS
        if (
          words[at] === first &&
          words[at + 1] === hash.readInt32LE(4) &&
          words[at + 2] === hash.readInt32LE(8) &&
          words[at + 3] === hash.readInt32LE(12)
        ) {
          return position
        }
        slot = (slot + 1) & mask
      }
    },
  }
}
