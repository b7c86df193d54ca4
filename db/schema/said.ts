import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  check,
  date,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { person } from './access.ts'
import { instant } from './columns.ts'
import { entry } from './entries.ts'

/** What each thing that a person says of an entry has: of which, who, for which organisation, when. */
const saidOfEntry = () => ({
  id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
  entryId: bigint('entry_id', { mode: 'number' })
    .notNull()
    .references(() => entry.id),
  personId: uuid('person_id').notNull(),
  organisation: text('organisation').notNull(),
  at: instant('at').notNull().defaultNow(),
})

/** What people write to each other on an entry. */
export const note = pgTable(
  'note',
  {
    ...saidOfEntry(),
    body: text('body').notNull(),
  },
  (table) => [index('note_entry').on(table.entryId)],
)

/** What is to happen next, who owns it and by when; the newest not done is the one shown. */
export const action = pgTable(
  'action',
  {
    ...saidOfEntry(),
    body: text('body').notNull(),
    owner: text('owner'),
    dueOn: date('due_on', { mode: 'string' }),
    escalated: boolean('escalated').notNull().default(false),
    doneAt: instant('done_at'),
    /** Who ticked it off, which need not be who set it. */
    doneBy: uuid('done_by'),
    doneOrganisation: text('done_organisation'),
  },
  (table) => [index('action_entry').on(table.entryId)],
)

/** A named person has said that they deal with an escalation; it counts for the one that stood then. */
export const acknowledgement = pgTable(
  'acknowledgement',
  {
    ...saidOfEntry(),
  },
  (table) => [index('acknowledgement_entry').on(table.entryId)],
)

/** Up to when a person has seen the whole list: what changed after is new to them. */
export const listLook = pgTable('list_look', {
  personId: uuid('person_id')
    .primaryKey()
    .references(() => person.id),
  at: instant('at').notNull(),
  /** Number of the change log up to which it was seen: instants may be shared by two changes, or come late. */
  seq: bigint('seq', { mode: 'number' }).notNull(),
})

/** Single entries a person has seen since. */
export const entryLook = pgTable(
  'entry_look',
  {
    personId: uuid('person_id')
      .notNull()
      .references(() => person.id),
    entryId: bigint('entry_id', { mode: 'number' })
      .notNull()
      .references(() => entry.id, { onDelete: 'cascade' }),
    at: instant('at').notNull(),
    seq: bigint('seq', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.personId, table.entryId] })],
)

/** A clinician's word above the policy, with a reason and an end. */
export const priorityOverride = pgTable(
  'priority_override',
  {
    ...saidOfEntry(),
    tier: integer('tier').notNull(),
    reason: text('reason').notNull(),
    endsOn: date('ends_on', { mode: 'string' }).notNull(),
  },
  (table) => [index('priority_override_entry').on(table.entryId)],
)

/**
 * What a person decided of two entries: one pathway, or two. Only ever added to; the newest word on a pair counts, and
 * since it hangs on the entries and not on their facts, it outlives every later feed. [IPT-13]
 */
export const linkDecision = pgTable(
  'link_decision',
  {
    ...saidOfEntry(),
    otherId: bigint('other_id', { mode: 'number' })
      .notNull()
      .references(() => entry.id),
    decision: text('decision', { enum: ['same', 'different'] }).notNull(),
    reason: text('reason').notNull(),
  },
  (table) => [
    index('link_decision_pair').on(table.entryId, table.otherId),
    index('link_decision_other').on(table.otherId),
    check('link_decision_order', sql`entry_id < other_id`),
    check('link_decision_word', sql`decision in ('same', 'different')`),
  ],
)

/** The ranking policy, every version kept. */
export const policy = pgTable('policy', {
  version: integer('version').primaryKey(),
  body: jsonb('body').notNull(),
  reason: text('reason').notNull(),
  personId: uuid('person_id'),
  at: instant('at').notNull().defaultNow(),
})
