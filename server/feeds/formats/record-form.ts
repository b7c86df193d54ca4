import { WHOLE_RECORD } from '../../../shared/refused-row.ts'
import { NATIONAL_COLUMNS } from '../../domain/codes/national-items.ts'
import { csvCells } from './csv.ts'
import { IDENTITY_NAMES, cellValue } from './facts.ts'
import type { FieldName } from './facts.ts'
import { fhir } from './fhir.ts'
import { bundleOf } from './fhir-piece.ts'
import type { FeedFormat } from './format.ts'
import { hl7 } from './hl7.ts'
import { json, ndjson } from './json.ts'
import { ncwtmdsCsv } from './ncwtmds-csv.ts'
import { ncwtmdsXml } from './ncwtmds-xml.ts'
import { ptlCsv } from './ptl-csv.ts'

/** One value of a record, by the name it has in issues. */
export interface Cell {
  readonly name: string
  readonly value: string
}

/** How a record can be shown to a person, field by field or as one piece, and sent again. */
export interface RecordForm {
  /** It is corrected as one piece of text always: a code's meaning given elsewhere does not mend it. */
  readonly isOnePiece?: true
  /** Each record is news of its own: a later one of the same key does not stand in its place. */
  readonly isMessage?: true
  /** null when the record cannot be taken apart: then it is corrected as one piece of text. */
  cells(text: string, context: string): readonly Cell[] | null
  /** The record with these cells. */
  compose(cells: readonly Cell[], context: string): string
  /** Records as one body, and the format to send it in. */
  body(
    texts: readonly string[],
    context: string,
  ): { readonly format: FeedFormat; readonly text: string }
}

/** The form of a format by its name; undefined for a format that is gone. [FEED-43] */
export function recordForm(format: string): RecordForm | undefined {
  return FORMS.get(format)
}

/** The cells of a record; one alone, of all its text, when it cannot be taken apart. */
export function cellsOf(form: RecordForm, text: string, context: string): readonly Cell[] {
  return form.cells(text, context) ?? [{ name: WHOLE_RECORD, value: text }]
}

/** The record with cells that were corrected. */
export function composed(form: RecordForm, cells: readonly Cell[], context: string): string {
  const [first] = cells
  return cells.length === 1 && first?.name === WHOLE_RECORD
    ? first.value
    : form.compose(cells, context)
}

const nationalBody: RecordForm['body'] = (texts) => ({
  format: ncwtmdsCsv,
  text: texts.map((text) => `${text}\n`).join(''),
})

const nationalForm: RecordForm = {
  cells: (text) => nationalCells(csvCells(text)),
  compose: (cells) => NATIONAL_COLUMNS.map(({ field }) => quoted(valueOf(cells, field))).join(','),
  body: nationalBody,
}

/** National XML is kept as its values in order; it goes again as the line of the national CSV that means the same. */
const nationalXmlForm: RecordForm = {
  cells: (text) => nationalCells(stringsOf(text)?.slice(0, NATIONAL_COLUMNS.length) ?? null),
  compose: (cells) => JSON.stringify(NATIONAL_COLUMNS.map(({ field }) => valueOf(cells, field))),
  body: (texts) =>
    nationalBody(
      texts.map((text) =>
        (stringsOf(text) ?? []).slice(0, NATIONAL_COLUMNS.length).map(quoted).join(','),
      ),
      '',
    ),
}

/** Columns that are passed over are kept in their places and not shown. */
const ptlForm: RecordForm = {
  cells(text, context) {
    const columns = context.split(',')
    const values = csvCells(text)
    if (values?.length !== columns.length) return null
    return columns.flatMap((name, at) =>
      name === 'ignored' ? [] : [{ name, value: values[at] ?? '' }],
    )
  },
  compose: (cells, context) =>
    context
      .split(',')
      .map((name) => quoted(valueOf(cells, name)))
      .join(','),
  body: (texts, context) => ({
    format: ptlCsv,
    text: [context.split(',').map(headerOf).join(','), ...texts]
      .map((line) => `${line}\n`)
      .join(''),
  }),
}

const jsonForm: RecordForm = {
  cells(text) {
    const value = parsed(text)
    if (!isObject(value)) return null
    return Object.entries(value).flatMap(([name, said]) =>
      name === 'identity' && isObject(said)
        ? Object.entries(said).map(([part, stated]) => cellOf(`identity.${part}`, stated))
        : [cellOf(name, said)],
    )
  },
  compose(cells) {
    const identity: Record<string, unknown> = {}
    const entry: Record<string, unknown> = {}
    for (const { name, value } of cells) {
      if (value.trim() === '') continue
      const part = name.startsWith('identity.') ? name.slice('identity.'.length) : null
      if (part !== null && isIdentityName(part)) identity[part] = jsonValue(part, value)
      else entry[name] = jsonValue(name, value)
    }
    return JSON.stringify(Object.keys(identity).length === 0 ? entry : { ...entry, identity })
  },
  body: (texts) => ({ format: ndjson, text: texts.map((text) => `${oneLine(text)}\n`).join('') }),
}

/** A message is short, and whoever mends it knows it as it is. */
const hl7Form: RecordForm = {
  isOnePiece: true,
  isMessage: true,
  cells: () => null,
  compose: (cells) => valueOf(cells, WHOLE_RECORD),
  body: (texts) => ({ format: hl7, text: texts.join('\r') }),
}

/** A pathway is shown as the Bundle that would bring it alone. */
const fhirForm: RecordForm = {
  isOnePiece: true,
  cells: (text) => [{ name: WHOLE_RECORD, value: bundleOf(text) }],
  compose: (cells) => valueOf(cells, WHOLE_RECORD),
  body: ([text = '']) => ({ format: fhir, text }),
}

const FORMS: ReadonlyMap<string, RecordForm> = new Map([
  [ncwtmdsCsv.name, nationalForm],
  [ncwtmdsXml.name, nationalXmlForm],
  [ptlCsv.name, ptlForm],
  [json.name, jsonForm],
  [ndjson.name, jsonForm],
  [hl7.name, hl7Form],
  [fhir.name, fhirForm],
])

function nationalCells(values: readonly string[] | null): readonly Cell[] | null {
  if (values?.length !== NATIONAL_COLUMNS.length) return null
  return NATIONAL_COLUMNS.map(({ field }, at) => ({ name: field, value: values[at] ?? '' }))
}

function valueOf(cells: readonly Cell[], name: string): string {
  return cells.find((cell) => cell.name === name)?.value ?? ''
}

/** A header by which the column is known again. */
function headerOf(column: string): string {
  if (column === 'ignored') return 'Current Wait'
  return column === 'prioritySetOn' ? 'Priority Date' : column
}

function quoted(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}

function stringsOf(text: string): readonly string[] | null {
  const value = parsed(text)
  return Array.isArray(value) && value.every((part) => typeof part === 'string') ? value : null
}

function cellOf(name: string, said: unknown): Cell {
  return {
    name,
    value: typeof said === 'string' ? said : said === null ? '' : JSON.stringify(said),
  }
}

/** What a person typed, as the schema of the field wants it. */
function jsonValue(name: string, value: string): unknown {
  if (/^[[{]/.test(value)) return parsed(value) ?? value
  if (value === 'true' || value === 'false') return value === 'true'
  return cellValue(name as FieldName, value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isIdentityName(name: string): boolean {
  return (IDENTITY_NAMES as readonly string[]).includes(name)
}

/** Line ends between the members of an object mean nothing; inside a string they are not JSON. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
