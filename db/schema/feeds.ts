import { sql } from 'drizzle-orm'
import {
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core'
import type { DeliveryCounts } from '../../shared/delivery.ts'
import { bytea, instant } from './columns.ts'
import { organisation } from './organisations.ts'

/** One body a trust pushed, and what became of it. */
export const delivery = pgTable(
  'delivery',
  {
    id: uuid('id').primaryKey(),
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    feedKeyId: uuid('feed_key_id'),
    mode: text('mode', { enum: ['snapshot', 'delta'] }).notNull(),
    format: text('format').notNull(),
    state: text('state', { enum: ['running', 'done', 'refused', 'held', 'failed'] }).notNull(),
    dryRun: boolean('dry_run').notNull().default(false),
    sandbox: boolean('sandbox').notNull().default(false),
    idempotencyKey: text('idempotency_key'),
    requestId: text('request_id'),
    correlationId: text('correlation_id'),
    bodyHash: bytea('body_hash'),
    /** When the trust made the extract, by its own clock; orders late deliveries. */
    extractAt: instant('extract_at').notNull(),
    counts: jsonb('counts').$type<DeliveryCounts>().notNull(),
    issueCount: integer('issue_count').notNull().default(0),
    reason: text('reason'),
    receivedAt: instant('received_at').notNull(),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    index('delivery_trust').on(table.trust, table.receivedAt),
    uniqueIndex('delivery_idempotency')
      .on(table.trust, table.idempotencyKey)
      .where(sql`idempotency_key is not null`),
    uniqueIndex('delivery_request')
      .on(table.trust, table.requestId, table.correlationId)
      .where(sql`request_id is not null`),
  ],
)

export const deliveryIssue = pgTable(
  'delivery_issue',
  {
    deliveryId: uuid('delivery_id')
      .notNull()
      .references(() => delivery.id),
    ordinal: integer('ordinal').notNull(),
    rowNumber: integer('row_number').notNull(),
    recordKey: text('record_key').notNull(),
    field: text('field').notNull(),
    code: text('code').notNull(),
    severity: text('severity').notNull(),
    message: text('message').notNull(),
    fix: text('fix').notNull(),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.ordinal] })],
)
