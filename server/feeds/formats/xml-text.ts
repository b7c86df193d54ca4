import { recordText } from './encoding.ts'

/**
 * Text of UTF-8 bytes that come in pieces: a character cut in two waits for its rest. A piece that is not UTF-8 is
 * read as Windows-1252, as a record of the other formats is. [FEED-5]
 */
export function openPieces(): { text(piece: Buffer): string; end(): string } {
  let rest: Buffer = Buffer.alloc(0)
  return {
    text(piece) {
      const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece])
      const whole = wholeCharacters(bytes)
      rest = Buffer.from(bytes.subarray(whole))
      return recordText(bytes, 0, whole)
    },
    end: () => recordText(rest, 0, rest.length),
  }
}

/** Bytes up to the first of a last character that has not come whole. */
function wholeCharacters(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(LONGEST_CHARACTER - 1, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0
    if (byte < CONTINUATION) break
    if (byte >= LEAD) return lengthOf(byte) > back ? bytes.length - back : bytes.length
  }
  return bytes.length
}

const LONGEST_CHARACTER = 4
const CONTINUATION = 0x80
const LEAD = 0xc0

function lengthOf(lead: number): number {
  if (lead >= 0xf0) return 4
  return lead >= 0xe0 ? 3 : 2
}
