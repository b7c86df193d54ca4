import type { Issue } from '../../../shared/delivery.ts'
import type { Identity } from '../../../shared/entry.ts'
import type { FeedFormat, ReadRow } from './format.ts'
import { refusedRow, rowIssue } from './format.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import { csvCells, splitCsv } from './csv.ts'
import type { FieldName } from './facts.ts'
import { cellValue, checkField, fieldIssue } from './facts.ts'
import { NATIONAL_COLUMNS } from '../../domain/codes/national-items.ts'
import { readPlainLine } from './national-plain.ts'
import { trimmed } from './trimmed.ts'

/** National CSV: no header, 54 columns in dictionary order, one record a pathway. [FEED-1; DD, NCWTMDS v2.1] */
export const ncwtmdsCsv: FeedFormat = {
  name: 'ncwtmds-csv',
  open() {
    return {
      split: splitCsv,
      read: readNational,
      context: () => '',
      carries: () => NATIONAL_FIELDS,
    }
  },
}

/** What the 54 items say, and the key made of two of them. [FEED-24] */
export const NATIONAL_FIELDS: ReadonlySet<FieldName> = new Set<FieldName>([
  'localId',
  ...NATIONAL_COLUMNS.map(({ field }) => field),
])

const COLUMN_COUNT = NATIONAL_COLUMNS.length
/** Fewer names than this are no header, whatever they say. */
const NAMES_OF_A_HEADER = 5
const PPID_COLUMN = 2
const ISSUER_COLUMN = 3

function readNational(text: string, rowNumber: number): ReadRow {
  return readPlainLine(text, rowNumber) ?? readWithCare(text, rowNumber)
}

function readWithCare(text: string, rowNumber: number): ReadRow {
  const cells = csvCells(text)
  if (rowNumber === 1 && cells !== null && isHeader(cells)) return header(rowNumber)
  if (cells?.length !== COLUMN_COUNT) return misshapen(cells, text, rowNumber)
  return readNationalCells(cells, rowNumber)
}

/** A record of the national data set from its 54 values in dictionary order, '' where one is not given. */
export function readNationalCells(cells: readonly string[], rowNumber: number): ReadRow {
  const ppid = (cells[PPID_COLUMN] ?? '').trim()
  const issuer = (cells[ISSUER_COLUMN] ?? '').trim()
  if (ppid === '' || issuer === '') return keyless(rowNumber, ppid === '')
  const localId = `${issuer}:${ppid}`
  // The columns stand in the order of the schema, so the facts come out in that order. [FEED-20]
  const facts: Record<string, unknown> = { localId }
  let identity: Identity = {}
  let issues: Issue[] | null = null
  for (let at = 0; at < COLUMN_COUNT; at += 1) {
    const cell = cells[at]
    if (cell === undefined || cell === '') continue
    const value = trimmed(cell)
    const column = NATIONAL_COLUMNS[at]
    if (value === '' || column === undefined) continue
    const { field } = column
    const result = checkField(field, cellValue(field, value))
    if (!result.ok) {
      issues ??= []
      issues.push(fieldIssue(rowNumber, localId, field, field, result.wants))
    } else if (field === 'nhsNumber') {
      identity = { nhsNumber: String(result.value) }
    } else {
      facts[field] = result.value
    }
  }
  if (issues !== null) return refusedRow(rowNumber, safeKey(localId), issues)
  return {
    kind: 'entry',
    entry: { rowNumber, facts: facts as unknown as EntryFacts, identity },
    issues: [],
  }
}

function safeKey(localId: string): string {
  return localId.slice(0, 64)
}

/** A name where the NHS number belongs, and no value anywhere: a record has digits in one place or another. */
function isHeader(cells: readonly string[]): boolean {
  const said = cells.filter((cell) => cell.trim() !== '')
  if (said.length < NAMES_OF_A_HEADER || !/^\W*[A-Za-z]{2}/.test(cells[0] ?? '')) return false
  return !said.some((cell) => /^\s*\d+\s*$/.test(cell) || /\d{4}-\d{2}-\d{2}/.test(cell))
}

function header(rowNumber: number): ReadRow {
  return refusedRow(
    rowNumber,
    '',
    [
      rowIssue(rowNumber, '', {
        field: '',
        code: 'FEED-4',
        message: 'The first record is a header; the national file has none.',
        fix: 'Leave the header out, or send the extract as profile=ptl.',
      }),
    ],
    true,
  )
}

function keyless(rowNumber: number, noPpid: boolean): ReadRow {
  const field = noPpid ? 'ppid' : 'ppidIssuer'
  return refusedRow(rowNumber, '', [
    rowIssue(rowNumber, '', {
      field,
      code: 'FEED-8',
      message: `The record has no ${field}, so nobody can tell which pathway it is.`,
      fix: 'Send the patient pathway identifier (column 3) and its issuer (column 4).',
    }),
  ])
}

function misshapen(cells: readonly string[] | null, text: string, rowNumber: number): ReadRow {
  const found =
    cells === null
      ? 'has text after a closing quote'
      : `has ${cells.length} column${cells.length === 1 ? '' : 's'} where ${COLUMN_COUNT} are wanted`
  const separator = cells?.length === 1 ? otherSeparator(text, SEPARATED_COLUMNS) : null
  const issue = rowIssue(rowNumber, '', {
    field: '',
    code: 'FEED-4',
    message: `The record ${found}.`,
    fix:
      separator === null
        ? 'Send the 54 items of NCWTMDS v2.1 in order, text with commas or quotes in quotes.'
        : `The columns are separated by ${separator}; separate them by commas.`,
  })
  return refusedRow(rowNumber, '', [issue], true)
}

/** What separates the columns when it is not a comma, in words; null for what is no line of columns at all. */
export function otherSeparator(text: string, columnsAtLeast = 2): string | null {
  if (UNPRINTABLE.test(text)) return null
  const found = SEPARATORS.find(([one]) => text.split(one).length >= columnsAtLeast)
  return found?.[1] ?? null
}

const SEPARATORS = [
  [';', 'semicolons'],
  ['\t', 'tabs'],
  ['|', 'bars'],
] as const
/** Of 54 national ones; a semicolon in a line of something else is no sign of columns. */
const SEPARATED_COLUMNS = 10
/** Control characters other than tab and line ends, and what stands for bytes that are no text. */
const UNPRINTABLE = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffd]/
