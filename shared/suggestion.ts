import { z } from 'zod'
import { isoDate } from './date.ts'
import { step, tumour } from './vocabulary.ts'

/** States of the road from suggestion to transfer. [MOV-n in RULES.md; domain.md section 6] */
export const SUGGESTION_STATES = {
  suggested: 'Suggested',
  referrerReview: 'With the referring team',
  patientOffered: 'Offered to the patient',
  patientAccepted: 'Patient accepted',
  receiverReview: 'With the receiving trust',
  accepted: 'Accepted by all three',
  mdsSent: 'Minimum data set sent',
  received: 'Received',
  transferred: 'Transferred',
  declined: 'Declined',
  withdrawn: 'Withdrawn',
  expired: 'Expired',
} as const
export type SuggestionState = keyof typeof SUGGESTION_STATES
export const suggestionState = z.enum(
  Object.keys(SUGGESTION_STATES) as [SuggestionState, ...SuggestionState[]],
)
/** A pathway has at most one suggestion in these states. */
export const LIVE_STATES = [
  'suggested',
  'referrerReview',
  'patientOffered',
  'patientAccepted',
  'receiverReview',
  'accepted',
  'mdsSent',
  'received',
] as const satisfies readonly SuggestionState[]

export const side = z.enum(['referrer', 'patient', 'receiver'])
export type Side = z.infer<typeof side>

/** Who can be heard on a suggestion: the three sides, and a clinician of either trust, who can only say no. [MOV-53] */
export const voice = z.enum([...side.options, 'clinician'])
export type Voice = z.infer<typeof voice>

/** Why somebody said no. Coded, so that refusals can be counted and remembered. */
export const REFUSAL_REASONS = {
  clinicallyUnsuitable: 'Not clinically suitable to move',
  needsLocalTeam: 'Needs the local team',
  travelTooFar: 'Too far to travel',
  datesUnsuitable: 'The date does not suit',
  prefersToWait: 'Prefers to wait for the local hospital',
  alreadyBooked: 'Already booked',
  noCapacity: 'The slot is no longer free',
  equipmentUnsuitable: 'Equipment or setting not suitable',
  clinicianVeto: 'Clinician veto',
  other: 'Other, see note',
} as const
export type RefusalReason = keyof typeof REFUSAL_REASONS
export const refusalReason = z.enum(
  Object.keys(REFUSAL_REASONS) as [RefusalReason, ...RefusalReason[]],
)

/** Why a clinician may veto a move: what is theirs to judge, and no more. [MOV-53] */
export const VETO_REASONS = [
  'clinicallyUnsuitable',
  'needsLocalTeam',
  'equipmentUnsuitable',
  'other',
] as const satisfies readonly RefusalReason[]
export type VetoReason = (typeof VETO_REASONS)[number]

/** Body of `POST /api/suggestions/{id}/veto`. */
export const vetoBody = z
  .strictObject({ reasonCode: z.enum(VETO_REASONS), note: z.string().trim().max(500).optional() })
  .refine(({ reasonCode, note = '' }) => reasonCode !== 'other' || note !== '', {
    message: 'a veto for another reason wants a note that says it',
  })
export type VetoBody = z.infer<typeof vetoBody>

/** Body of `POST /api/suggestions/{id}/answers`. A no needs a reason code. */
export const answerBody = z
  .strictObject({
    side,
    answer: z.enum(['yes', 'no']),
    reasonCode: refusalReason.optional(),
    note: z.string().max(500).optional(),
  })
  .refine((body) => body.answer === 'yes' || body.reasonCode !== undefined, {
    message: 'a no wants a reasonCode',
  })
export type AnswerBody = z.infer<typeof answerBody>

/** The arithmetic of a move, shown as it is: weighted days late staying, moving, and the costs set against it. */
export const moveReason = z.object({
  /** Day the person is expected to be seen without a move; null when no date is in sight. */
  stayOn: isoDate.nullable(),
  moveOn: isoDate,
  daysSooner: z.number().int(),
  costStay: z.number(),
  costMove: z.number(),
  travelMinutes: z.number().int().nullable(),
  travelCost: z.number(),
  transferCost: z.number(),
  /** costStay - costMove - travelCost - transferCost, weighted days late. */
  saves: z.number(),
  /** What the site has a limit on and is not known of the person; absent: nothing. [CAP-9] */
  toCheck: z.array(z.string()).optional(),
  words: z.string(),
})
export type MoveReason = z.infer<typeof moveReason>

/** Why a patient is not given a slot: the rule and its words; null when the plan gives it to them. [MOV-25] */
export const whyNotAnswer = z.object({
  whyNot: z.object({ rule: z.string(), words: z.string() }).nullable(),
})

export const suggestionAnswer = z.object({
  side: voice,
  answer: z.enum(['yes', 'no']),
  reasonCode: refusalReason.nullable(),
  note: z.string().nullable(),
  by: z.string(),
  organisation: z.string(),
  at: z.iso.datetime(),
})
export type SuggestionAnswer = z.infer<typeof suggestionAnswer>

export const suggestion = z.object({
  id: z.uuid(),
  entryId: z.number().int(),
  pseudonym: z.string(),
  tumour,
  step,
  fromTrust: z.string(),
  toTrust: z.string(),
  toSite: z.string(),
  toSiteName: z.string(),
  day: isoDate,
  state: suggestionState,
  /** For If-Match: `"<version>"`. */
  version: z.number().int(),
  reason: moveReason,
  answers: z.array(suggestionAnswer),
  closedReason: z.string().nullable(),
  /** When a system of the receiving trust said no by message: that is no answer, a person gives one. [FEED-79] */
  messageNoAt: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
})
export type Suggestion = z.infer<typeof suggestion>

export const transfer = z.object({
  id: z.uuid(),
  entryId: z.number().int(),
  suggestionId: z.uuid().nullable(),
  pseudonym: z.string(),
  fromTrust: z.string(),
  toTrust: z.string(),
  toSite: z.string().nullable(),
  step: step.nullable(),
  day: isoDate.nullable(),
  agreedAt: z.iso.datetime(),
  /** How the suggestion stands that it came of: an agreed move may still be vetoed or withdrawn. */
  state: suggestionState.nullable(),
  sentOn: isoDate.nullable(),
  receivedOn: isoDate.nullable(),
})
export type Transfer = z.infer<typeof transfer>
