import { isAscii, isUtf8 } from 'node:buffer'
import { badFile } from './format.ts'

/** Encodings a body may name in `charset`. UTF-16 is also known by its byte order mark. [FEED-5] */
const CHARSETS: ReadonlyMap<string, string> = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['windows-1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
  ['iso-8859-1', 'windows-1252'],
  ['latin1', 'windows-1252'],
  ['utf-16', 'utf-16le'],
  ['utf-16le', 'utf-16le'],
  ['utf-16be', 'utf-16be'],
])

/** True for a charset that `utf8Chunks` can read. */
export function knownCharset(charset: string): boolean {
  return CHARSETS.has(charset.toLowerCase())
}

/**
 * The body as UTF-8 without a byte order mark, whatever it came in. [FEED-5]
 * @param charset as the content type names it; null where it names none
 * @throws Refusal `bad-file` when the body begins like something compressed or binary
 */
export async function* utf8Chunks(
  chunks: AsyncIterable<Buffer>,
  charset: string | null,
): AsyncGenerator<Buffer> {
  const named = charset === null ? 'utf-8' : (CHARSETS.get(charset.toLowerCase()) ?? 'utf-8')
  let decoder: Decoder | null = null
  let head: Buffer | null = Buffer.alloc(0)
  for await (const chunk of chunks) {
    let bytes = chunk
    if (head !== null) {
      bytes = head.length === 0 ? chunk : Buffer.concat([head, chunk])
      if (bytes.length < HEAD_BYTES) {
        head = bytes
        continue
      }
      head = null
      decoder = decoderFor(bytes, named)
      if (decoder === null) bytes = withoutMark(bytes)
    }
    if (decoder === null) yield bytes
    else yield Buffer.from(decoder.decode(bytes), 'utf8')
  }
  if (head !== null && head.length > 0) {
    decoder = decoderFor(head, named)
    yield decoder === null ? withoutMark(head) : Buffer.from(decoder.decode(head), 'utf8')
  }
  if (decoder !== null) yield Buffer.from(decoder.end(), 'utf8')
}

/**
 * Text of one record. Bytes that are not UTF-8 are read as Windows-1252, which is what a body that names no
 * charset and is not UTF-8 comes in; a name spelt `O’Neill` must not refuse its row. [FEED-5]
 */
export function recordText(bytes: Buffer, start: number, end: number): string {
  const record = bytes.subarray(start, end)
  return isUtf8(record) ? record.toString('utf8') : windows1252(record)
}

/** The same for each record of some bytes, which as a rule are all ASCII and then need no second look. */
export function recordTexts(bytes: Buffer): (start: number, end: number) => string {
  return isAscii(bytes)
    ? (start, end) => bytes.toString('latin1', start, end)
    : (start, end) => recordText(bytes, start, end)
}

const HEAD_BYTES = 4

/** What Windows-1252 has at 0x80 to 0x9f, where Latin-1 has control characters. */
const WINDOWS_C1 = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

/** Node's TextDecoder answers as Latin-1 when asked for Windows-1252 in one go (20.20), so this is done here. */
function windows1252(bytes: Buffer): string {
  return bytes
    .toString('latin1')
    .replaceAll(/[\x80-\x9f]/g, (char) => WINDOWS_C1[char.charCodeAt(0) - 0x80] ?? char)
}

/** Text out of bytes that come in pieces. */
interface Decoder {
  decode(bytes: Buffer): string
  end(): string
}

function decoderOf(encoding: string): Decoder {
  if (encoding === 'windows-1252') return { decode: windows1252, end: () => '' }
  const decoder = new TextDecoder(encoding)
  return {
    decode: (bytes) => decoder.decode(bytes, { stream: true }),
    end: () => decoder.decode(),
  }
}

function decoderFor(head: Buffer, named: string): Decoder | null {
  const [a, b, c, d] = head
  if (a === 0xff && b === 0xfe) return decoderOf('utf-16le')
  if (a === 0xfe && b === 0xff) return decoderOf('utf-16be')
  if (a === 0x1f && b === 0x8b) throw compressed('gzip')
  if (a === 0x50 && b === 0x4b && (c === 0x03 || c === 0x05)) throw compressed('zip or Excel')
  if (a === 0xd0 && b === 0xcf && c === 0x11 && d === 0xe0) throw binary('an old Excel file')
  if (head.toString('latin1', 0, 4) === '%PDF') throw binary('a PDF')
  if (named !== 'utf-8') return decoderOf(named)
  if (a === 0 && b !== 0) return decoderOf('utf-16be')
  if (a !== 0 && b === 0 && c !== 0 && d === 0) return decoderOf('utf-16le')
  if (a === 0 || b === 0) {
    throw badFile('The body begins with bytes that are not text. Send UTF-8 text.')
  }
  return null
}

function compressed(kind: string): Error {
  return badFile(`The body begins like a ${kind} file. Send the plain text, not compressed.`)
}

function binary(kind: string): Error {
  return badFile(`The body begins like ${kind}. Send the plain text.`)
}

function withoutMark(bytes: Buffer): Buffer {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes
}
