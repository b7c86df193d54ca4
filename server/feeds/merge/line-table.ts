const WORDS = 4
const WORD_BYTES = 4
export const HASH_BYTES = 16
const FULLEST = 0.5

/** Positions of 128-bit hashes in flat arrays: 300,000 of them as strings in a Map would cost ten times the memory. */
export interface LineTable {
  readonly size: number
  /** Adds hashes lying one behind another. One that is there already stands at its last position from then on. */
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
  let size = 0
  function isSame(one: number, other: number): boolean {
    for (let word = 0; word < WORDS; word += 1) {
      if (words[one + word] !== words[other + word]) return false
    }
    return true
  }
  return {
    get size() {
      return size
    },
    addAll(hashes) {
      const end = size + hashes.length / HASH_BYTES
      for (let at = 0; at < hashes.length; at += WORD_BYTES) {
        words[size * WORDS + at / WORD_BYTES] = hashes.readInt32LE(at)
      }
      while (size < end) {
        const at = size * WORDS
        let slot = (words[at] ?? 0) & mask
        while (positions[slot] !== 0 && !isSame(((positions[slot] ?? 0) - 1) * WORDS, at)) {
          slot = (slot + 1) & mask
        }
        size += 1
        positions[slot] = size
      }
    },
    find(hash) {
      const first = hash.readInt32LE(0)
      const second = hash.readInt32LE(WORD_BYTES)
      const third = hash.readInt32LE(2 * WORD_BYTES)
      const fourth = hash.readInt32LE(3 * WORD_BYTES)
      let slot = first & mask
      for (;;) {
        const position = (positions[slot] ?? 0) - 1
        if (position === -1) return -1
        const at = position * WORDS
        if (
          words[at] === first &&
          words[at + 1] === second &&
          words[at + 2] === third &&
          words[at + 3] === fourth
        ) {
          return position
        }
        slot = (slot + 1) & mask
      }
    },
  }
}
