import type { EntryFacts } from '../../../shared/entry.ts'
import type { SuggestionState } from '../../../shared/suggestion.ts'
import type { Escalation, Route, Step, Tumour } from '../../../shared/vocabulary.ts'
import { awaitedStep } from '../../domain/clock/awaited-step.ts'
import { tumourOf } from '../../domain/clock/tumour.ts'
import type { NextAction, Override } from '../live-entry.ts'
import type { LinkDecision } from './pathways.ts'

/** An entry with everything its row needs, as read from the database in one go. */
export interface EntryRecord {
  readonly id: number
  readonly trust: string
  readonly state: 'open' | 'closed'
  readonly facts: EntryFacts
  readonly organisations: readonly string[]
  readonly pathwayKey: string | null
  /** Keyed hash of the NHS number, cut short; null where none was sent. */
  readonly nhsHash: string | null
  /** What people decided of it and another entry, the newest word on each. [IPT-13] */
  readonly decisions: readonly LinkDecision[]
  readonly suggestion: SuggestionState | null
  /** The newest action not done, with its escalation; null: what the feed says counts. */
  readonly action: (NextAction & { readonly escalated: boolean }) | null
  /** Somebody has acknowledged the escalation there is now. [RNK-18] */
  readonly acknowledged: boolean
  /** The newest override, in force or not. */
  readonly override: Override | null
  /** When facts, notes, actions, overrides or the suggestion last changed; milliseconds since 1970. */
  readonly changedAt: number
}

/** A record held in memory, with what was worked out once for it. */
export interface HeldEntry extends EntryRecord {
  readonly pseudonym: string
  readonly tumour: Tumour
  readonly route: Route
  readonly step: Step | null
  readonly stepInferred: boolean
  readonly nextAction: NextAction | null
  readonly escalation: Escalation
  /** Clinical priority as `scale:code`. */
  readonly code: string | null
  /** Owner of the next action. */
  readonly owner: string | null
  /** Number of its last change, in the change log. [RNK-17] */
  readonly seq: number
}

/** What is worked out once for a record: tumour group, awaited step, next action. */
export function heldEntry(
  record: EntryRecord,
  route: Route,
  organisations: readonly string[],
  pseudonym: string,
  seq: number,
): HeldEntry {
  const { id, trust, state, facts, pathwayKey, nhsHash, decisions } = record
  const { suggestion, action, acknowledged, override, changedAt } = record
  const awaited = awaitedStep(facts)
  const tumour = tumourOf(facts)
  const step = awaited?.step ?? null
  const stepInferred = awaited?.inferred ?? false
  const nextAction = nextActionOf(record)
  const { priority } = facts
  const code = priority === undefined ? null : `${priority.scale}:${priority.code}`
  const owner = nextAction?.owner ?? null
  // What people here wrote comes before what the feed says.
  const isEscalated = action?.escalated ?? facts.escalated ?? false
  const escalation = !isEscalated ? 'none' : acknowledged ? 'acknowledged' : 'waiting'
  // Written out: spreading a record 300,000 times costs more than all its clocks.
  return {
    id,
    trust,
    state,
    facts,
    organisations,
    pathwayKey,
    nhsHash,
    decisions,
    suggestion,
    action,
    acknowledged,
    override,
    changedAt,
    pseudonym,
    tumour,
    route,
    step,
    stepInferred,
    nextAction,
    escalation,
    code,
    owner,
    seq,
  }
}

/** What people here wrote comes before what the feed says. */
function nextActionOf({ action, facts }: EntryRecord): NextAction | null {
  if (action !== null) return { text: action.text, owner: action.owner, dueOn: action.dueOn }
  if (facts.nextAction === undefined) return null
  return {
    text: facts.nextAction,
    owner: facts.nextActionOwner ?? null,
    dueOn: facts.nextActionDueOn ?? null,
  }
}
