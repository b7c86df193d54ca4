import { createHash, hash } from 'node:crypto'

export const DIGEST_BYTES = 16
/** A bound of a record, from the first of its group on. */
const BOUND_BYTES = 4
const LONGEST_IN_PLACE = 65_536
/** Lines up to this long share a view of the scratch for each length; a line is seldom longer. */
const LONGEST_VIEW = 2_048

/** Keyed hashes of 128 bits, of a line as it came and of an entry as it is kept. [FEED-20] */
export interface Digests {
  /** Of bytes `start` to `end`. The 16 bytes given are overwritten by the next call. */
  line(bytes: Buffer, start: number, end: number): Buffer
  /**
   * Of records `from` to `to` of a batch's bounds, where each begins and ends included; null when they are too long for
   * one. The 16 bytes given are overwritten by the next call.
   */
  group(bytes: Buffer, bounds: readonly number[], from: number, to: number): Buffer | null
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
  // Made when first asked for: of messages no line is hashed.
  let lineScratch: Scratch | null = null
  let groupScratch: Scratch | null = null
  const result = Buffer.alloc(DIGEST_BYTES)
  function kept(digest: string): Buffer {
    for (let at = 0; at < DIGEST_BYTES; at += 1) result[at] = digest.charCodeAt(at)
    return result
  }
  return {
    line(bytes, start, end) {
      if (end - start > LONGEST_IN_PLACE) {
        createHash('sha256').update(key).update(bytes.subarray(start, end)).digest().copy(result)
        return result
      }
      const lines = (lineScratch ??= openScratch(key))
      const written = bytes.copy(lines.bytes, key.length, start, end)
      return kept(hash('sha256', lines.upTo(key.length + written), 'binary'))
    },
    group(bytes, bounds, from, to) {
      const start = bounds[from] ?? 0
      const end = bounds[to - 1] ?? 0
      if (end - start + (to - from) * BOUND_BYTES > LONGEST_IN_PLACE) return null
      const groups = (groupScratch ??= openScratch(groupKey(secret)))
      let at = key.length + bytes.copy(groups.bytes, key.length, start, end)
      for (let place = from; place < to; place += 1) {
        at = groups.bytes.writeInt32LE((bounds[place] ?? 0) - start, at)
      }
      return kept(hash('sha256', groups.upTo(at), 'binary'))
    },
    text: (text) => hash('sha256', keyText + text, 'binary'),
  }
}

function groupKey(secret: Buffer): Buffer {
  return createHash('sha256').update('ptl feed groups').update(secret).digest()
}

type Scratch = ReturnType<typeof openScratch>

/** Room to hash in, the key in front. */
function openScratch(key: Buffer) {
  const bytes = Buffer.alloc(key.length + LONGEST_IN_PLACE)
  key.copy(bytes)
  const views: Buffer[] = []
  return {
    bytes,
    upTo(length: number): Buffer {
      if (length > LONGEST_VIEW) return bytes.subarray(0, length)
      return (views[length] ??= bytes.subarray(0, length))
    },
  }
}
