import { createHash, hash } from 'node:crypto'

export const DIGEST_BYTES = 16
const LONGEST_IN_PLACE = 65_536
/** Lines up to this long share a view of the scratch for each length; a line is seldom longer. */
const LONGEST_VIEW = 2_048

/** Keyed hashes of 128 bits, of a line as it came and of an entry as it is kept. [FEED-20] */
export interface Digests {
  /** Of bytes `start` to `end`. The 16 bytes given are overwritten by the next call. */
  line(bytes: Buffer, start: number, end: number): Buffer
  /** As a string of at least DIGEST_BYTES characters, one byte each; those beyond are no part of it. */
  text(text: string): string
}

/**
 * Keyed, since both hashes cover an NHS number among facts that more people may read: without the key the few numbers
 * there are could be tried. 128 bits, since a collision would hide a change to a patient.
 *
 * Results come as strings or into one buffer kept for it: a buffer of its own for each of 300,000 lines is what the
 * garbage collector would then be busy with.
 */
export function openDigests(secret: Buffer): Digests {
  const key = createHash('sha256').update('ptl feed digests').update(secret).digest()
  const keyText = key.toString('hex')
  const scratch = Buffer.alloc(key.length + LONGEST_IN_PLACE)
  key.copy(scratch)
  const result = Buffer.alloc(DIGEST_BYTES)
  const views: Buffer[] = []
  function view(length: number): Buffer {
    if (length > LONGEST_VIEW) return scratch.subarray(0, key.length + length)
    return (views[length] ??= scratch.subarray(0, key.length + length))
  }
  return {
    line(bytes, start, end) {
      const length = end - start
      if (length > LONGEST_IN_PLACE) {
        createHash('sha256').update(key).update(bytes.subarray(start, end)).digest().copy(result)
        return result
      }
      bytes.copy(scratch, key.length, start, end)
      const digest = hash('sha256', view(length), 'binary')
      for (let at = 0; at < DIGEST_BYTES; at += 1) result[at] = digest.charCodeAt(at)
      return result
    },
    text: (text) => hash('sha256', keyText + text, 'binary'),
  }
}
