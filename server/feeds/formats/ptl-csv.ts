import type { Issue } from '../../../shared/delivery.ts'
import type { Identity } from '../../../shared/entry.ts'
import { storableText } from '../../../shared/storable-text.ts'
import { csvCells, splitCsv } from './csv.ts'
import { recordText } from './encoding.ts'
import { IDENTITY_NAMES, checkField, fieldIssue } from './facts.ts'
import { inOrder } from './found-facts.ts'
import type { FieldName } from './facts.ts'
import type { FeedFormat, OwnColumns, ReadRow, RecordBatch } from './format.ts'
import { badFile, refusedRow, rowIssue } from './format.ts'
import { otherSeparator } from './ncwtmds-csv.ts'
import type { PtlColumn } from './ptl-columns.ts'
import { nearestColumn, ptlColumn, ptlMeaning } from './ptl-columns.ts'
import { isoFromCell, ptlValue, scaleFrom } from './ptl-values.ts'
import { trimmed } from './trimmed.ts'

const LONGEST_NAME = 60
/** A number of somebody or a date: no name of a column has one, and of a record nothing may be shown. */
const A_VALUE = /\d{4}|\d[/.-]\d/

/** PTL extract: CSV with a header, columns in any order, known names and their aliases. [FEED-1, FEED-6] */
export const ptlCsv: FeedFormat = {
  name: 'ptl-csv',
  open(own = () => undefined) {
    let columns: readonly PtlColumn[] = []
    async function* split(chunks: AsyncIterable<Buffer>): AsyncGenerator<RecordBatch> {
      let header: readonly PtlColumn[] | null = null
      for await (const batch of splitCsv(chunks)) {
        let { bounds, firstRow } = batch
        if (header === null) {
          header = readHeader(recordText(batch.bytes, bounds[0] ?? 0, bounds[1] ?? 0), own)
          columns = header
          bounds = bounds.slice(2)
        } else {
          firstRow -= 1
        }
        if (bounds.length > 0) yield { bytes: batch.bytes, bounds, firstRow }
      }
      if (header === null) throw badFile('The body is empty; a header row is wanted first.')
    }
    return {
      split,
      read: (text, rowNumber) => readPtl(columns, text, rowNumber),
      context: () => columns.join(','),
      carries: () => carriedBy(columns),
    }
  },
}

/**
 * @throws Refusal `bad-file` naming each column that is not known, given twice, or missing [FEED-6]; those not known
 * stand in `unknownColumns` of its answer too, for somebody to say what they mean [FEED-44]
 */
function readHeader(text: string, own: OwnColumns): readonly PtlColumn[] {
  const names = (csvCells(text) ?? []).map((name) => name.trim())
  if (names.length < 2) {
    const separator = otherSeparator(text)
    throw badFile(
      separator === null
        ? 'The first row is not a header of at least two columns.'
        : `The columns of the header are separated by ${separator}; separate them by commas.`,
    )
  }
  if (names.some((name) => A_VALUE.test(name))) {
    throw badFile(
      'The first row holds numbers or dates, so it is a record; a header with the names of the columns is wanted first.',
    )
  }
  const unnamed = names.flatMap((name, at) => (name === '' ? [at + 1] : []))
  if (unnamed.length > 0) {
    throw badFile(
      `Columns of the header without a name: ${unnamed.slice(0, 20).join(', ')} of ${names.length}. The first row is to ` +
        'hold the names of all columns; a spreadsheet writes commas for empty ones beside or above a table. Leave those out.',
    )
  }
  const columns: PtlColumn[] = []
  const unknown: string[] = []
  for (const name of names) {
    const column = ptlColumn(name) ?? ptlMeaning(own(name) ?? '')
    if (column === undefined) unknown.push(shown(name))
    else if (column !== 'ignored' && columns.includes(column)) {
      throw badFile(`Two columns of the header mean ${column}; the second is "${shown(name)}".`)
    }
    columns.push(column ?? 'ignored')
  }
  if (unknown.length > 0) {
    throw badFile(
      `Columns of the header that are not known: ${unknown.slice(0, 20).map(described).join(', ')}. ` +
        'Rename them to a known name, leave them out, or say on the page Feeds what they mean.',
      { unknownColumns: unknown },
    )
  }
  if (!columns.includes('localId') && !(columns.includes('ppid') && columns.includes('ppidIssuer')))
    throw badFile(
      'The header has no record key: a column localId, or the two columns ppid and ppidIssuer, are wanted.',
    )
  return columns
}

function described(name: string): string {
  const near = nearestColumn(name)
  return near === null ? `"${name}"` : `"${name}" (near: ${near})`
}

/** A header is the sender's text, and told shortly. */
function shown(name: string): string {
  return storableText(name.slice(0, LONGEST_NAME))
}

function readPtl(columns: readonly PtlColumn[], text: string, rowNumber: number): ReadRow {
  const cells = csvCells(text)
  if (cells?.length !== columns.length) return misshapen(cells, columns.length, rowNumber)
  const said = new Map<PtlColumn, string>()
  for (let at = 0; at < columns.length; at += 1) {
    const cell = cells[at]
    const column = columns[at]
    if (cell === undefined || cell === '' || column === undefined || column === 'ignored') continue
    const value = trimmed(cell)
    if (value !== '') said.set(column, value)
  }
  const localId = keyOf(said)
  if (localId === null) {
    return refusedRow(rowNumber, '', [
      rowIssue(rowNumber, '', {
        field: 'localId',
        code: 'FEED-8',
        message: 'The row has no record key, so nobody can tell which pathway it is.',
        fix: 'Fill in localId, or ppid and ppidIssuer.',
      }),
    ])
  }
  return said.has('recordAction')
    ? readRemoval(said, localId, rowNumber)
    : readFacts(said, localId, rowNumber)
}

/** A column that is there and empty clears its field; a column that is not there says nothing of it. [FEED-24] */
function carriedBy(columns: readonly PtlColumn[]): ReadonlySet<FieldName> {
  return new Set(
    columns.flatMap((column): readonly FieldName[] => {
      if (!isPart(column)) return [column]
      if (column === 'priorityCode') return ['priority']
      return column === 'forename' || column === 'surname' ? ['name'] : []
    }),
  ).add('localId')
}

function keyOf(said: ReadonlyMap<PtlColumn, string>): string | null {
  const own = said.get('localId')
  if (own !== undefined) return own
  const ppid = said.get('ppid')
  const issuer = said.get('ppidIssuer')
  return ppid === undefined || issuer === undefined ? null : `${issuer}:${ppid}`
}

function readFacts(
  said: ReadonlyMap<PtlColumn, string>,
  localId: string,
  rowNumber: number,
): ReadRow {
  const recordKey = localId.slice(0, 64)
  const found = new Map<string, unknown>()
  const issues: Issue[] = []
  function take(field: FieldName, source: string, value: unknown): void {
    const result = checkField(field, value)
    if (result.ok) found.set(field, result.value)
    else issues.push(fieldIssue(rowNumber, recordKey, field, source, result.wants))
  }
  take('localId', 'localId', localId)
  for (const [column, value] of said) {
    if (!isPart(column) && column !== 'localId') take(column, column, ptlValue(column, value))
  }
  const priority = priorityOf(said)
  if (priority !== null) take('priority', 'priorityCode', priority)
  const name = [said.get('forename'), said.get('surname')].filter((part) => part !== undefined)
  if (name.length > 0 && !found.has('name')) take('name', 'surname', name.join(' '))
  const facts = inOrder(found)
  if (facts === null || issues.some((issue) => issue.severity === 'refuses-row')) {
    return refusedRow(rowNumber, recordKey, issues)
  }
  return { kind: 'entry', entry: { rowNumber, facts, identity: identityOf(found) }, issues }
}

/** Who it is, out of the fields found, in the order of the schema. */
export function identityOf(found: ReadonlyMap<string, unknown>): Identity {
  const identity: Record<string, unknown> = {}
  for (const name of IDENTITY_NAMES) {
    const value = found.get(name)
    if (value !== undefined) identity[name] = value
  }
  return identity
}

type Part = Exclude<PtlColumn, FieldName>
const PARTS: ReadonlySet<string> = new Set<Part>([
  'forename',
  'surname',
  'priorityScale',
  'priorityCode',
  'prioritySetOn',
  'recordAction',
  'ignored',
])

function isPart(column: PtlColumn): column is Part {
  return PARTS.has(column)
}

function priorityOf(said: ReadonlyMap<PtlColumn, string>): Record<string, string> | null {
  const code = said.get('priorityCode')
  if (code === undefined) return null
  return {
    scale: scaleFrom(said.get('priorityScale') ?? 'surgery'),
    code,
    setOn: isoFromCell(said.get('prioritySetOn') ?? said.get('receivedOn') ?? ''),
  }
}

/** An explicit removal: `D` or `delete` in the column Record Action. [FEED-9] */
function readRemoval(
  said: ReadonlyMap<PtlColumn, string>,
  localId: string,
  rowNumber: number,
): ReadRow {
  const action = (said.get('recordAction') ?? '').toLowerCase()
  if (action === 'd' || action === 'delete') {
    return { kind: 'removal', rowNumber, localId, reason: 'removed by the trust' }
  }
  if (action === 'u' || action === 'upsert') return readFacts(said, localId, rowNumber)
  return refusedRow(rowNumber, localId.slice(0, 64), [
    rowIssue(rowNumber, localId.slice(0, 64), {
      field: 'recordAction',
      code: 'FEED-9',
      message: 'The record action is not known.',
      fix: 'Leave it empty or write upsert to bring the row, delete to remove the pathway.',
    }),
  ])
}

function misshapen(cells: readonly string[] | null, wanted: number, rowNumber: number): ReadRow {
  const message =
    cells === null
      ? 'The row has text after a closing quote.'
      : `The row has ${cells.length} columns where the header has ${wanted}.`
  const issue = rowIssue(rowNumber, '', {
    field: '',
    code: 'FEED-4',
    message,
    fix: 'Put text that holds commas or quotes in quotes, and give each row as many columns as the header.',
  })
  return refusedRow(rowNumber, '', [issue], true)
}
