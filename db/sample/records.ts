import type { EntryFacts, Identity } from '../../shared/entry.ts'
import { NATIONAL_CSV_COLUMNS, PTL_CSV_COLUMNS, cellsOf, csvLine, entryObject } from './columns.ts'
import type { Cells } from './columns.ts'
import { breakRow } from './dirty.ts'
import type { Fault, SampleFormat } from './dirty.ts'
import { FHIR_FRAME, fhirOf } from './fhir.ts'
import type { SampleEntry } from './pathway.ts'
import { XML_FRAME, xmlOf } from './xml.ts'

/** What stands before the first record, between two, and after the last. */
export const FRAMES: Readonly<
  Record<SampleFormat, { readonly head: string; readonly between: string; readonly tail: string }>
> = {
  ncwtmds: { head: '', between: '\r\n', tail: '\r\n' },
  ptl: { head: `${csvLine(PTL_CSV_COLUMNS)}\r\n`, between: '\r\n', tail: '\r\n' },
  json: { head: '{"entries":[\n', between: ',\n', tail: '\n]}\n' },
  ndjson: { head: '', between: '\n', tail: '\n' },
  xml: XML_FRAME,
  fhir: FHIR_FRAME,
}

/** A record as text, and the field that was broken when a fault was asked for. */
export interface SampleRecord {
  readonly text: string
  readonly brokenField: string
}

export function recordOf(
  entry: SampleEntry,
  format: SampleFormat,
  fault: Fault | null = null,
): SampleRecord {
  switch (format) {
    case 'ncwtmds':
      return csvRecord(entry, NATIONAL_CSV_COLUMNS, fault)
    case 'ptl':
      return csvRecord(entry, PTL_CSV_COLUMNS, fault)
    case 'xml': {
      const { cells, brokenField } = cellsWith(entry, fault)
      return { text: xmlOf(cells), brokenField }
    }
    case 'fhir': {
      const { object, brokenField } = objectWith(entry, fault)
      const { identity, ...facts } = object as EntryFacts & { identity: Identity }
      return { text: fhirOf(facts, identity, entry.trust), brokenField }
    }
    case 'json':
    case 'ndjson': {
      const { object, brokenField } = objectWith(entry, fault)
      return { text: JSON.stringify(object), brokenField }
    }
    default: {
      const never: never = format
      return never
    }
  }
}

function csvRecord(
  entry: SampleEntry,
  columns: readonly string[],
  fault: Fault | null,
): SampleRecord {
  const { cells, brokenField } = cellsWith(entry, fault)
  const values = columns.map((column) => cells.get(column) ?? '')
  if (fault === 'wrongColumnCount') values.push('')
  return { text: csvLine(values), brokenField }
}

function cellsWith(entry: SampleEntry, fault: Fault | null): { cells: Cells; brokenField: string } {
  const cells = cellsOf(entry)
  if (fault === null) return { cells, brokenField: '' }
  const brokenField = breakRow(fault, entry, {
    set: (field, text) => cells.set(field, text),
    remove: (field) => cells.delete(field),
  })
  return { cells, brokenField }
}

function objectWith(
  entry: SampleEntry,
  fault: Fault | null,
): { object: Record<string, unknown>; brokenField: string } {
  const object = entryObject(entry)
  if (fault === null) return { object, brokenField: '' }
  const kept = new Map(Object.entries(object))
  const who = { ...entry.identity }
  const brokenField = breakRow(fault, entry, {
    set: (field, text) => {
      if (field === 'nhsNumber') who.nhsNumber = text
      else kept.set(field, text)
    },
    remove: (field) => kept.delete(field),
  })
  kept.set('identity', who)
  return { object: Object.fromEntries(kept), brokenField }
}
