import { z } from 'zod'
import { isoDate } from './date.ts'
import { identity } from './entry.ts'
import { withFeedGaps } from './feed-health.ts'
import { actionState, band, escalation, priorityScale } from './vocabulary.ts'
import { route, standard, step, tumour } from './vocabulary.ts'

/** Where one clock stands today, short enough for a row. */
export const clockSummary = z.object({
  waitDays: z.number().int(),
  targetOn: isoDate,
  /** Whole days; 0 on the last day in time, negative once breached. */
  daysToTarget: z.number().int(),
  state: z.enum(['running', 'stopped']),
  breached: z.boolean(),
})
export type ClockSummary = z.infer<typeof clockSummary>

/** One deadline of a place on the list: late or left, its weight, and the points it gives. [RNK] */
export const rankReason = z.object({
  kind: z.string(),
  label: z.string(),
  dueOn: isoDate.nullable(),
  daysLate: z.number().int(),
  weight: z.number(),
  points: z.number(),
})
export type RankReason = z.infer<typeof rankReason>

export const rankPlace = z.object({
  /** Lower tiers come first; 0 is a clinical emergency. */
  tier: z.number().int(),
  tierReason: z.string(),
  points: z.number(),
  reasons: z.array(rankReason),
})
export type RankPlace = z.infer<typeof rankPlace>

/** A row of the list: pseudonymous, the same for everybody entitled to the pathway. */
export const listRow = z.object({
  id: z.number().int(),
  pseudonym: z.string(),
  trust: z.string(),
  /** Other trusts reporting the same pathway. */
  alsoAt: z.array(z.string()),
  tumour,
  route,
  step: step.nullable(),
  /** True when the awaited step was worked out from the facts and not stated by the trust. */
  stepInferred: z.boolean(),
  stepBookedOn: isoDate.nullable(),
  receivedOn: isoDate.nullable(),
  /** Days on the 62-day clock, or since receipt where none runs. */
  waitDays: z.number().int().nullable(),
  band: band.nullable(),
  clocks: z.object({
    fds28: clockSummary.nullable(),
    dtt31: clockSummary.nullable(),
    rtt62: clockSummary.nullable(),
  }),
  /** The running clock that breaches soonest (or breached first). */
  nextBreach: z.object({ standard, on: isoDate, daysLeft: z.number().int() }).nullable(),
  priority: z.object({ scale: priorityScale, code: z.string() }).nullable(),
  nextAction: z
    .object({ text: z.string(), owner: z.string().nullable(), dueOn: isoDate.nullable() })
    .nullable(),
  /** `waiting` until a named person has acknowledged it. */
  escalation,
  /** Live suggestion on this pathway, by state; null when none. */
  suggestion: z.string().nullable(),
  rank: z.number().int(),
  tier: z.number().int(),
  points: z.number(),
  /** The one reason that weighs most, in words. */
  because: z.string(),
  /** When facts, notes, actions, overrides or a suggestion last changed it: the same in every process. */
  changedAt: z.string(),
  /** Change log number of the last change to this entry. */
  seq: z.number().int(),
})
export type ListRow = z.infer<typeof listRow>

export const listFilter = z.object({
  trust: z.string().optional(),
  tumour: tumour.optional(),
  step: step.optional(),
  band: band.optional(),
  route: route.optional(),
  /** Clinical priority as `scale:code`, such as `surgery:P2`. */
  code: z.string().max(40).optional(),
  /** Owner of the next action, as written. Nobody who oversees the alliance is told owners. [RNK-16] */
  owner: z.string().max(100).optional(),
  action: actionState.optional(),
  escalation: escalation.optional(),
  /** `new`: changed since this person last looked. [RNK-17] */
  changed: z.literal('new').optional(),
  text: z.string().max(100).optional(),
})
export type ListFilter = z.infer<typeof listFilter>

export const listPage = z.object({
  seq: z.number().int(),
  asOf: isoDate,
  total: z.number().int(),
  rows: z.array(listRow),
  nextCursor: z.string().nullable(),
  /** Only where they were asked for: of the rows whose people the asker may know. */
  identities: z.array(z.object({ id: z.number().int(), identity })).optional(),
  /** Feeds whose entries are older than they should be. [FEED-47] */
  missingFeeds: withFeedGaps.shape.missingFeeds,
})

const counts = z.record(z.string(), z.number().int())

/** Answer of `GET /api/list/facets`: how many match per value, every other part of the filter applied. */
export const facetCounts = z.object({
  total: z.number().int(),
  trust: counts,
  tumour: counts,
  step: counts,
  band: counts,
  route: counts,
  code: counts,
  /** The owners with most to do, at most 200; nobody's for who oversees the alliance. [RNK-16] */
  owner: counts,
  action: counts,
  escalation: counts,
  changed: counts,
})
export type FacetCounts = z.infer<typeof facetCounts>

/** Answer of `GET /api/list/look`: up to when this person has seen the list, and single entries since. [RNK-17] */
export const looked = z.object({
  /** Null: never; then everything is new. */
  listAt: z.string().nullable(),
  /** The number of the list then: a row with a later `seq` is new. */
  listSeq: z.number().int().nullable(),
  entries: z.array(z.object({ id: z.number().int(), seq: z.number().int() })),
})
export type Looked = z.infer<typeof looked>

/** `seq` of the list, or of the row of the entry, that was looked at: what changed after it is new. */
export const lookedBody = z.strictObject({ seq: z.number().int().min(0) })
