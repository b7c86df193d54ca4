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

/** Rows for COPY straight into the three tables, and what became of each. */
export interface StraightPart {
  readonly entries: readonly Buffer[]
  readonly identities: readonly Buffer[]
  readonly stops: readonly Buffer[]
  readonly rowNumbers: readonly number[]
  readonly entryIds: readonly number[]
}

export interface StraightRows {
  add(entry: JudgedEntry, entryId: number): void
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
  let stops = ''
  let named = 0
  let rowNumbers: number[] = []
  let entryIds: number[] = []
  return {
    add(entry, entryId) {
      const columns = written(entry, null, options)
      entries.begin(ENTRY_COLUMN_COUNT, columns.length)
      entries.bigint(entryId)
      writeEntry(entries, entry, columns)
      entries.columns(origin)
      if (writeIdentity(identities, entryId, columns)) named += 1
      for (const stop of columns.stops) stops += `${entryId}\t${stop}\n`
      rowNumbers.push(entry.rowNumber)
      entryIds.push(entryId)
    },
    take() {
      const part = {
        entries: entries.take(),
        identities: named === 0 ? [] : identities.take(),
        stops: stops === '' ? [] : [Buffer.from(stops)],
        rowNumbers,
        entryIds,
      }
      stops = ''
      named = 0
      rowNumbers = []
      entryIds = []
      return part
    },
  }
}

function writeIdentity(rows: CopyRows, entryId: number, { sealed }: WrittenEntry): boolean {
  if (sealed === null) return false
  rows.begin(IDENTITY_COLUMN_COUNT, sealed.sealed.length + sealed.keyId.length)
  rows.bigint(entryId)
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
