import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  date,
  doublePrecision,
  index,
  integer,
  jsonb,
  pgTable,
  text,
  unique,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { SlotLimits } from '../../shared/capacity.ts'
import type { MoveReason } from '../../shared/suggestion.ts'
import { instant } from './columns.ts'
import { entry } from './entries.ts'
import { site } from './organisations.ts'

/** Slots of one kind at one site on one day. The check is the last word: a slot is never promised twice. */
export const capacity = pgTable(
  'capacity',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    site: text('site')
      .notNull()
      .references(() => site.code),
    step: text('step').notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    slots: integer('slots').notNull(),
    promised: integer('promised').notNull().default(0),
    openToAlliance: boolean('open_to_alliance').notNull(),
    tumours: text('tumours').array(),
    noticeDays: integer('notice_days').notNull(),
    /** Whom the site can take there, as `slotLimits`; null: no limit stated. */
    limits: jsonb('limits').$type<SlotLimits>(),
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    unique('capacity_bucket').on(table.site, table.step, table.day),
    check('capacity_not_overpromised', sql`promised between 0 and slots`),
  ],
)

/** One solve of the planner, with the dual prices it proved itself by. */
export const plan = pgTable('plan', {
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  at: instant('at').notNull(),
  /** The fence of the leader that wrote it. */
  fence: bigint('fence', { mode: 'number' }).notNull(),
  lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
  patients: integer('patients').notNull(),
  slots: integer('slots').notNull(),
  moved: integer('moved').notNull(),
  costStay: doublePrecision('cost_stay').notNull(),
  costPlan: doublePrecision('cost_plan').notNull(),
  /** Capacity id to [points, days, breaches] that one more slot would save, where it saves any. */
  prices: jsonb('prices').notNull(),
  /** Against every trust alone on the same facts; null for plans made before it was kept. */
  effect: jsonb('effect'),
  tookMs: doublePrecision('took_ms').notNull(),
})

/** What the alliance has set for its planning; versions, kept, the newest in force. */
export const planSettings = pgTable('plan_settings', {
  version: bigint('version', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  settings: jsonb('settings').notNull(),
  reason: text('reason').notNull(),
  madeBy: uuid('made_by').notNull(),
  madeByName: text('made_by_name').notNull(),
  madeAt: instant('made_at').notNull(),
})

/** Leadership, fenced: only the holder of the newest fence may write plans and suggestions. */
export const leader = pgTable('leader', {
  name: text('name').primaryKey(),
  fence: bigint('fence', { mode: 'number' }).notNull(),
  heldBy: text('held_by').notNull(),
  since: instant('since').notNull(),
})

export const suggestion = pgTable(
  'suggestion',
  {
    id: uuid('id').primaryKey(),
    entryId: bigint('entry_id', { mode: 'number' })
      .notNull()
      .references(() => entry.id),
    capacityId: bigint('capacity_id', { mode: 'number' })
      .notNull()
      .references(() => capacity.id),
    fromTrust: text('from_trust').notNull(),
    toTrust: text('to_trust').notNull(),
    toSite: text('to_site').notNull(),
    step: text('step').notNull(),
    tumour: text('tumour').notNull(),
    day: date('day', { mode: 'string' }).notNull(),
    state: text('state').notNull(),
    version: integer('version').notNull().default(1),
    /** A slot is held from the first yes until the suggestion ends. */
    slotHeld: boolean('slot_held').notNull().default(false),
    reason: jsonb('reason').$type<MoveReason>().notNull(),
    closedReason: text('closed_reason'),
    /** When a system of the receiving trust said no by message; a person of it has still to answer. [FEED-79] */
    messageNoAt: instant('message_no_at'),
    createdAt: instant('created_at').notNull(),
    updatedAt: instant('updated_at').notNull(),
    expiresAt: instant('expires_at').notNull(),
  },
  (table) => [
    uniqueIndex('suggestion_one_live')
      .on(table.entryId)
      .where(
        sql`state in ('suggested','referrerReview','patientOffered','patientAccepted','receiverReview','accepted','mdsSent','received')`,
      ),
  ],
)

export const suggestionAnswer = pgTable(
  'suggestion_answer',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    suggestionId: uuid('suggestion_id')
      .notNull()
      .references(() => suggestion.id),
    /** A side, or `clinician` for a veto. [MOV-53] */
    side: text('side', { enum: ['referrer', 'patient', 'receiver', 'clinician'] }).notNull(),
    answer: text('answer', { enum: ['yes', 'no'] }).notNull(),
    reasonCode: text('reason_code'),
    note: text('note'),
    personId: uuid('person_id').notNull(),
    personName: text('person_name').notNull(),
    organisation: text('organisation').notNull(),
    at: instant('at').notNull(),
  },
  (table) => [unique('suggestion_answer_side').on(table.suggestionId, table.side)],
)

/** A move all three agreed to, carried through. Dates here become the inter-provider transfer. */
export const transfer = pgTable('transfer', {
  id: uuid('id').primaryKey(),
  entryId: bigint('entry_id', { mode: 'number' })
    .notNull()
    .references(() => entry.id),
  suggestionId: uuid('suggestion_id').references(() => suggestion.id),
  fromTrust: text('from_trust').notNull(),
  toTrust: text('to_trust').notNull(),
  toSite: text('to_site'),
  step: text('step'),
  day: date('day', { mode: 'string' }),
  agreedAt: instant('agreed_at').notNull(),
  sentOn: date('sent_on', { mode: 'string' }),
  receivedOn: date('received_on', { mode: 'string' }),
})

/** Help that a trust asked for one pathway by message, and what became of it. It moves nobody. [FEED-78] */
export const mutualAid = pgTable(
  'mutual_aid',
  {
    id: uuid('id').primaryKey(),
    trust: text('trust').notNull(),
    /** The trust that was asked; null when the message named none. */
    toTrust: text('to_trust'),
    entryId: bigint('entry_id', { mode: 'number' })
      .notNull()
      .references(() => entry.id, { onDelete: 'cascade' }),
    /** What an answer may call the message: the id of its header, of its entry, of its Bundle. */
    messageIds: text('message_ids').array().notNull(),
    state: text('state', { enum: ['asked', 'rejected', 'withdrawn'] }).notNull(),
    /** The action on the entry that tells of it. */
    actionId: bigint('action_id', { mode: 'number' }).notNull(),
    askedAt: instant('asked_at').notNull(),
    endedAt: instant('ended_at'),
  },
  (table) => [index('mutual_aid_messages').using('gin', table.messageIds)],
)
