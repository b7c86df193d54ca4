import { dayOf } from '../../domain/clock/day.ts'
import type { Identity } from '../../../shared/entry.ts'
import type { CopyRows } from './copy-rows.ts'
import { openCopyRows, wholeCopy } from './copy-rows.ts'
import { DIGEST_BYTES } from './digest.ts'
import type { JudgedEntry } from './judge.ts'
import type { WritingOptions, WrittenEntry } from './written.ts'
import { STOP_COLUMNS, written } from './written.ts'

/** Columns of the staging table, in the order in which rows are written. */
export const STAGED_COLUMNS =
  'local_id, hash, state, closed_reason, tumour, received_on, facts, pathway_key, organisations, row_number, ' +
  'key_id, sealed, nhs_hash, said_at'
const STAGED_COLUMN_COUNT = 14
export const STAGED_STOP_COLUMNS = `row_number, ${STOP_COLUMNS}`

/** Rows gathered for one COPY, in its binary format, and their clock stops in its text format. */
export interface StagedRows {
  readonly count: number
  readonly rows: readonly Buffer[]
  readonly stops: readonly Buffer[]
}

/** Gathers rows until somebody takes them. */
export interface Stage {
  /**
   * @param knownIdentity who it is known to be already: the same is not sealed again. [FEED-20]
   * @param saidAt when this was said of it, ISO 8601; absent: when the extract was made
   */
  add(entry: JudgedEntry, knownIdentity: Identity | null, saidAt?: string): void
  take(): StagedRows
}

/** Stops are few and short, and one string concatenation is the fastest writer there is for such; rows go as bytes. */
export function openStage(options: WritingOptions): Stage {
  const rows = openCopyRows()
  let stops = ''
  let count = 0
  return {
    add(entry, knownIdentity, saidAt) {
      const columns = written(entry, knownIdentity, options)
      rows.begin(STAGED_COLUMN_COUNT, columns.length + (saidAt?.length ?? 0))
      writeEntry(rows, entry, columns)
      rows.text(columns.sealed?.keyId ?? null)
      rows.bytes(columns.sealed?.sealed ?? null)
      rows.bytes(columns.sealed?.nhsHash ?? null)
      rows.text(saidAt ?? null)
      for (const stop of columns.stops) stops += `${entry.rowNumber}\t${stop}\n`
      count += 1
    },
    take() {
      const taken = {
        count,
        rows: wholeCopy(rows.take()),
        stops: stops === '' ? [] : [Buffer.from(stops)],
      }
      stops = ''
      count = 0
      return taken
    },
  }
}

/** The ten columns from `local_id` to `row_number`, in this order. */
export function writeEntry(rows: CopyRows, entry: JudgedEntry, columns: WrittenEntry): void {
  const { localId, receivedOn } = entry.facts
  rows.text(localId)
  rows.latin1(columns.hash, DIGEST_BYTES)
  rows.text(entry.state)
  rows.text(entry.closedReason)
  rows.text(entry.tumour)
  rows.date(receivedOn === undefined ? null : dayOf(receivedOn))
  rows.jsonb(columns.factsJson)
  rows.text(entry.pathwayKey)
  rows.texts(entry.organisations)
  rows.int(entry.rowNumber)
}
