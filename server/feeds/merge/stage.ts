import type { Identity } from '../../../shared/entry.ts'
import type { ClockStop } from '../../domain/transfer/stops.ts'
import type { SealedIdentity } from '../../access/access.ts'
import { dayOf } from '../../domain/clock/day.ts'
import { IDENTITY_NAMES } from '../formats/facts.ts'
import type { CopyRows } from './copy-rows.ts'
import { openCopyRows } from './copy-rows.ts'
import type { Digests } from './digest.ts'
import { DIGEST_BYTES } from './digest.ts'
import type { JudgedEntry } from './judge.ts'

/** Columns of the staging table, in the order in which rows are written. */
export const STAGED_COLUMNS =
  'row_number, local_id, hash, state, closed_reason, tumour, received_on, facts, pathway_key, ' +
  'organisations, key_id, sealed, nhs_hash'
const STAGED_COLUMN_COUNT = 13
export const STAGED_STOP_COLUMNS =
  'row_number, standard, trust, stopped_on, wait_days, in_time, tumour, route, share, breach_share'

/** Rows gathered for one COPY, in its binary format, and their clock stops in its text format. */
export interface StagedRows {
  readonly count: number
  readonly rows: readonly Buffer[]
  readonly stops: readonly Buffer[]
}

/** Gathers rows until somebody takes them. */
export interface Stage {
  /** @param knownIdentity who it is known to be already: the same is not sealed again. [FEED-20] */
  add(entry: JudgedEntry, knownIdentity: Identity | null): void
  take(): StagedRows
}

/** Stops are few and short, and one string concatenation is the fastest writer there is for such; rows go as bytes. */
export function openStage(options: {
  readonly seal: (identity: Identity) => SealedIdentity
  readonly digests: Digests
}): Stage {
  const { seal, digests } = options
  const rows = openCopyRows()
  let stops = ''
  let count = 0
  return {
    add(entry, knownIdentity) {
      const { facts, written } = entry
      const factsJson = written?.facts === facts ? written.json : JSON.stringify(facts)
      const named = hasKeys(entry.identity)
      const identityJson = named ? JSON.stringify(entry.identity) : ''
      // What was made of the facts is hashed with them: a new site or rule changes it while they stay the same.
      const made = `${entry.state} ${entry.closedReason ?? ''} ${entry.tumour} ${entry.organisations.join()}`
      let hashed = `${factsJson}\n${identityJson}\n${made}`
      for (const stop of entry.stops) {
        const columns = stopColumns(stop)
        hashed += `\n${columns}`
        stops += `${entry.rowNumber}\t${columns}\n`
      }
      writeRow(
        rows,
        entry,
        digests.text(hashed),
        factsJson,
        made,
        named && !isSame(entry.identity, knownIdentity) ? seal(entry.identity) : null,
      )
      count += 1
    },
    take() {
      const taken = {
        count,
        rows: rows.take(),
        stops: stops === '' ? [] : [Buffer.from(stops)],
      }
      stops = ''
      count = 0
      return taken
    },
  }
}

function isSame(said: Identity, known: Identity | null): boolean {
  return known !== null && IDENTITY_NAMES.every((name) => said[name] === known[name])
}

function hasKeys(identity: Identity): boolean {
  for (const _ in identity) return true
  return false
}

function stopColumns(stop: ClockStop): string {
  return (
    `${stop.standard}\t${stop.trust}\t${stop.stoppedOn}\t${stop.waitDays}\t${stop.inTime ? 't' : 'f'}\t` +
    `${stop.tumour}\t${stop.route}\t${stop.share}\t${stop.breachShare}`
  )
}

function writeRow(
  rows: CopyRows,
  entry: JudgedEntry,
  hash: string,
  factsJson: string,
  made: string,
  sealed: SealedIdentity | null,
): void {
  const { facts, organisations } = entry
  const { localId, receivedOn } = facts
  const pathway = entry.pathwayKey
  rows.begin(
    STAGED_COLUMN_COUNT,
    localId.length +
      made.length +
      factsJson.length +
      (pathway?.length ?? 0) +
      (sealed?.sealed.length ?? 0),
  )
  rows.int(entry.rowNumber)
  rows.text(localId)
  rows.latin1(hash, DIGEST_BYTES)
  rows.text(entry.state)
  rows.text(entry.closedReason)
  rows.text(entry.tumour)
  rows.date(receivedOn === undefined ? null : dayOf(receivedOn))
  rows.jsonb(factsJson)
  rows.text(pathway)
  rows.texts(organisations)
  rows.text(sealed?.keyId ?? null)
  rows.bytes(sealed?.sealed ?? null)
  rows.bytes(sealed?.nhsHash ?? null)
}
