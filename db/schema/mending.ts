import { sql } from 'drizzle-orm'
import { bigint, index, integer, jsonb, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core'
import type { Issue } from '../../shared/delivery.ts'
import { bytea, instant } from './columns.ts'
import { delivery } from './feeds.ts'
import { organisation } from './organisations.ts'

/** A row that was refused, sealed as it came, until somebody or a later delivery brings it right. [FEED-42] */
export const refusedRow = pgTable(
  'refused_row',
  {
    id: uuid('id').primaryKey(),
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    feed: text('feed').notNull(),
    deliveryId: uuid('delivery_id')
      .notNull()
      .references(() => delivery.id),
    rowNumber: integer('row_number').notNull(),
    /** '' where no key could be read. */
    recordKey: text('record_key').notNull(),
    format: text('format').notNull(),
    /** What else decides how the row is read, such as a header. */
    context: text('context').notNull(),
    keyId: text('key_id').notNull(),
    sealed: bytea('sealed').notNull(),
    issues: jsonb('issues').$type<readonly Issue[]>().notNull(),
    extractAt: instant('extract_at').notNull(),
    refusedAt: instant('refused_at').notNull(),
    state: text('state', {
      enum: ['waiting', 'resubmitted', 'dismissed', 'superseded', 'lapsed'],
    }).notNull(),
    endedAt: instant('ended_at'),
    /** Who corrected or dismissed it; null where a delivery or time did. */
    endedBy: uuid('ended_by'),
    endedReason: text('ended_reason'),
    /** The delivery that brought it right. */
    endedDeliveryId: uuid('ended_delivery_id'),
  },
  (table) => [
    index('refused_row_waiting')
      .on(table.trust, table.recordKey)
      .where(sql`state = 'waiting'`),
    index('refused_row_at').on(table.refusedAt),
  ],
)

/** A code in no list that a trust has sent, until a mapping says what it means. [FEED-44] */
export const unmappedCode = pgTable(
  'unmapped_code',
  {
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    field: text('field').notNull(),
    code: text('code').notNull(),
    /** Records that carried it, over all deliveries since it was first met. */
    count: bigint('count', { mode: 'number' }).notNull(),
    firstSeenAt: instant('first_seen_at').notNull(),
    lastSeenAt: instant('last_seen_at').notNull(),
    /** Where it was met last. */
    deliveryId: uuid('delivery_id').notNull(),
    rowNumber: integer('row_number').notNull(),
  },
  (table) => [primaryKey({ columns: [table.trust, table.field, table.code] })],
)

/** What a trust means by a code of its own. [FEED-44] */
export const codeMapping = pgTable(
  'code_mapping',
  {
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    field: text('field').notNull(),
    fromCode: text('from_code').notNull(),
    toCode: text('to_code').notNull(),
    personId: uuid('person_id').notNull(),
    at: instant('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.trust, table.field, table.fromCode] })],
)
