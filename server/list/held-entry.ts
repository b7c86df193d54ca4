import type { EntryFacts } from '../../shared/entry.ts'
import type { SuggestionState } from '../../shared/suggestion.ts'
import type { Route, Step, Tumour } from '../../shared/vocabulary.ts'
import type { NextAction, Override } from './live-entry.ts'

/** An entry with everything its row needs, as read from the database in one go. */
export interface EntryRecord {
  readonly id: number
  readonly trust: string
  readonly state: 'open' | 'closed'
  readonly facts: EntryFacts
  readonly organisations: readonly string[]
  readonly pathwayKey: string | null
  readonly suggestion: SuggestionState | null
  /** The newest action not done, with its escalation; null: what the feed says counts. */
  readonly action: (NextAction & { readonly escalated: boolean }) | null
  /** The newest override, in force or not. */
  readonly override: Override | null
}

/** A record held in memory, with what was worked out once for it. */
export interface HeldEntry extends EntryRecord {
  readonly pseudonym: string
  readonly tumour: Tumour
  readonly route: Route
  readonly step: Step | null
  readonly stepInferred: boolean
  readonly nextAction: NextAction | null
  readonly seq: number
}
