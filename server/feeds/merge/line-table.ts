const WORDS = 4
export const HASH_BYTES = 16
const FULLEST = 0.5

/** Positions of 128-bit hashes in flat arrays: 300,000 of them as strings in a Map would cost ten times the memory. */
export interface LineTable {
  readonly size: number
  /** Adds hashes lying one behind another. */
  addAll(hashes: Buffer): void
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
  // The same memory as bytes; what is looked up is read into words the same way, in whatever order the machine has.
  const bytes = Buffer.from(words.buffer)
  const wanted = new Int32Array(WORDS)
  const wantedBytes = Buffer.from(wanted.buffer)
  let size = 0
  return {
    get size() {
      return size
    },
    addAll(hashes) {
      hashes.copy(bytes, size * HASH_BYTES)
      const end = size + hashes.length / HASH_BYTES
      while (size < end) {
        let slot = (words[size * WORDS] ?? 0) & mask
        while (positions[slot] !== 0) slot = (slot + 1) & mask
        size += 1
        positions[slot] = size
      }
    },
    find(hash) {
      hash.copy(wantedBytes)
      let slot = (wanted[0] ?? 0) & mask
      for (;;) {
        const position = (positions[slot] ?? 0) - 1
        if (position === -1) return -1
        const at = position * WORDS
        if (
          words[at] === wanted[0] &&
          words[at + 1] === wanted[1] &&
          words[at + 2] === wanted[2] &&
          words[at + 3] === wanted[3]
        ) {
          return position
        }
        slot = (slot + 1) & mask
      }
    },
  }
}
