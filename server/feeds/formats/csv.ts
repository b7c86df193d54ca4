import type { RecordBatch } from './format.ts'
import { MAX_RECORD_BYTES, badFile } from './format.ts'

/*
 * A CSV reader of our own, since the whole path has to keep up with COPY: csv-parse reads 50-70,000 such rows a
 * second on a core, less than COPY alone writes, and it hands out fields where the hourly case wants the raw
 * bytes of a record to hash. Quoting is RFC 4180; a quote inside an unquoted field is an ordinary character.
 */

const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const QUOTE = 34
const COMMA = 44

/**
 * Cuts a body in records at line ends outside quotes, in bytes. Empty lines are no records; CRLF and LF both end one.
 * @throws Refusal `bad-file` for a record longer than MAX_RECORD_BYTES, which is what an unclosed quote looks like
 */
export async function* splitCsv(chunks: AsyncIterable<Buffer>): AsyncGenerator<RecordBatch> {
  let rest: Buffer = EMPTY
  let row = 1
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const { bounds, consumed } = cut(bytes)
    if (bounds.length > 0) {
      yield { bytes, bounds, firstRow: row }
      row += bounds.length / 2
    }
    rest = bytes.subarray(consumed)
    if (rest.length > MAX_RECORD_BYTES) throw endless(row, rest)
  }
  if (rest.length > 0) {
    const bounds: number[] = []
    const open = cutLast(rest, bounds)
    if (open) throw endless(row, rest)
    if (bounds.length > 0) yield { bytes: rest, bounds, firstRow: row }
  }
}

/**
 * The cells of one record.
 * @returns null when a closing quote is followed by something other than a comma
 */
export function csvCells(record: string): string[] | null {
  return record.includes('"') ? quotedCells(record) : record.split(',')
}

const EMPTY = Buffer.alloc(0)

function cut(bytes: Buffer): { bounds: number[]; consumed: number } {
  const bounds: number[] = []
  let start = 0
  let quote = bytes.indexOf(QUOTE)
  for (;;) {
    let end = bytes.indexOf(LINE_FEED, start)
    if (end === -1) break
    if (quote !== -1 && quote < end) {
      end = lineEnd(bytes, start)
      if (end === -1) break
      quote = bytes.indexOf(QUOTE, end)
    }
    pushRecord(bytes, start, end, bounds)
    start = end + 1
  }
  return { bounds, consumed: start }
}

/** The last record, which no line feed ends. @returns true when a quote is still open */
function cutLast(bytes: Buffer, bounds: number[]): boolean {
  const ended = Buffer.concat([bytes, Buffer.from('\n')])
  if (bytes.includes(QUOTE) && lineEnd(ended, 0) === -1) return true
  pushRecord(bytes, 0, bytes.length, bounds)
  return false
}

function pushRecord(bytes: Buffer, start: number, end: number, bounds: number[]): void {
  const last = end > start && bytes[end - 1] === CARRIAGE_RETURN ? end - 1 : end
  if (last > start) bounds.push(start, last)
}

/** Position of the line feed that ends the record at `start`, -1 when it is not in these bytes. */
function lineEnd(bytes: Buffer, start: number): number {
  let atFieldStart = true
  let quoted = false
  let closedAt = -1
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (quoted) {
      // A doubled quote closes and opens again: the state ends up right without looking ahead.
      if (byte === QUOTE) {
        quoted = false
        closedAt = at
      }
    } else if (byte === LINE_FEED) {
      return at
    } else if (byte === QUOTE && (atFieldStart || closedAt === at - 1)) {
      quoted = true
    }
    atFieldStart = byte === COMMA && !quoted
  }
  return -1
}

function quotedCells(record: string): string[] | null {
  const cells: string[] = []
  let at = 0
  for (;;) {
    if (record.charCodeAt(at) === QUOTE) {
      const close = closingQuote(record, at + 1)
      if (close === -1) return null
      cells.push(record.slice(at + 1, close).replaceAll('""', '"'))
      at = close + 1
      if (at < record.length && record.charCodeAt(at) !== COMMA) return null
    } else {
      const comma = record.indexOf(',', at)
      const end = comma === -1 ? record.length : comma
      cells.push(record.slice(at, end))
      at = end
    }
    if (at >= record.length) return cells
    at += 1
    if (at === record.length) {
      cells.push('')
      return cells
    }
  }
}

function closingQuote(record: string, from: number): number {
  let at = record.indexOf('"', from)
  while (at !== -1 && record.charCodeAt(at + 1) === QUOTE) at = record.indexOf('"', at + 2)
  return at
}

/** What is wrong with a record that does not end. */
function endless(row: number, rest: Buffer): Error {
  const within = `Record ${row} does not end within ${MAX_RECORD_BYTES} bytes or before the end of the body`
  if (rest.includes(QUOTE)) {
    return badFile(
      `${within}: a quote was opened and not closed. Close it, double any quote inside a quoted field, and send the file again.`,
    )
  }
  const returns = rest.includes(CARRIAGE_RETURN) ? ', a carriage return alone is none' : ''
  return badFile(`${within}. End each record with a line feed${returns}, and send the file again.`)
}
