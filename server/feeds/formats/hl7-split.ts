import type { RecordBatch } from './format.ts'
import { MAX_RECORD_BYTES, badFile } from './format.ts'

const CARRIAGE_RETURN = 13
const LINE_FEED = 10
const START_BLOCK = 11
const END_BLOCK = 28

/** A batch larger than this is sent in parts: each of its messages is answered, and each refusal told. [FEED-56] */
export const MOST_MESSAGES = 20_000

/**
 * Cuts a body in messages: from a line that begins with MSH to the next one. What wraps messages in a batch (FHS, BHS,
 * BTS, FTS) and on a wire (0x0b, 0x1c) belongs to none. Segments may end in CR, LF or both. [FEED-51]
 * @throws Refusal `bad-file` for anything else outside a message, a message too long, or too many of them
 */
export async function* splitHl7(chunks: AsyncIterable<Buffer>): AsyncGenerator<RecordBatch> {
  let rest: Buffer = Buffer.alloc(0)
  let row = 1
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const { bounds, consumed } = cut(bytes, false)
    if (bounds.length > 0) {
      yield { bytes, bounds, firstRow: row }
      row += bounds.length / 2
      if (row > MOST_MESSAGES + 1) throw tooMany()
    }
    rest = bytes.subarray(consumed)
    if (rest.length > MAX_RECORD_BYTES) {
      throw badFile(
        `Message ${row} is longer than ${MAX_RECORD_BYTES} bytes. None to this list is.`,
      )
    }
  }
  const { bounds } = cut(rest, true)
  if (bounds.length > 0) yield { bytes: rest, bounds, firstRow: row }
  if (row + bounds.length / 2 > MOST_MESSAGES + 1) throw tooMany()
}

function cut(bytes: Buffer, last: boolean): { bounds: number[]; consumed: number } {
  const bounds: number[] = []
  let messageStart = -1
  let lineStart = 0
  while (lineStart < bytes.length) {
    const end = lineEnd(bytes, lineStart)
    if (end === -1 && !last) break
    const from = bytes[lineStart] === START_BLOCK ? lineStart + 1 : lineStart
    const kind = kindOf(bytes, from, end === -1 ? bytes.length : end)
    if (kind !== 'segment' && messageStart !== -1 && kind !== 'blank') {
      bounds.push(messageStart, lineStart)
      messageStart = -1
    }
    if (kind === 'header') messageStart = from
    else if (kind === 'segment' && messageStart === -1) {
      throw badFile(
        'The body is not HL7 v2: before its first message it has a line that begins with something other than MSH, FHS or BHS. A message begins with its MSH segment.',
      )
    }
    lineStart = end === -1 ? bytes.length : end + 1
  }
  if (last && messageStart !== -1) bounds.push(messageStart, bytes.length)
  return { bounds, consumed: messageStart === -1 ? lineStart : messageStart }
}

function lineEnd(bytes: Buffer, from: number): number {
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === CARRIAGE_RETURN || byte === LINE_FEED) return at
  }
  return -1
}

function kindOf(
  bytes: Buffer,
  from: number,
  end: number,
): 'header' | 'envelope' | 'segment' | 'blank' {
  let at = from
  while (at < end && (bytes[at] === 32 || bytes[at] === 9)) at += 1
  if (at >= end) return 'blank'
  if (bytes[at] === END_BLOCK) return 'envelope'
  const name = bytes.toString('latin1', at, at + 3)
  if (name === 'MSH') return 'header'
  return ENVELOPE.has(name) ? 'envelope' : 'segment'
}

const ENVELOPE: ReadonlySet<string> = new Set(['FHS', 'BHS', 'BTS', 'FTS'])

function tooMany(): Error {
  return badFile(`The body holds over ${MOST_MESSAGES} messages. Send them in several batches.`)
}
