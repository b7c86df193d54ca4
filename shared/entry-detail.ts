import { z } from 'zod'
import { isoDate } from './date.ts'
import { entryFacts } from './entry.ts'
import { clockSummary, listRow, rankPlace } from './list.ts'
import { standard, tumour } from './vocabulary.ts'

/** The number of an entry in an address: decimal digits and nothing else that a machine would take for a number. */
export const entryIdParams = z.strictObject({
  id: z
    .string()
    .regex(/^\d{1,15}$/, 'wants a whole number')
    .transform(Number),
})

const by = { by: z.string(), organisation: z.string(), at: z.string() }

export const entryNote = z.object({ id: z.number().int(), body: z.string(), ...by })
export type EntryNote = z.infer<typeof entryNote>

export const entryAction = z.object({
  id: z.number().int(),
  body: z.string(),
  owner: z.string().nullable(),
  dueOn: isoDate.nullable(),
  escalated: z.boolean(),
  doneAt: z.string().nullable(),
  /** Name and organisation; null too for one ticked off before this was kept. */
  doneBy: z.string().nullable(),
  ...by,
})
export type EntryAction = z.infer<typeof entryAction>

/** A named person has said that they deal with the escalation. It holds no free text: whoever sees the entry sees it. */
export const entryAcknowledgement = z.object({ id: z.number().int(), ...by })
export type EntryAcknowledgement = z.infer<typeof entryAcknowledgement>

export const entryOverride = z.object({
  id: z.number().int(),
  tier: z.number().int(),
  reason: z.string(),
  endsOn: isoDate,
  inForce: z.boolean(),
  ...by,
})
export type EntryOverride = z.infer<typeof entryOverride>

/** Another entry that is, may be, or was told apart from the same pathway. [IPT-10 to IPT-14] */
const entryLink = z.object({
  id: z.number().int(),
  trust: z.string(),
  answer: z.enum(['certain', 'needsHuman', 'different']),
  /** Why, in words. */
  because: z.string(),
  rule: z.string(),
  /** One pathway now, be it through a third entry. */
  joined: z.boolean(),
  /** Null for an entry that is not theirs to look into. */
  seen: z
    .object({
      pseudonym: z.string(),
      state: z.enum(['open', 'closed']),
      tumour,
      receivedOn: isoDate.nullable(),
    })
    .nullable(),
  /** The newest word of a person; null where there is none, and for who is on neither pathway. */
  decision: z
    .object({ decision: z.enum(['same', 'different']), reason: z.string(), ...by })
    .nullable(),
})

const transferStanding = z.object({
  chain: z.array(
    z.object({
      from: z.string(),
      to: z.string(),
      requestedOn: isoDate.nullable(),
      receivedOn: isoDate.nullable(),
      /** Who tells of it: the record of a trust, or a move carried through here. Only such as they may see. */
      sources: z.array(
        z.union([
          z.object({ kind: z.literal('record'), trust: z.string() }),
          z.object({ kind: z.literal('service') }),
        ]),
      ),
      /** They give different dates; shown are those of whoever is nearest to the event. */
      disputed: z.boolean(),
    }),
  ),
  /** The trust that holds the person today. [IPT-3] */
  holder: z.string(),
  /** Why the transfer in the record moves nobody; null when nothing is wrong with it. [IPT-3] */
  problem: z.string().nullable(),
  /** Day 38; null without a usable transfer or without 62 days. [IPT-4] */
  handOver: z
    .object({
      state: z.enum(['due', 'overdue', 'sent', 'inTime', 'late']),
      clean: z.boolean(),
      day: z.number().int(),
      dueOn: isoDate,
    })
    .nullable(),
  /** Whose the stopped 62 days are; null while they run. [IPT-5 to IPT-8] */
  ownership: z
    .object({
      shares: z.array(z.object({ trust: z.string(), share: z.number(), breachShare: z.number() })),
      rule: z.string(),
      settled: z.boolean(),
      because: z.string(),
    })
    .nullable(),
})

/** The whole record against the national scenario it is in; null while it is in none. [DQ-13, DQ-14] */
const recordQuality = z.object({
  scenario: z.object({ code: z.string(), label: z.string() }).nullable(),
  findings: z.array(
    z.object({ field: z.string(), code: z.string(), message: z.string(), fix: z.string() }),
  ),
})

/** Answer of `GET /api/entries/{id}`. Notes, actions and overrides are empty for who is not on the pathway. */
export const entryDetail = z.object({
  id: z.number().int(),
  pseudonym: z.string(),
  trust: z.string(),
  state: z.enum(['open', 'closed']),
  closedReason: z.string().nullable(),
  /** Null once the entry has left the list. */
  row: listRow.nullable(),
  facts: entryFacts.partial(),
  clocks: z.array(
    z.object({
      standard,
      label: z.string(),
      summary: clockSummary,
      /** The sum behind it, each line with the id of its rule. */
      lines: z.array(z.object({ label: z.string(), value: z.string(), rule: z.string() })),
    }),
  ),
  /** Null once the entry has left the list. */
  place: rankPlace.nullable(),
  /** The place in sentences. */
  why: z.array(z.string()),
  /** The neighbours in the whole list and what decided between them; null at either end. */
  above: z.object({ rank: z.number().int(), why: z.string() }).nullable(),
  below: z.object({ rank: z.number().int(), why: z.string() }).nullable(),
  policyVersion: z.number().int(),
  transfers: transferStanding,
  quality: recordQuality,
  notes: z.array(entryNote),
  actions: z.array(entryAction),
  overrides: z.array(entryOverride),
  links: z.array(entryLink),
  /** Newest first; the first is of the escalation there is now when the row says `acknowledged`. [RNK-18] */
  acknowledgements: z.array(entryAcknowledgement),
  /** The delivery the present facts came in with; its details only for who may look into it. */
  provenance: z.object({
    deliveryId: z.string(),
    rowNumber: z.number().int(),
    extractAt: z.string(),
    format: z.string().nullable(),
    receivedAt: z.string().nullable(),
  }),
  may: z.object({
    note: z.boolean(),
    action: z.boolean(),
    override: z.boolean(),
    acknowledge: z.boolean(),
    link: z.boolean(),
  }),
  /** For If-Match on actions, overrides, acknowledgements and links; also the ETag header. */
  etag: z.string(),
})
export type EntryDetail = z.infer<typeof entryDetail>

/** Answer of `GET /api/entries/{id}/history`, newest first. */
export const entryHistory = z.object({
  events: z.array(
    z.object({
      at: z.string(),
      kind: z.enum([
        ...(['version', 'note', 'action', 'action done'] as const),
        ...(['override', 'link', 'acknowledgement'] as const),
      ]),
      /** Version number of the facts; null for what people did. */
      version: z.number().int().nullable(),
      by: z.string().nullable(),
      words: z.string(),
      changes: z.array(z.object({ field: z.string(), from: z.unknown(), to: z.unknown() })),
    }),
  ),
})
export type EntryHistory = z.infer<typeof entryHistory>

export const noteBody = z.strictObject({ body: z.string().trim().min(1).max(2000) })

/** A new next action, or the one that is done. */
export const actionBody = z.union([
  z.strictObject({
    body: z.string().trim().min(1).max(500),
    owner: z.string().trim().min(1).max(100).optional(),
    dueOn: isoDate.optional(),
    escalated: z.boolean().default(false),
  }),
  z.strictObject({ done: z.number().int() }),
])
export type ActionBody = z.infer<typeof actionBody>

export const overrideBody = z.strictObject({
  tier: z.number().int().min(0).max(15),
  reason: z.string().trim().min(5).max(500),
  /** The last day it counts; today at the earliest, 90 days on at the latest. */
  endsOn: isoDate,
})
/** A person's word on two entries: one pathway, or two. [IPT-13] */
export const linkBody = z.strictObject({
  otherId: z.number().int().min(0).max(Number.MAX_SAFE_INTEGER),
  decision: z.enum(['same', 'different']),
  reason: z.string().trim().min(5).max(500),
})
export type LinkBody = z.infer<typeof linkBody>

export type OverrideBody = z.infer<typeof overrideBody>
