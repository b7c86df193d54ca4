import { SaxesParser } from 'saxes'
import { Refusal } from '../../../shared/problem.ts'
import { MAX_RECORD_BYTES, badFile } from './format.ts'
import { openPieces } from './xml-text.ts'

/** An element without elements in it, and what it says: its text, else its attribute code, extension or value. */
export interface XmlItem {
  readonly name: string
  readonly value: string
}

export type XmlRecord = readonly XmlItem[]

/** Elements one in another; a national record needs four. */
const MOST_DEPTH = 12
const MOST_ITEMS = 400
const ENCODINGS = /^(utf-?8|us-ascii|iso-8859-1|windows-1252|utf-16(le|be)?)$/i
const VALUE_ATTRIBUTES = ['code', 'extension', 'value'] as const
const RECORD_DEPTH = 2

interface Open {
  readonly name: string
  readonly said: string
  text: string
  holdsElements: boolean
}

/**
 * Reads XML while it comes, and gives after each piece the records that ended in it. A record is an element right
 * inside the root that has elements in it; what lies between it and its items groups them and says nothing.
 *
 * No document type, so no entity but the five of XML itself: nothing can be made to grow, and nothing is fetched.
 * What is held is one record, bounded in bytes, items and depth.
 * @throws Refusal `bad-file` with line and column, never with what stands there
 */
export async function* xmlRecords(chunks: AsyncIterable<Buffer>): AsyncGenerator<XmlRecord[]> {
  const parser = new SaxesParser()
  const pieces = openPieces()
  const open: Open[] = []
  let items: XmlItem[] = []
  let records: XmlRecord[] = []
  /** Bytes since anything was understood, and since the record began: both end what nobody closed. */
  let unread = 0
  let inRecord = 0

  const refuse = (why: string): never => {
    throw badFile(`${why} Line ${parser.line}, column ${parser.column + 1}.`)
  }
  parser.on('doctype', () => refuse('The XML has a document type (DOCTYPE); none is taken.'))
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !ENCODINGS.test(encoding)) {
      refuse('The XML names an encoding that is not taken; send UTF-8.')
    }
  })
  parser.on('opentag', ({ name, attributes }) => {
    unread = 0
    const parent = open.at(-1)
    if (parent !== undefined) parent.holdsElements = true
    const attribute = VALUE_ATTRIBUTES.find((one) => attributes[one] !== undefined)
    const said = attribute === undefined ? '' : (attributes[attribute] ?? '')
    open.push({ name: localName(name), said, text: '', holdsElements: false })
    if (open.length > MOST_DEPTH) refuse(`The XML is deeper than ${MOST_DEPTH} elements.`)
    if (open.length === RECORD_DEPTH) inRecord = 0
  })
  const addText = (text: string): void => {
    unread = 0
    const element = open.at(-1)
    if (element !== undefined && open.length > RECORD_DEPTH) element.text += text
  }
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('comment', () => void (unread = 0))
  parser.on('processinginstruction', () => void (unread = 0))
  parser.on('closetag', () => {
    unread = 0
    const element = open.pop()
    if (element === undefined) return
    if (open.length >= RECORD_DEPTH && !element.holdsElements) {
      const value = element.text.trim()
      items.push({ name: element.name, value: value === '' ? element.said.trim() : value })
      if (items.length > MOST_ITEMS) refuse(`A record holds more than ${MOST_ITEMS} items.`)
    } else if (open.length === RECORD_DEPTH - 1) {
      // A leaf right inside the root is said of the file and not of a pathway.
      if (element.holdsElements) records.push(items)
      items = []
    }
  })

  function feed(text: string): XmlRecord[] {
    unread += text.length
    inRecord += text.length
    records = []
    try {
      parser.write(text)
    } catch (cause) {
      if (cause instanceof Refusal) throw cause
      refuse('The XML is broken: it is not well formed there.')
    }
    const stuck =
      unread > MAX_RECORD_BYTES || (open.length >= RECORD_DEPTH && inRecord > MAX_RECORD_BYTES)
    if (stuck) refuse(`Something in the XML does not end within ${MAX_RECORD_BYTES} bytes.`)
    return records
  }

  for await (const chunk of chunks) yield feed(pieces.text(chunk))
  yield feed(pieces.end())
  if (open.length > 0) refuse('The XML ends before it is complete. Send it whole.')
  try {
    parser.close()
  } catch {
    throw badFile('The body is no XML: it holds no element.')
  }
}

function localName(name: string): string {
  return name.slice(name.indexOf(':') + 1)
}
