import type { Issue } from '../../../shared/delivery.ts'
import type { Identity } from '../../../shared/entry.ts'
import { csvCells, splitCsv } from './csv.ts'
import { recordText } from './encoding.ts'
import { IDENTITY_NAMES, checkField, fieldIssue } from './facts.ts'
import { inOrder } from './found-facts.ts'
import type { FieldName } from './facts.ts'
import type { FeedFormat, ReadRow, RecordBatch } from './format.ts'
import { badFile, refusedRow, rowIssue } from './format.ts'
import type { PtlColumn } from './ptl-columns.ts'
import { readHeader } from './ptl-header.ts'
import { isoFromCell, ptlValue, scaleFrom } from './ptl-values.ts'
import { trimmed } from './trimmed.ts'

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
