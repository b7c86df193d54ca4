import { Refusal } from '../../../shared/problem.ts'
import { plainName } from '../../domain/codes/national-items.ts'
import type { CapacityFile } from './capacity-row.ts'
import { openCapacityRows } from './capacity-row.ts'
import { csvCells, splitCsv } from './csv.ts'
import { recordText } from './encoding.ts'
import { badFile } from './format.ts'
import { otherSeparator } from './ncwtmds-csv.ts'

import { isoFromCell, ptlValue } from './ptl-values.ts'

/** Columns of a capacity CSV, in any order; `site` and `step` only where the address does not name them. [FEED-80] */
const COLUMNS = [
  'site',
  'step',
  'day',
  'slots',
  'openToAlliance',
  'tumours',
  'noticeDays',
  'minAge',
  'maxAge',
  'maxBmi',
  'maxAsa',
  'maxPerformanceStatus',
  'anaesthetics',
  'lateralities',
  'needs',
] as const
type Column = (typeof COLUMNS)[number]

const BY_NAME: ReadonlyMap<string, Column> = new Map([
  ...COLUMNS.map((column) => [plainName(column), column] as const),
  ['date', 'day'],
  ['sitecode', 'site'],
  ['test', 'step'],
  ['open', 'openToAlliance'],
])
const LISTS: ReadonlySet<Column> = new Set(['tumours', 'anaesthetics', 'lateralities', 'needs'])
const WORDS: ReadonlySet<Column> = new Set(['site', 'step', 'day', 'openToAlliance'])
const LIMITS: ReadonlySet<Column> = new Set(COLUMNS.slice(COLUMNS.indexOf('minAge')))

/** Reads a capacity CSV with a header. @throws Refusal `bad-file` for a header that cannot be understood */
export async function readCapacityCsv(chunks: AsyncIterable<Buffer>): Promise<CapacityFile> {
  const rows = openCapacityRows()
  let header: readonly Column[] | null = null
  for await (const { bytes, bounds, firstRow } of splitCsv(chunks)) {
    for (let at = 0; at < bounds.length; at += 2) {
      const text = recordText(bytes, bounds[at] ?? 0, bounds[at + 1] ?? 0)
      const cells = csvCells(text)
      if (header === null) {
        header = columnsOf(cells, ['site', 'step', 'day', 'slots'])
        continue
      }
      // The header is no record.
      const rowNumber = firstRow + at / 2 - 1
      if (cells?.length === header.length) rows.add(rowNumber, valuesOf(header, cells))
      else rows.refuse(rowNumber, WRONG_COUNT)
    }
  }
  if (header === null) throw badFile('The file is empty. Send a header and a record a line.')
  return rows.file()
}

/**
 * The body of `PUT /api/capacity/{site}/{step}` out of CSV, to be checked like the JSON it stands for.
 * @throws Refusal `bad-request` when header and lines do not fit
 */
export function capacityDaysFromCsv(text: string): { readonly days: readonly object[] } {
  const lines = text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '')
  const header = columnsOf(csvCells(lines[0] ?? ''), ['day', 'slots'])
  if (header.includes('site') || header.includes('step')) {
    throw badFile('Site and step stand in the address; leave their columns out.')
  }
  const days = lines.slice(1).map((line, at) => {
    const cells = csvCells(line)
    if (cells?.length !== header.length) {
      throw new Refusal('bad-request', `Record ${at + 1}: ${WRONG_COUNT.message}`)
    }
    return valuesOf(header, cells)
  })
  return { days }
}

const WRONG_COUNT = {
  field: '',
  code: 'FEED-4',
  message: 'The record has another number of columns than the header.',
  fix: 'Send a value or nothing for each column; put a value with a comma in quotes.',
}

function columnsOf(cells: readonly string[] | null, wanted: readonly Column[]): readonly Column[] {
  const separator = cells?.length === 1 ? otherSeparator(cells[0] ?? '') : null
  if (separator !== null) {
    throw badFile(
      `The columns of the header are separated by ${separator}; separate them by commas.`,
    )
  }
  const columns = (cells ?? []).map((cell, at) => {
    const column = BY_NAME.get(plainName(cell))
    if (column !== undefined) return column
    throw badFile(`Column ${at + 1} of the header is not known. Known are ${COLUMNS.join(', ')}.`)
  })
  if (new Set(columns).size < columns.length)
    throw badFile('Two columns of the header mean the same.')
  const missing = wanted.filter((column) => !columns.includes(column))
  if (missing.length > 0) throw badFile(`The header lacks ${missing.join(', ')}.`)
  return columns
}

function valuesOf(
  header: readonly Column[],
  cells: readonly string[],
): Readonly<Record<string, unknown>> {
  const said: Record<string, unknown> = {}
  const limits: Record<string, unknown> = {}
  for (const [at, column] of header.entries()) {
    const cell = (cells[at] ?? '').trim()
    if (cell === '') continue
    const into = LIMITS.has(column) ? limits : said
    into[column] = valueOf(column, cell)
  }
  return Object.keys(limits).length === 0 ? said : { ...said, limits }
}

function valueOf(column: Column, cell: string): unknown {
  if (LISTS.has(column)) {
    const parts = cell.split(';').map((part) => part.trim())
    if (column === 'tumours') return parts.map((part) => ptlValue('tumour', part))
    return column === 'anaesthetics' ? parts.map((part) => ptlValue('anaesthetic', part)) : parts
  }
  if (column === 'day') return isoFromCell(cell)
  if (column === 'step') return ptlValue('step', cell)
  if (column === 'openToAlliance') return ptlValue('escalated', cell)
  if (WORDS.has(column)) return cell
  return /^\d{1,6}(\.\d{1,3})?$/.test(cell) ? Number(cell) : cell
}
