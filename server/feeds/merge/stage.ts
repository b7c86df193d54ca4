import type { Identity } from '../../../shared/entry.ts'
import type { ClockStop } from '../../domain/transfer/stops.ts'
import type { SealedIdentity } from '../../access/access.ts'
import type { Digests } from './digest.ts'
import type { JudgedEntry } from './judge.ts'

/** Columns of the staging table, in the order in which `stagedRow` writes them. */
export const STAGED_COLUMNS =
  'row_number, local_id, hash, state, closed_reason, tumour, received_on, facts, pathway_key, ' +
  'organisations, key_id, sealed, nhs_hash'
export const STAGED_STOP_COLUMNS =
  'row_number, standard, trust, stopped_on, wait_days, in_time, tumour, route, share, breach_share'

/** Rows gathered for one COPY, in its text format. */
export interface StagedRows {
  readonly count: number
  readonly rows: readonly Buffer[]
  readonly stops: readonly Buffer[]
}

/** Gathers rows until somebody takes them. */
export interface Stage {
  add(entry: JudgedEntry): void
  /** Puts what was added out of the way of the garbage collector. To be called every hundred rows or so. */
  settle(): void
  take(): StagedRows
}

/** Text and not binary: one string concatenation a row is the fastest writer there is here. */
export function openStage(options: {
  readonly seal: (identity: Identity) => SealedIdentity
  readonly digests: Digests
}): Stage {
  const { seal, digests } = options
  let rows = ''
  let stops = ''
  let count = 0
  let settledRows: Buffer[] = []
  let settledStops: Buffer[] = []
  function settle(): void {
    if (rows !== '') settledRows.push(Buffer.from(rows))
    if (stops !== '') settledStops.push(Buffer.from(stops))
    rows = ''
    stops = ''
  }
  return {
    add(entry) {
      const factsJson = JSON.stringify(entry.facts)
      const named = Object.keys(entry.identity).length > 0
      const identityJson = named ? JSON.stringify(entry.identity) : ''
      const stopRows = entry.stops.map(stopColumns)
      // What was made of the facts is hashed with them: a new site or rule changes it while they stay the same.
      const made = `${entry.state} ${entry.closedReason ?? ''} ${entry.tumour} ${entry.organisations.join()}`
      const hash = digests.text([factsJson, identityJson, made, ...stopRows].join('\n'))
      rows += stagedRow(entry, hash, factsJson, named ? seal(entry.identity) : null)
      for (const columns of stopRows) stops += `${entry.rowNumber}\t${columns}\n`
      count += 1
    },
    settle,
    take() {
      settle()
      const taken = { count, rows: settledRows, stops: settledStops }
      settledRows = []
      settledStops = []
      count = 0
      return taken
    },
  }
}

function stopColumns(stop: ClockStop): string {
  return (
    `${stop.standard}\t${stop.trust}\t${stop.stoppedOn}\t${stop.waitDays}\t${stop.inTime ? 't' : 'f'}\t` +
    `${stop.tumour}\t${stop.route}\t${stop.share}\t${stop.breachShare}`
  )
}

function stagedRow(
  entry: JudgedEntry,
  hash: string,
  factsJson: string,
  sealed: SealedIdentity | null,
): string {
  const { facts } = entry
  return (
    `${entry.rowNumber}\t${escaped(facts.localId)}\t\\\\x${hash}\t${entry.state}\t` +
    `${nullable(entry.closedReason)}\t${entry.tumour}\t${facts.receivedOn ?? '\\N'}\t${escaped(factsJson)}\t` +
    `${nullable(entry.pathwayKey)}\t{${entry.organisations.join(',')}}\t` +
    (sealed === null
      ? '\\N\t\\N\t\\N\n'
      : `${sealed.keyId}\t\\\\x${sealed.sealed.toString('hex')}\t` +
        (sealed.nhsHash === null ? '\\N\n' : `\\\\x${sealed.nhsHash.toString('hex')}\n`))
  )
}

function nullable(text: string | null): string {
  return text === null ? '\\N' : escaped(text)
}

/** Text as COPY wants it; most has nothing to escape, and a test is cheaper than four replacements. */
function escaped(text: string): string {
  if (!SPECIAL.test(text)) return text
  return text
    .replaceAll('\\', '\\\\')
    .replaceAll('\t', '\\t')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
}

const SPECIAL = /[\\\t\n\r]/
