import type { Side, SuggestionState } from '../../../shared/suggestion.ts'

/**
 * What can happen to a suggestion. Answers come from people, a `veto` from a clinician at any time; `withdraw` and
 * `expire` from facts and time.
 */
export type MoveEvent =
  | 'referrer:open'
  | 'referrer:yes'
  | 'referrer:no'
  | 'patient:yes'
  | 'patient:no'
  | 'receiver:open'
  | 'receiver:yes'
  | 'receiver:no'
  | 'sendMds'
  | 'receive'
  | 'complete'
  | 'veto'
  | 'withdraw'
  | 'expire'

/** What a step does to the slot: `hold` promises it, `release` frees it again; otherwise it stays as it is. */
export type SlotEffect = 'hold' | 'release' | 'none'

export interface Transition {
  readonly to: SuggestionState
  readonly slot: SlotEffect
}

/**
 * The road from suggestion to transfer, whole. What is not in the table is refused. [MOV-40..MOV-47, MOV-53]
 *
 * The slot is held from the first yes; every end before `transferred` that comes after a yes frees it.
 */
const ROAD: Readonly<Record<SuggestionState, Partial<Record<MoveEvent, Transition>>>> = {
  suggested: {
    'referrer:open': { to: 'referrerReview', slot: 'none' },
    'referrer:yes': { to: 'patientOffered', slot: 'hold' },
    'referrer:no': { to: 'declined', slot: 'none' },
    veto: { to: 'declined', slot: 'none' },
    withdraw: { to: 'withdrawn', slot: 'none' },
    expire: { to: 'expired', slot: 'none' },
  },
  referrerReview: {
    'referrer:yes': { to: 'patientOffered', slot: 'hold' },
    'referrer:no': { to: 'declined', slot: 'none' },
    veto: { to: 'declined', slot: 'none' },
    withdraw: { to: 'withdrawn', slot: 'none' },
    expire: { to: 'expired', slot: 'none' },
  },
  patientOffered: {
    'patient:yes': { to: 'patientAccepted', slot: 'none' },
    'patient:no': { to: 'declined', slot: 'release' },
    veto: { to: 'declined', slot: 'release' },
    withdraw: { to: 'withdrawn', slot: 'release' },
    expire: { to: 'expired', slot: 'release' },
  },
  patientAccepted: {
    'receiver:open': { to: 'receiverReview', slot: 'none' },
    'receiver:yes': { to: 'accepted', slot: 'none' },
    'receiver:no': { to: 'declined', slot: 'release' },
    veto: { to: 'declined', slot: 'release' },
    withdraw: { to: 'withdrawn', slot: 'release' },
    expire: { to: 'expired', slot: 'release' },
  },
  receiverReview: {
    'receiver:yes': { to: 'accepted', slot: 'none' },
    'receiver:no': { to: 'declined', slot: 'release' },
    veto: { to: 'declined', slot: 'release' },
    withdraw: { to: 'withdrawn', slot: 'release' },
    expire: { to: 'expired', slot: 'release' },
  },
  accepted: {
    sendMds: { to: 'mdsSent', slot: 'none' },
    veto: { to: 'declined', slot: 'release' },
    withdraw: { to: 'withdrawn', slot: 'release' },
    expire: { to: 'expired', slot: 'release' },
  },
  mdsSent: {
    receive: { to: 'received', slot: 'none' },
    veto: { to: 'declined', slot: 'release' },
    withdraw: { to: 'withdrawn', slot: 'release' },
    expire: { to: 'expired', slot: 'release' },
  },
  received: {
    complete: { to: 'transferred', slot: 'none' },
    veto: { to: 'declined', slot: 'release' },
    withdraw: { to: 'withdrawn', slot: 'release' },
  },
  transferred: {},
  declined: {},
  withdrawn: {},
  expired: {},
}

/** The step `event` makes from `state`, or null where the road has none: the caller refuses, saying what is awaited. */
export function transition(state: SuggestionState, event: MoveEvent): Transition | null {
  return ROAD[state][event] ?? null
}

/** The side whose answer a suggestion waits for; null once all three have answered or it has ended. [MOV-41] */
export function awaitedSide(state: SuggestionState): Side | null {
  switch (state) {
    case 'suggested':
    case 'referrerReview':
      return 'referrer'
    case 'patientOffered':
      return 'patient'
    case 'patientAccepted':
    case 'receiverReview':
      return 'receiver'
    case 'accepted':
    case 'mdsSent':
    case 'received':
    case 'transferred':
    case 'declined':
    case 'withdrawn':
    case 'expired':
      return null
  }
}

/**
 * The organisations of which one may make `event` happen: the referring trust speaks for itself and writes down the
 * patient's answer; a veto is open to clinicians of both; none where facts and time do it. [MOV-42, MOV-53]
 */
export function actingTrusts(
  event: MoveEvent,
  move: { readonly fromTrust: string; readonly toTrust: string },
): readonly string[] {
  switch (event) {
    case 'referrer:open':
    case 'referrer:yes':
    case 'referrer:no':
    case 'patient:yes':
    case 'patient:no':
    case 'sendMds':
      return [move.fromTrust]
    case 'receiver:open':
    case 'receiver:yes':
    case 'receiver:no':
    case 'receive':
    case 'complete':
      return [move.toTrust]
    case 'veto':
      return [move.fromTrust, move.toTrust]
    case 'withdraw':
    case 'expire':
      return []
  }
}
