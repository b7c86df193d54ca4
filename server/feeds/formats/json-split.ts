import type { RecordBatch } from './format.ts'
import { MAX_RECORD_BYTES, badFile } from './format.ts'

const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const QUOTE = 34
const BACKSLASH = 92
const COMMA = 44
const COLON = 58
const LINE_FEED = 10

/** One object a line. Empty lines are no records. @throws Refusal `bad-file` for a line that is too long */
export async function* splitLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<RecordBatch> {
  let rest: Buffer = Buffer.alloc(0)
  let row = 1
  for await (const chunk of withLastLineFeed(chunks)) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const bounds: number[] = []
    let start = 0
    let end = bytes.indexOf(LINE_FEED)
    while (end !== -1) {
      if (!blank(bytes, start, end)) bounds.push(start, end)
      start = end + 1
      end = bytes.indexOf(LINE_FEED, start)
    }
    if (bounds.length > 0) {
      yield { bytes, bounds, firstRow: row }
      row += bounds.length / 2
    }
    rest = bytes.subarray(start)
    if (rest.length > MAX_RECORD_BYTES) throw tooLong(row)
  }
}

/**
 * The elements of `[...]` or of `{"entries": [...]}`, cut without being parsed: each is parsed and refused alone.
 * @throws Refusal `bad-file` with the place when the body is neither, or ends in the middle
 */
export async function* splitJson(chunks: AsyncIterable<Buffer>): AsyncGenerator<RecordBatch> {
  let rest: Buffer = Buffer.alloc(0)
  let row = 1
  let offset = 0
  let place: Place = { kind: 'start' }
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const bounds: number[] = []
    const cut = cutElements(bytes, place, bounds, offset, row)
    place = cut.place
    if (bounds.length > 0) {
      yield { bytes, bounds, firstRow: row }
      row += bounds.length / 2
    }
    rest = bytes.subarray(cut.consumed)
    offset += cut.consumed
    if (rest.length > MAX_RECORD_BYTES) throw tooLong(row)
  }
  if (place.kind === 'start' && blank(rest, 0, rest.length))
    throw badFile('The body holds no record.')
  if (place.kind !== 'end' || !blank(rest, 0, rest.length)) {
    throw badFile(`The JSON ends before it is complete, in or before record ${row}. Send it whole.`)
  }
}

/** Where in the frame around the elements the reading stands. */
type Place =
  | { readonly kind: 'start' }
  | {
      readonly kind: 'elements'
      readonly wrapped: boolean
      readonly after: 'open' | 'comma' | 'element'
    }
  | { readonly kind: 'closing' }
  | { readonly kind: 'end' }

function cutElements(
  bytes: Buffer,
  from: Place,
  bounds: number[],
  offset: number,
  row: number,
): { place: Place; consumed: number } {
  let place = from
  let at = 0
  for (;;) {
    at = skipBlank(bytes, at)
    if (at >= bytes.length) return { place, consumed: at }
    const byte = bytes[at]
    if (place.kind === 'start') {
      if (byte === OPEN_ARRAY) {
        place = { kind: 'elements', wrapped: false, after: 'open' }
        at += 1
        continue
      }
      const opened = openWrapper(bytes, at, offset)
      if (opened === -1) return { place, consumed: at }
      place = { kind: 'elements', wrapped: true, after: 'open' }
      at = opened
    } else if (place.kind === 'elements') {
      if (byte === CLOSE_ARRAY && place.after !== 'comma') {
        place = place.wrapped ? { kind: 'closing' } : { kind: 'end' }
        at += 1
      } else if (place.after === 'element') {
        if (byte !== COMMA) throw strange(offset + at, 'a comma or ]', row + bounds.length / 2)
        place = { ...place, after: 'comma' }
        at += 1
      } else {
        const end = elementEnd(bytes, at)
        if (end === -1) return { place, consumed: at }
        if (end === at) throw strange(offset + at, 'an entry', row + bounds.length / 2)
        bounds.push(at, end)
        place = { ...place, after: 'element' }
        at = end
      }
    } else if (place.kind === 'closing') {
      if (byte !== CLOSE_OBJECT) {
        throw badFile(
          `Behind "entries" stands something more, at byte ${offset + at}. The body takes the one key "entries".`,
        )
      }
      place = { kind: 'end' }
      at += 1
    } else {
      throw strange(offset + at, 'the end of the body', row)
    }
  }
}

/** Position behind `{"entries": [`, -1 while it has not all come. */
function openWrapper(bytes: Buffer, from: number, offset: number): number {
  const neither = 'The body is neither an array of entries nor {"entries": [...]}.'
  if (bytes[from] !== OPEN_OBJECT) throw badFile(`${neither} Found at byte ${offset + from}.`)
  const quote = skipBlank(bytes, from + 1)
  if (quote >= bytes.length) return -1
  if (bytes[quote] !== QUOTE) throw badFile(neither)
  const close = stringEnd(bytes, quote)
  if (close === -1) return -1
  const key = bytes.toString('utf8', quote + 1, close - 1)
  if (key !== 'entries') {
    throw badFile(
      `Unknown key "${plainKey(key)}" around the entries; only "entries" is known. A single entry goes in an array, ` +
        'one a line as application/x-ndjson.',
    )
  }
  const colon = skipBlank(bytes, close)
  if (colon >= bytes.length) return -1
  if (bytes[colon] !== COLON) throw badFile(neither)
  const array = skipBlank(bytes, colon + 1)
  if (array >= bytes.length) return -1
  if (bytes[array] !== OPEN_ARRAY) throw badFile('"entries" is not an array.')
  return array + 1
}

/** A key is shown only when it looks like one: a value in its place could be a patient's. */
export function plainKey(key: string): string {
  return /^[A-Za-z_][A-Za-z0-9_.-]{0,40}$/.test(key) && !/\d{5}/.test(key) ? key : '…'
}

/** Position behind the element at `start`; -1 while it is not whole, `start` when nothing stands there. */
export function elementEnd(bytes: Buffer, start: number): number {
  const first = bytes[start]
  if (first === QUOTE) return stringEnd(bytes, start)
  if (first !== OPEN_OBJECT && first !== OPEN_ARRAY) return scalarEnd(bytes, start)
  let depth = 0
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === QUOTE) {
      const end = stringEnd(bytes, at)
      if (end === -1) return -1
      at = end - 1
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      depth += 1
    } else if (byte === CLOSE_OBJECT || byte === CLOSE_ARRAY) {
      depth -= 1
      if (depth === 0) return at + 1
    }
  }
  return -1
}

/** Position behind the string whose opening quote is at `quote`; -1 while it is not whole. */
export function stringEnd(bytes: Buffer, quote: number): number {
  for (let at = quote + 1; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === BACKSLASH) at += 1
    else if (byte === QUOTE) return at + 1
  }
  return -1
}

function scalarEnd(bytes: Buffer, start: number): number {
  for (let at = start; at < bytes.length; at += 1) {
    const byte = bytes[at]
    if (byte === COMMA || byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) return at
  }
  return -1
}

/** The first position from `from` on with something other than white space; the length when there is none. */
export function skipBlank(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && isBlank(bytes[at])) at += 1
  return at
}

function blank(bytes: Buffer, start: number, end: number): boolean {
  return skipBlank(bytes.subarray(start, end), 0) === end - start
}

function isBlank(byte: number | undefined): boolean {
  return byte === 32 || byte === 10 || byte === 13 || byte === 9
}

async function* withLastLineFeed(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield* chunks
  yield Buffer.from('\n')
}

function strange(at: number, wanted: string, row: number): Error {
  return badFile(`The JSON is broken at byte ${at}, record ${row}: ${wanted} is wanted there.`)
}

function tooLong(row: number): Error {
  return badFile(`Record ${row} is longer than ${MAX_RECORD_BYTES} bytes. No pathway is.`)
}
