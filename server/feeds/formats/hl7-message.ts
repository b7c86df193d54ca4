/*
 * HL7 v2 as it comes off the wire: segments of fields of repetitions of components of subcomponents, each separated
 * by what the message's own MSH says. Nothing is split before it is asked for. [FEED-51; HL7 v2.4 chapter 2]
 */

/** What a sender writes for "take this away"; an empty field says nothing. */
export const HL7_NULL = '""'

export interface Hl7Segment {
  readonly name: string
  /** Field 0 is the name; MSH is shifted so that its fields too stand at their own numbers. */
  readonly fields: readonly string[]
  readonly marks: Hl7Marks
}

export interface Hl7Message {
  readonly segments: readonly Hl7Segment[]
  /** MSH. */
  readonly header: Hl7Segment
}

/** Separators, '' for one that the message does not declare. */
export interface Hl7Marks {
  readonly field: string
  readonly component: string
  readonly repetition: string
  readonly escape: string
  readonly subcomponent: string
}

export const USUAL_MARKS: Hl7Marks = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
}

/** Far more than any message to this list has; each is a line of text that is held. */
const MOST_SEGMENTS = 2_000
const SEGMENT_NAME = /^[A-Z][A-Z0-9]{2}$/
/** One mark each, no letter, digit, blank or control character, none twice; a fifth (truncation, v2.7) is not used. */
const MARKS = /^[!-/:-@[-`{-~]{1,6}$/

/** @returns what is wrong, in words, for a text that is not one HL7 message */
export function parseHl7(text: string): Hl7Message | { readonly wrong: string } {
  const lines = text
    .split(/[\r\n\v\x1c]+/)
    .map((line) => line.trimStart())
    .filter((line) => line !== '')
  const first = lines[0]
  if (first?.startsWith('MSH') !== true) return { wrong: 'It does not begin with MSH.' }
  const marks = marksOf(first)
  if (marks === null) {
    return { wrong: 'MSH-1 and MSH-2 do not declare separators such as |^~\\&.' }
  }
  if (lines.length > MOST_SEGMENTS) return { wrong: `It has over ${MOST_SEGMENTS} segments.` }
  const segments: Hl7Segment[] = []
  for (const line of joined(lines, marks)) {
    const fields = line.split(marks.field)
    const name = fields[0] ?? ''
    if (name === 'MSH') fields.splice(1, 0, marks.field)
    segments.push({ name, fields, marks })
  }
  const header = segments[0]
  return header === undefined ? { wrong: 'It has no segment.' } : { segments, header }
}

/** The segments of a name, in order. */
export function segmentsOf(message: Hl7Message, name: string): readonly Hl7Segment[] {
  return message.segments.filter((segment) => segment.name === name)
}

/** Each repetition of a field, still encoded; none for a field that says nothing. */
export function repetitions(segment: Hl7Segment | undefined, field: number): readonly string[] {
  const raw = segment?.fields[field] ?? ''
  if (raw === '' || segment === undefined) return []
  return segment.marks.repetition === '' ? [raw] : raw.split(segment.marks.repetition)
}

/** One part of one repetition as text, trimmed and with its escapes read; '' when it is not there. Counted from 1. */
export function partOf(raw: string, marks: Hl7Marks, component = 1, subcomponent = 1): string {
  const whole = pieceOf(raw, marks.component, component)
  return unescaped(pieceOf(whole, marks.subcomponent, subcomponent), marks).trim()
}

/** One of the pieces that a mark separates, counted from 1; '' when there are fewer. Without a mark it is one piece. */
function pieceOf(text: string, mark: string, place: number): string {
  if (mark === '') return text
  let from = 0
  for (let at = 1; at < place; at += 1) {
    const next = text.indexOf(mark, from)
    if (next === -1) return ''
    from = next + 1
  }
  const end = text.indexOf(mark, from)
  return text.slice(from, end === -1 ? undefined : end)
}

/** One part of a field's first repetition. */
export function valueOf(segment: Hl7Segment | undefined, field: number, component = 1): string {
  const said = segment?.fields[field] ?? ''
  if (said === '' || segment === undefined) return ''
  return partOf(pieceOf(said, segment.marks.repetition, 1), segment.marks, component)
}

/** Text made fit for a field under the usual separators. */
export function escapedHl7(text: string): string {
  return text.replaceAll(/[|^~\\&\r\n\v\x1c]/g, (char) => ESCAPES.get(char) ?? ' ')
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['|', '\\F\\'],
  ['^', '\\S\\'],
  ['~', '\\R\\'],
  ['\\', '\\E\\'],
  ['&', '\\T\\'],
])

function marksOf(header: string): Hl7Marks | null {
  const field = header.charAt(3)
  const end = header.indexOf(field, 4)
  const others = header.slice(4, end === -1 ? undefined : end)
  if (!MARKS.test(field + others) || others === '') return null
  if (new Set(field + others).size !== others.length + 1) return null
  return {
    field,
    component: others.charAt(0),
    repetition: others.charAt(1),
    escape: others.charAt(2),
    subcomponent: others.charAt(3),
  }
}

/** A line that is no segment is the rest of a text somebody broke by hand: it belongs to the line before. */
function joined(lines: readonly string[], marks: Hl7Marks): string[] {
  const whole: string[] = []
  for (const line of lines) {
    const trimmed = line.trimStart()
    const isSegment =
      SEGMENT_NAME.test(trimmed.slice(0, 3)) &&
      (trimmed.length === 3 || trimmed.charAt(3) === marks.field)
    if (isSegment) whole.push(trimmed)
    else whole.push(`${whole.pop() ?? ''} ${trimmed}`)
  }
  return whole
}

function unescaped(text: string, marks: Hl7Marks): string {
  const { escape } = marks
  if (escape === '' || !text.includes(escape)) return text
  const parts = text.split(escape)
  let read = parts[0] ?? ''
  let at = 1
  while (at < parts.length) {
    const meant = at + 1 < parts.length ? escapeMeant(parts[at] ?? '', marks) : null
    if (meant === null) {
      // No escape but the character itself: it stays as it came.
      read += escape + (parts[at] ?? '')
      at += 1
    } else {
      read += meant + (parts[at + 1] ?? '')
      at += 2
    }
  }
  return read
}

function escapeMeant(code: string, marks: Hl7Marks): string | null {
  switch (code) {
    case 'F':
      return marks.field
    case 'S':
      return marks.component
    case 'T':
      return marks.subcomponent
    case 'R':
      return marks.repetition
    case 'E':
      return marks.escape
    case 'H':
    case 'N':
      return ''
    default:
      if (/^X([0-9A-F]{2}){1,64}$/i.test(code)) return fromHex(code.slice(1))
      // Formatting (\.br\ and the like) is a blank here; other character sets and local escapes cannot be shown.
      if (/^\.[a-z]{2}[+-]?\d{0,3}$/i.test(code)) return ' '
      return /^[CMZ][0-9A-Z]{0,12}$/i.test(code) ? '' : null
  }
}

function fromHex(hex: string): string {
  const text = Buffer.from(hex, 'hex').toString('utf8')
  return text.replaceAll(/[\0-\x1f\x7f\ufffd]/g, ' ')
}
