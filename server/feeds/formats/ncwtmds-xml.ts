import { NATIONAL_COLUMNS, plainName } from '../../domain/codes/national-items.ts'
import type { FeedFormat, ReadRow, RecordBatch } from './format.ts'
import { refusedRow, rowIssue } from './format.ts'
import { plainKey } from './json-split.ts'
import { NATIONAL_FIELDS, readNationalCells } from './ncwtmds-csv.ts'
import type { XmlRecord } from './xml-records.ts'
import { xmlRecords } from './xml-records.ts'

/**
 * National XML: the 54 items of NCWTMDS v2.1 as elements named as the data dictionary names them, grouped or not, in
 * any order and any namespace. The schema that the national upload publishes could not be read here, so names are
 * compared by letters and digits alone, and the facts' own names are understood too. [FEED-50; DD; M]
 */
export const ncwtmdsXml: FeedFormat = {
  name: 'ncwtmds-xml',
  open() {
    return { split, read, context: () => '', carries: () => NATIONAL_FIELDS }
  },
}

const NOT_AN_ITEM = -1
const PLACES: ReadonlyMap<string, number> = new Map(
  NATIONAL_COLUMNS.flatMap(({ item, field }, at) => [
    [plainName(item), at] as const,
    [plainName(field), at] as const,
  ]),
)

/**
 * A record goes on as a JSON array: its 54 values in order, and behind them the names of elements that are no item.
 * So what is hashed and read is what was said, however the XML was laid out. [FEED-20]
 */
async function* split(chunks: AsyncIterable<Buffer>): AsyncGenerator<RecordBatch> {
  let firstRow = 1
  for await (const records of xmlRecords(chunks)) {
    if (records.length === 0) continue
    const parts = records.map((record) => Buffer.from(JSON.stringify(valuesOf(record))))
    const bounds: number[] = []
    let end = 0
    for (const part of parts) {
      bounds.push(end, end + part.length)
      end += part.length
    }
    yield { bytes: Buffer.concat(parts), bounds, firstRow }
    firstRow += records.length
  }
}

function valuesOf(record: XmlRecord): readonly string[] {
  const values = NATIONAL_COLUMNS.map(() => '')
  const others: string[] = []
  for (const { name, value } of record) {
    if (value === '') continue
    const place = PLACES.get(plainName(name)) ?? NOT_AN_ITEM
    if (place !== NOT_AN_ITEM && values[place] === '') values[place] = value
    else others.push(plainKey(name))
  }
  return [...values, ...others]
}

function read(text: string, rowNumber: number): ReadRow {
  const values = JSON.parse(text) as readonly string[]
  const cells = values.slice(0, NATIONAL_COLUMNS.length)
  const others = values.slice(NATIONAL_COLUMNS.length)
  if (cells.every((cell) => cell === '')) {
    const issue = rowIssue(rowNumber, '', {
      field: '',
      code: 'FEED-50',
      message: 'The element holds none of the 54 items of the national data set.',
      fix: 'Put each record in an element of its own right inside the root, its items as elements in it.',
    })
    return refusedRow(rowNumber, '', [issue], true)
  }
  const row = readNationalCells(cells, rowNumber)
  if (others.length === 0) return row
  const recordKey = row.kind === 'entry' ? row.entry.facts.localId.slice(0, 64) : ''
  const strange = others.map((field) =>
    rowIssue(rowNumber, recordKey, {
      field,
      code: 'FEED-50',
      message: PLACES.has(plainName(field))
        ? `The item ${field} is given twice in one record.`
        : `The element ${field} is not an item of the national data set.`,
      fix: 'Name each of the 54 items once, as the data dictionary does, and leave others out.',
    }),
  )
  const said = row.kind === 'refused' ? row.issues : []
  return refusedRow(rowNumber, row.kind === 'refused' ? row.recordKey : recordKey, [
    ...strange,
    ...said,
  ])
}
