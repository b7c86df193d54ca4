import type { CopyRows } from './copy-rows.ts'
import { openCopyRows } from './copy-rows.ts'
import type { JudgedEntry } from './judge.ts'
import { writeEntry } from './stage.ts'
import type { WritingOptions, WrittenEntry } from './written.ts'
import { STOP_COLUMNS, written } from './written.ts'

/** Columns in the order in which they are written; those of `entry` are LOADED_ENTRY_COLUMNS. */
const ENTRY_COLUMN_COUNT = 15
export const IDENTITY_COLUMNS = 'entry_id, key_id, sealed, nhs_hash'
const IDENTITY_COLUMN_COUNT = 4
export const ENTRY_STOP_COLUMNS = `entry_id, ${STOP_COLUMNS}`
const UUID_BYTES = 16
const INSTANT_BYTES = 8
const LENGTH_BYTES = 4
/** From which PostgreSQL counts instants, in microseconds. */
const EPOCH_2000_MS = Date.UTC(2000)

/** Rows for the three tables: those of the first two for `wholeCopy`, stopped clocks in the text format. */
export interface StraightCopies {
  readonly entries: readonly Buffer[]
  readonly identities: readonly Buffer[]
  readonly stops: readonly Buffer[]
}

/** Rows that only want the numbers of their entries. */
export interface StraightPart {
  readonly rowNumbers: readonly number[]
  /** @param ids of the entries, in the order of `rowNumbers`; once */
  readonly numbered: (ids: readonly number[]) => StraightCopies
}

export interface StraightRows {
  add(entry: JudgedEntry): void
  take(): StraightPart
}

/** Gathers rows of new entries. @param from of which delivery they are, ISO instants of its extract and its merge */
export function openStraightRows(
  options: WritingOptions,
  from: { readonly deliveryId: string; readonly extractAt: string; readonly at: string },
): StraightRows {
  const entries = openCopyRows()
  const identities = openCopyRows()
  const origin = originColumns(from)
  let stops: StopLine[] = []
  let named = 0
  let rowNumbers: number[] = []
  return {
    add(entry) {
      const row = rowNumbers.length
      const columns = written(entry, null, options)
      entries.begin(ENTRY_COLUMN_COUNT, columns.length)
      entries.bigintOf(row)
      writeEntry(entries, entry, columns)
      entries.columns(origin)
      if (writeIdentity(identities, row, columns)) named += 1
      for (const columnsOfStop of columns.stops) stops.push({ row, columns: columnsOfStop })
      rowNumbers.push(entry.rowNumber)
    },
    take() {
      const numberEntries = entries.takeUnnumbered()
      const numberIdentities = named === 0 ? null : identities.takeUnnumbered()
      const lines = stops
      const part: StraightPart = {
        rowNumbers,
        numbered: (ids) => ({
          entries: numberEntries(ids),
          identities: numberIdentities?.(ids) ?? [],
          stops: lines.length === 0 ? [] : [stopLines(lines, ids)],
        }),
      }
      stops = []
      named = 0
      rowNumbers = []
      return part
    },
  }
}

/** A stopped clock of the entry at a place of the part. */
interface StopLine {
  readonly row: number
  readonly columns: string
}

function stopLines(stops: readonly StopLine[], ids: readonly number[]): Buffer {
  let text = ''
  for (const { row, columns } of stops) text += `${ids[row]}\t${columns}\n`
  return Buffer.from(text)
}

function writeIdentity(rows: CopyRows, row: number, { sealed }: WrittenEntry): boolean {
  if (sealed === null) return false
  rows.begin(IDENTITY_COLUMN_COUNT, sealed.sealed.length + sealed.keyId.length)
  rows.bigintOf(row)
  rows.text(sealed.keyId)
  rows.bytes(sealed.sealed)
  rows.bytes(sealed.nhsHash)
  return true
}

/** `delivery_id, extract_at, created_at, updated_at`, the same for each row of a delivery. */
function originColumns(from: { deliveryId: string; extractAt: string; at: string }): Buffer {
  const id = Buffer.from(from.deliveryId.replaceAll('-', ''), 'hex')
  const columns = [column(id, UUID_BYTES)]
  for (const at of [from.extractAt, from.at, from.at])
    columns.push(column(instant(at), INSTANT_BYTES))
  return Buffer.concat(columns)
}

function column(value: Buffer, bytes: number): Buffer {
  if (value.length !== bytes) throw new Error('a column of the wrong length')
  const length = Buffer.alloc(LENGTH_BYTES)
  length.writeInt32BE(bytes)
  return Buffer.concat([length, value])
}

function instant(iso: string): Buffer {
  const bytes = Buffer.alloc(INSTANT_BYTES)
  bytes.writeBigInt64BE(BigInt(Date.parse(iso) - EPOCH_2000_MS) * 1000n)
  return bytes
}
