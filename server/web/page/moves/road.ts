import type { Side, Suggestion, SuggestionState, Voice } from '../../../../shared/suggestion.ts'
import { mayAnswer, mayVeto, seesAlliance } from '../session/may.ts'
import type { Person } from '../session/may.ts'

/*
 * The road from suggestion to transfer as the page needs it: whose turn it is. The server has the last word on every step.
 */

/** Whose yes or no a state waits for; null where none is. */
const AWAITED: Readonly<Record<SuggestionState, Side | null>> = {
  suggested: 'referrer',
  referrerReview: 'referrer',
  patientOffered: 'patient',
  patientAccepted: 'receiver',
  receiverReview: 'receiver',
  accepted: null,
  mdsSent: null,
  received: null,
  transferred: null,
  declined: null,
  withdrawn: null,
  expired: null,
}

/** A step after the three yeses: what happened, in whose trust. */
export type Handover = 'sendMds' | 'receive' | 'complete'

const HANDOVERS: Readonly<
  Partial<Record<SuggestionState, { event: Handover; side: 'from' | 'to'; words: string }>>
> = {
  accepted: { event: 'sendMds', side: 'from', words: 'Minimum data set sent' },
  mdsSent: { event: 'receive', side: 'to', words: 'Minimum data set received' },
  received: { event: 'complete', side: 'to', words: 'Transfer complete' },
}

export function awaitedSide(state: SuggestionState): Side | null {
  return AWAITED[state]
}

/** The referring trust speaks for itself and writes down what the patient said. [MOV-42] */
function trustOf(side: Side, suggestion: Suggestion): string {
  return side === 'receiver' ? suggestion.toTrust : suggestion.fromTrust
}

/** The side this person may answer for now; null when it is not their turn. */
export function myTurn(suggestion: Suggestion, person: Person): Side | null {
  const side = awaitedSide(suggestion.state)
  if (side === null || !mayAnswer(person)) return null
  return trustOf(side, suggestion) === person.organisation ? side : null
}

/** The step after the yeses that this person's trust has to record next. */
export function myHandover(
  suggestion: Suggestion,
  person: Person,
): { readonly event: Handover; readonly words: string } | null {
  const next = HANDOVERS[suggestion.state]
  if (next === undefined || !mayAnswer(person)) return null
  const trust = next.side === 'from' ? suggestion.fromTrust : suggestion.toTrust
  return trust === person.organisation ? next : null
}

export function waitsForMe(suggestion: Suggestion, person: Person): boolean {
  return myTurn(suggestion, person) !== null || myHandover(suggestion, person) !== null
}

/** A clinician of either trust may end a move while it lives. [MOV-53] */
export function canVeto(suggestion: Suggestion, person: Person): boolean {
  const { state, fromTrust, toTrust } = suggestion
  return (
    mayVeto(person) &&
    !hasEnded(state) &&
    (fromTrust === person.organisation || toTrust === person.organisation)
  )
}

/** The receiving trust is not on the pathway yet: it sees the suggestion and no more. */
export function mayOpen(suggestion: Suggestion, person: Person): boolean {
  return suggestion.fromTrust === person.organisation || seesAlliance(person)
}

/** Over, one way or another. */
export function hasEnded(state: SuggestionState): boolean {
  return (
    state === 'transferred' || state === 'declined' || state === 'withdrawn' || state === 'expired'
  )
}

export const SIDE_WORDS: Readonly<Record<Voice, string>> = {
  referrer: 'Referring team',
  patient: 'Patient',
  receiver: 'Receiving trust',
  clinician: 'Clinician',
}
