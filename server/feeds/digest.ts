import { createHash, hash } from 'node:crypto'

const DIGEST_BYTES = 16
const LONGEST_IN_PLACE = 65_536

/** Keyed hashes of 128 bits, of a line as it came and of an entry as it is kept. [FEED-20] */
export interface Digests {
  /** Of bytes `start` to `end`. The buffer given is overwritten by the next call. */
  line(bytes: Buffer, start: number, end: number): Buffer
  text(text: string): Buffer
}

/**
 * Keyed, since both hashes cover an NHS number among facts that more people may read: without the key the few numbers
 * there are could be tried. 128 bits, since a collision would hide a change to a patient.
 */
export function openDigests(secret: Buffer): Digests {
  const key = createHash('sha256').update('ptl feed digests').update(secret).digest()
  const keyText = key.toString('hex')
  const scratch = Buffer.alloc(key.length + LONGEST_IN_PLACE)
  key.copy(scratch)
  return {
    line(bytes, start, end) {
      const length = end - start
      if (length > LONGEST_IN_PLACE) {
        const whole = createHash('sha256').update(key).update(bytes.subarray(start, end)).digest()
        return whole.subarray(0, DIGEST_BYTES)
      }
      bytes.copy(scratch, key.length, start, end)
      const used = scratch.subarray(0, key.length + length)
      return hash('sha256', used, 'buffer').subarray(0, DIGEST_BYTES)
    },
    text(text) {
      return hash('sha256', keyText + text, 'buffer').subarray(0, DIGEST_BYTES)
    },
  }
}
