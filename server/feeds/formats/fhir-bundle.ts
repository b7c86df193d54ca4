import { MAX_RECORD_BYTES, badFile } from './format.ts'
import { elementEnd, plainKey, skipBlank, stringEnd } from './json-split.ts'

/** Entries cut out of a Bundle, not yet parsed: start and end of each in `bytes`, in pairs. */
export interface EntryBatch {
  readonly bytes: Buffer
  readonly bounds: readonly number[]
}

const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125
const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const QUOTE = 34
const COMMA = 44
const COLON = 58
const MOST_MEMBERS = 50

/** Where in the Bundle the reading stands. */
type Place =
  | 'start'
  | 'firstKey'
  | 'key'
  | 'colon'
  | 'value'
  | 'afterValue'
  | 'firstEntry'
  | 'entry'
  | 'afterEntry'
  | 'end'

/**
 * The entries of a Bundle, cut without being parsed, in one pass and whatever the order of its members.
 * @param frame the other members of the Bundle, each a value of JSON; filled while reading, whole at the end
 * @throws Refusal `bad-file` with the place when the body is not one JSON object, holds `entry` twice, or breaks off
 */
export async function* splitBundle(
  chunks: AsyncIterable<Buffer>,
  frame: { readonly members: Map<string, unknown> },
): AsyncGenerator<EntryBatch> {
  let rest: Buffer = Buffer.alloc(0)
  let offset = 0
  let place = 'start' as Place
  let key = ''
  for await (const chunk of chunks) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    const bounds: number[] = []
    const consumed = cut(bytes, bounds)
    if (bounds.length > 0) yield { bytes, bounds }
    rest = bytes.subarray(consumed)
    offset += consumed
    if (rest.length > MAX_RECORD_BYTES) {
      throw badFile(
        `Something at byte ${offset} is longer than ${MAX_RECORD_BYTES} bytes. No resource of a pathway is.`,
      )
    }
  }
  if (place === 'start' && skipBlank(rest, 0) === rest.length) {
    throw badFile('The body holds no record.')
  }
  if (place !== 'end' || skipBlank(rest, 0) < rest.length) {
    throw badFile('The Bundle ends before it is complete. Send it whole.')
  }

  /** Goes on as far as what has come allows. @returns how far */
  function cut(bytes: Buffer, bounds: number[]): number {
    let at = 0
    for (;;) {
      at = skipBlank(bytes, at)
      if (at >= bytes.length) return at
      const next = step(bytes, at, bounds)
      if (next === at) return at
      at = next
    }
  }

  /** One token. @returns the position behind it, `at` itself when it has not all come */
  function step(bytes: Buffer, at: number, bounds: number[]): number {
    const byte = bytes[at]
    switch (place) {
      case 'start':
        if (byte !== OPEN_OBJECT) throw strange(at, 'one FHIR Bundle, a JSON object,')
        place = 'firstKey'
        return at + 1
      case 'firstKey':
      case 'key':
        if (byte === CLOSE_OBJECT && place === 'firstKey') return ended(at)
        if (byte !== QUOTE) throw strange(at, 'a key')
        return readKey(bytes, at)
      case 'colon':
        if (byte !== COLON) throw strange(at, 'a colon')
        place = 'value'
        return at + 1
      case 'value':
        return key === 'entry' ? openEntries(byte, at) : readMember(bytes, at)
      case 'afterValue':
        if (byte === CLOSE_OBJECT) return ended(at)
        if (byte !== COMMA) throw strange(at, 'a comma or }')
        place = 'key'
        return at + 1
      case 'firstEntry':
      case 'entry':
        if (byte === CLOSE_ARRAY && place === 'firstEntry') return closeEntries(at)
        return readEntry(bytes, at, bounds)
      case 'afterEntry':
        if (byte === CLOSE_ARRAY) return closeEntries(at)
        if (byte !== COMMA) throw strange(at, 'a comma or ]')
        place = 'entry'
        return at + 1
      case 'end':
        throw strange(at, 'the end of the body')
      default: {
        const never: never = place
        return never
      }
    }
  }

  function readKey(bytes: Buffer, at: number): number {
    const end = stringEnd(bytes, at)
    if (end === -1) return at
    key = bytes.toString('utf8', at + 1, end - 1)
    if (frame.members.has(key)) throw badFile(`The Bundle holds "${plainKey(key)}" twice.`)
    if (frame.members.size >= MOST_MEMBERS) throw badFile('The Bundle holds too many members.')
    frame.members.set(key, null)
    place = 'colon'
    return end
  }

  function readMember(bytes: Buffer, at: number): number {
    const end = elementEnd(bytes, at)
    if (end === -1) return at
    // A number or a word ends where the next token begins: it has all come only when that has.
    if (end === at) throw strange(at, 'a value')
    frame.members.set(key, parsed(bytes, at, end))
    place = 'afterValue'
    return end
  }

  function openEntries(byte: number | undefined, at: number): number {
    if (byte !== OPEN_ARRAY) throw badFile('The Bundle\'s "entry" is not an array.')
    place = 'firstEntry'
    return at + 1
  }

  function readEntry(bytes: Buffer, at: number, bounds: number[]): number {
    const end = elementEnd(bytes, at)
    if (end === -1) return at
    if (end === at) throw strange(at, 'an entry')
    bounds.push(at, end)
    place = 'afterEntry'
    return end
  }

  function closeEntries(at: number): number {
    place = 'afterValue'
    return at + 1
  }

  function ended(at: number): number {
    place = 'end'
    return at + 1
  }

  function parsed(bytes: Buffer, at: number, end: number): unknown {
    try {
      return JSON.parse(bytes.toString('utf8', at, end))
    } catch {
      throw badFile(`The value of "${plainKey(key)}" is not valid JSON.`)
    }
  }

  function strange(at: number, wanted: string): Error {
    return badFile(`The JSON is broken at byte ${offset + at}: ${wanted} is wanted there.`)
  }
}
