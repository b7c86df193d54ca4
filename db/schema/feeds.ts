import { sql } from 'drizzle-orm'
import {
  bigint,
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

/**
 * The last full snapshot of a trust: how far its word reaches, and what makes its lines comparable. [FEED-20]
 * `extractAt` orders deliveries that come late: the snapshot spoke of every pathway of the trust. [FEED-13]
 */
export const feedSnapshot = pgTable('feed_snapshot', {
  trust: text('trust')
    .primaryKey()
    .references(() => organisation.code),
  extractAt: instant('extract_at').notNull(),
  /** Fingerprint of format, header, rules and tables by which the lines were read; another one makes them void. */
  rules: text('rules').notNull(),
  /** Positions, as int32, of lines that no longer hold: changed, gone, or said otherwise by another delivery. */
  gone: bytea('gone').notNull(),
})

/** Lines of the last snapshots as 128-bit keyed hashes, each with its entry: a line seen again need not be read. [FEED-20] */
export const feedLines = pgTable(
  'feed_lines',
  {
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    block: integer('block').notNull(),
    /** 16 bytes a line. */
    hashes: bytea('hashes').notNull(),
    /** 8 bytes a line: the entry's id as float64, little-endian. */
    entryIds: bytea('entry_ids').notNull(),
  },
  (table) => [primaryKey({ columns: [table.trust, table.block] })],
)

/** Entries that something other than a snapshot has written since: their lines must be read again. [FEED-20] */
export const feedLineDropped = pgTable(
  'feed_line_dropped',
  {
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    entryId: bigint('entry_id', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.trust, table.entryId] })],
)
