import { MAX_RECORD_BYTES } from '../formats/format.ts'

const START_BLOCK = 0x0b
const END_BLOCK = 0x1c
/** Of a frame that is too long, kept to answer it by. */
const HEAD_BYTES = 4_096
/** Bytes outside any frame, or in one: beyond, this is no sender of messages. */
const MOST_GARBAGE = 65_536
const MOST_SKIPPED = 16 * 1024 * 1024

/** What came of the bytes so far, in their order. */
export type FrameEvent =
  | { readonly kind: 'message'; readonly bytes: Buffer }
  /** Longer than any message: only its beginning was kept. */
  | { readonly kind: 'tooLong'; readonly bytes: Buffer }
  /** A frame began before the one before had ended: its rest will not come, and it was never acknowledged. */
  | { readonly kind: 'broken' }
  /** No end in sight: hang up. */
  | { readonly kind: 'flood' }

/**
 * Takes a stream of bytes apart in MLLP frames: 0x0b, message, 0x1c, and a carriage return that is not insisted on.
 * What stands between frames is passed over. Holds one message at most. [FEED-58]
 */
export interface FrameReader {
  push(chunk: Buffer): readonly FrameEvent[]
  /** Whether a frame has begun and not ended. */
  midFrame(): boolean
}

export function openFrames(): FrameReader {
  let parts: Buffer[] = []
  let size = 0
  let inside = false
  let garbage = 0

  function keep(part: Buffer): void {
    const room = size > MAX_RECORD_BYTES ? 0 : MAX_RECORD_BYTES + 1 - size
    size += part.length
    // A copy: the chunk it is cut from may be much larger and is used again.
    if (room > 0 && part.length > 0) parts.push(Buffer.from(part.subarray(0, room)))
  }
  function end(): FrameEvent {
    const bytes = Buffer.concat(parts)
    const tooLong = size > MAX_RECORD_BYTES
    parts = []
    size = 0
    inside = false
    return tooLong
      ? { kind: 'tooLong', bytes: bytes.subarray(0, HEAD_BYTES) }
      : { kind: 'message', bytes }
  }

  return {
    midFrame: () => inside,
    push(chunk) {
      const events: FrameEvent[] = []
      let at = 0
      while (at < chunk.length) {
        const start = chunk.indexOf(START_BLOCK, at)
        if (!inside) {
          garbage += (start === -1 ? chunk.length : start) - at
          if (garbage > MOST_GARBAGE) return [...events, { kind: 'flood' }]
          if (start === -1) break
          inside = true
          garbage = 0
          at = start + 1
          continue
        }
        const close = chunk.indexOf(END_BLOCK, at)
        if (start !== -1 && (close === -1 || start < close)) {
          parts = []
          size = 0
          events.push({ kind: 'broken' })
          at = start + 1
          continue
        }
        keep(chunk.subarray(at, close === -1 ? undefined : close))
        if (size > MOST_SKIPPED) return [...events, { kind: 'flood' }]
        if (close === -1) break
        events.push(end())
        at = close + 1
      }
      return events
    },
  }
}

/** A message as it goes on the wire. */
export function framed(text: string): Buffer {
  return Buffer.concat([
    Buffer.from([START_BLOCK]),
    Buffer.from(text),
    Buffer.from([END_BLOCK, 13]),
  ])
}
