import type { IsoDate } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import type { FacetCounts, ListFilter, ListRow, RankPlace } from '../../shared/list.ts'
import type { SuggestionState } from '../../shared/suggestion.ts'
import type { Role, Route, Step, Topic, Tumour } from '../../shared/vocabulary.ts'
import type { Clocks } from '../domain/clock/clock.ts'
import type { Deadline } from '../domain/rank/deadline.ts'
import type { Policy } from '../domain/rank/policy.ts'
import type { Look } from './looks/looks.ts'

/** Who looks: decides which rows exist for them. */
export interface Viewer {
  readonly personId: string
  readonly organisation: string
  readonly role: Role
}

/** One row of the change log as the follower read it. */
export interface ChangeRow {
  readonly seq: number
  readonly at: string
  readonly topic: Topic
  /** `entries`, `capacity`, `suggestions`, `delivery`, `policy`, `measures`. */
  readonly kind: string
  readonly entryIds: readonly number[]
  /** As written by `appendChanges`; null where the kind carries none. */
  readonly payload: unknown
}

/** What the list tells its listeners after it has applied some change-log rows (none when only the day changed). */
export interface ListChange {
  /** The last number applied. */
  readonly seq: number
  readonly rows: readonly ChangeRow[]
  /** Every entry whose row may differ now, in or out of the list, neighbours by pathway included. */
  readonly entryIds: ReadonlySet<number>
  /** Everything may have moved: a new day, a new policy or a reload. */
  readonly reRanked: boolean
}

/** The next action shown on a row: from the action table, else from the trust's feed. */
export interface NextAction {
  readonly text: string
  readonly owner: string | null
  readonly dueOn: IsoDate | null
}

/** A clinician's override while it is in force. [RNK-8] */
export interface Override {
  readonly tier: number
  readonly reason: string
  readonly endsOn: IsoDate
}

/**
 * An entry the list holds. `clocks`, `place` and `deadlines` are worked out on the list's day when first read
 * (getters), so reading them for everybody costs a few microseconds each.
 */
export interface LiveEntry {
  readonly id: number
  readonly trust: string
  readonly state: 'open' | 'closed'
  readonly facts: EntryFacts
  readonly organisations: readonly string[]
  /** Lowest id of the entries linked to one pathway; null where it is linked to none. [IPT-10 to IPT-14] */
  readonly pathwayId: number | null
  /** Other trusts that report the same pathway, sorted. */
  readonly alsoAt: readonly string[]
  readonly pseudonym: string
  readonly tumour: Tumour
  readonly route: Route
  readonly step: Step | null
  readonly stepInferred: boolean
  readonly override: Override | null
  readonly suggestion: SuggestionState | null
  readonly clocks: Clocks
  readonly place: RankPlace
  readonly deadlines: readonly Deadline[]
  /** Number of the last change to this entry; of one before anybody's last look, a number no later than any look. */
  readonly seq: number
}

export interface Page {
  /** Rows that match for this viewer. */
  readonly total: number
  /**
   * In rank order. A row object is the same object as before while nothing in it changed. Who oversees the
   * alliance gets rows whose next action is not quoted: free text may name somebody. [RNK-16]
   */
  readonly rows: readonly ListRow[]
}

export interface CursorPage extends Page {
  readonly nextCursor: string | null
}

/**
 * The live list: every open entry, and those with a live suggestion, in rank order, kept right by the change log.
 */
export interface LiveList {
  /** The last change-log number applied. */
  readonly seq: number
  /** The London date the order was made for. */
  asOf(): IsoDate
  /** The ranking policy in force. */
  policy(): Policy
  /** Entries read so far and in all; equal once ready. */
  readonly ready: { readonly loaded: number; readonly total: number; readonly done: boolean }
  /** `count` rows from place `from` (0 first) among those that match and this viewer may see. */
  page(filter: ListFilter, from: number, count: number, viewer: Viewer): Page
  /** As `page`, from an opaque cursor ('' for the start); resumes after the key, whatever moved since. */
  pageAfter(filter: ListFilter, cursor: string, count: number, viewer: Viewer): CursorPage
  facets(filter: ListFilter, viewer: Viewer): FacetCounts
  /** How many match for this viewer. */
  count(filter: ListFilter, viewer: Viewer): number
  /** Place of an entry among those that match, 0 first; -1 when it is not among them. */
  position(id: number, filter: ListFilter, viewer: Viewer): number
  /** Undefined also for a row this viewer may not see. */
  row(id: number, viewer: Viewer): ListRow | undefined
  facts(id: number): EntryFacts | undefined
  entry(id: number): LiveEntry | undefined
  /** In rank order. */
  entries(): Iterable<LiveEntry>
  /** What is owed to a person, in the currency the planner minimises; empty for an entry not held. [RNK-4] */
  deadlines(id: number): readonly Deadline[]
  /** What somebody has seen; undefined for who never looked. [RNK-17] */
  looked(personId: string): Look | undefined
  /** False also for entries not held. */
  maySee(id: number, viewer: Viewer): boolean
  /** The pseudonym of any entry id, held or not. */
  pseudonym(id: number): string
  /** Makes the order for another day; the list does it by itself at midnight in London. */
  rerank(asOf: IsoDate): void
  /** Called after each batch of change-log rows is applied, in order, every row once. @returns stop listening */
  onChange(listener: (change: ListChange) => void): () => void
  /** Resolves once every change-log row up to `seq` is applied. */
  caughtUp(seq: number): Promise<void>
  close(): Promise<void>
}
