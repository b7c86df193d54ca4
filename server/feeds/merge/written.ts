import type { Identity, WrittenFacts } from '../../../shared/entry.ts'
import type { SealedIdentity } from '../../access/access.ts'
import type { ClockStop } from '../../domain/transfer/stops.ts'
import { IDENTITY_NAMES } from '../formats/facts.ts'
import type { Digests } from './digest.ts'
import type { JudgedEntry } from './judge.ts'

/** What an entry's columns are made of, whichever way it goes into the database. */
export interface WrittenEntry {
  readonly factsJson: string
  /** Of facts, identity and what was made of them: DIGEST_BYTES characters, one byte each, and more. */
  readonly hash: string
  /** Null when the record names nobody, or whom it is known to be of. */
  readonly sealed: SealedIdentity | null
  /** STOP_COLUMNS of each clock that stopped, in the text format of COPY, without the end of the line. */
  readonly stops: readonly string[]
  /** At least the characters that all its columns come to, in UTF-16 units or bytes. */
  readonly length: number
}

export interface WritingOptions {
  readonly seal: (identity: Identity) => SealedIdentity
  readonly digests: Digests
}

export const STOP_COLUMNS =
  'standard, trust, stopped_on, wait_days, in_time, tumour, route, share, breach_share'

/**
 * Makes the documents of an entry, hashes and seals them.
 * @param knownIdentity who it is known to be already: the same is not sealed again. [FEED-20]
 */
export function written(
  entry: JudgedEntry,
  knownIdentity: Identity | null,
  { seal, digests }: WritingOptions,
): WrittenEntry {
  const { facts } = entry
  const factsJson =
    entry.written?.facts === facts ? putTogether(entry.written) : JSON.stringify(facts)
  const named = hasKeys(entry.identity)
  const identityJson = named ? JSON.stringify(entry.identity) : ''
  // What was made of the facts is hashed with them: a new site or rule changes it while they stay the same.
  const made = `${entry.state} ${entry.closedReason ?? ''} ${entry.tumour} ${entry.organisations.join()}`
  let hashed = `${factsJson}\n${identityJson}\n${made}`
  const stops = entry.stops.length === 0 ? NONE : entry.stops.map(stopColumns)
  for (const columns of stops) hashed += `\n${columns}`
  const sealed = named && !isSame(entry.identity, knownIdentity) ? seal(entry.identity) : null
  return {
    factsJson,
    hash: digests.text(hashed),
    sealed,
    stops,
    length:
      facts.localId.length +
      made.length +
      factsJson.length +
      (entry.pathwayKey?.length ?? 0) +
      (sealed?.sealed.length ?? 0),
  }
}

const NONE: readonly string[] = []

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

/** Character by character the same as `JSON.stringify` of its facts. */
function putTogether({ parts }: WrittenFacts): string {
  return `{${parts.join(',')}}`
}
