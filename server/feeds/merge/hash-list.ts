import { HASH_BYTES } from './line-table.ts'

/** Most deliveries are one message, of which no line is remembered. */
const FIRST_ROOM = 16

/** Hashes one behind another in one buffer: 300,000 buffers would cost ten times the memory. */
export interface HashList {
  readonly size: number
  /** @returns its place */
  add(hash: Buffer): number
  removeLast(): void
  /** The 16 bytes at a place, shared and not copied; valid until the next `add`. */
  at(place: number): Buffer
}

export function createHashList(): HashList {
  let bytes = Buffer.allocUnsafe(FIRST_ROOM * HASH_BYTES)
  let size = 0
  return {
    get size() {
      return size
    },
    add(hash) {
      if ((size + 1) * HASH_BYTES > bytes.length) {
        const larger = Buffer.allocUnsafe(bytes.length * 2)
        bytes.copy(larger)
        bytes = larger
      }
      hash.copy(bytes, size * HASH_BYTES, 0, HASH_BYTES)
      size += 1
      return size - 1
    },
    removeLast() {
      size -= 1
    },
    at: (place) => bytes.subarray(place * HASH_BYTES, (place + 1) * HASH_BYTES),
  }
}
