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
import { entry } from './entries.ts'
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
    /** Which of the trust's feeds sent it. */
    feed: text('feed').notNull().default('main'),
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
    /** Of a held one that somebody approved: until then the next snapshot of its feed that closes no more goes in. */
    approvedUntil: instant('approved_until'),
    receivedAt: instant('received_at').notNull(),
    finishedAt: instant('finished_at'),
  },
  (table) => [
    index('delivery_trust').on(table.trust, table.receivedAt),
    index('delivery_held')
      .on(table.trust, table.feed)
      .where(sql`state = 'held'`),
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

/** When the last full snapshot of a trust was made: it spoke of every pathway, so what is older comes late. [FEED-13] */
export const feedSnapshot = pgTable('feed_snapshot', {
  trust: text('trust')
    .primaryKey()
    .references(() => organisation.code),
  extractAt: instant('extract_at').notNull(),
})

/**
 * What a trust's snapshots in one format have left to compare the next one with. Every open entry of the trust is of a
 * line of it, among `others`, or in `feed_line_dropped`. [FEED-10, FEED-20]
 */
export const feedLineSet = pgTable(
  'feed_line_set',
  {
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    format: text('format').notNull(),
    extractAt: instant('extract_at').notNull(),
    /** Fingerprint of format, header, rules and tables by which the lines were read; another one makes them void. */
    rules: text('rules').notNull(),
    /** Positions, as int32, of lines that no longer hold: changed, gone, or said otherwise by another delivery. */
    gone: bytea('gone').notNull(),
    /** Ids, as float64, of entries that may be open and have no line that holds. */
    others: bytea('others').notNull(),
  },
  (table) => [primaryKey({ columns: [table.trust, table.format] })],
)

/** Lines of the last snapshots as 128-bit keyed hashes, each with its entry: a line seen again need not be read. [FEED-20] */
export const feedLines = pgTable(
  'feed_lines',
  {
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    format: text('format').notNull(),
    block: integer('block').notNull(),
    /** 16 bytes a line. */
    hashes: bytea('hashes').notNull(),
    /** 8 bytes a line: the entry's id as float64, little-endian. */
    entryIds: bytea('entry_ids').notNull(),
    /** 16 bytes for each group of lines that stood behind one another: one seen again need not be looked at line by line. */
    groupHashes: bytea('group_hashes')
      .notNull()
      .default(sql`''`),
    /** Lines of each group, as int32, little-endian. */
    groupSizes: bytea('group_sizes')
      .notNull()
      .default(sql`''`),
    /** Positions of their lines through all blocks, as int32. */
    groupLines: bytea('group_lines')
      .notNull()
      .default(sql`''`),
  },
  (table) => [primaryKey({ columns: [table.trust, table.format, table.block] })],
)

/** Entries that something other than a snapshot of the format has written since: their lines must be read again. [FEED-20] */
export const feedLineDropped = pgTable(
  'feed_line_dropped',
  {
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    /** Whose set it is; '' for all of the trust's. */
    format: text('format').notNull().default(''),
    entryId: bigint('entry_id', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.trust, table.format, table.entryId] })],
)

/**
 * A delivery under way: how far it is, and that somebody is at it. Not in `delivery` itself, whose row its transaction
 * holds to the end. One whose beat has stopped died with its process. [FEED-40]
 */
export const deliveryWork = pgTable('delivery_work', {
  /** No foreign key: it would wait for the row that the delivery's own transaction holds. */
  deliveryId: uuid('delivery_id').primaryKey(),
  startedAt: instant('started_at').notNull(),
  /** By the clock of the database: processes compare it. */
  beatAt: instant('beat_at').notNull().defaultNow(),
  rowsRead: integer('rows_read').notNull().default(0),
  bytesRead: bigint('bytes_read', { mode: 'number' }).notNull().default(0),
  /** Null while the whole length is not known. */
  bytesTotal: bigint('bytes_total', { mode: 'number' }),
  /** The body is in `delivery_body`: any process can take the work up again. */
  stored: boolean('stored').notNull().default(false),
  charset: text('charset'),
  confirm: uuid('confirm'),
})

/** The body of a delivery that is answered before it is done, sealed, until it is done. [FEED-40] */
export const deliveryBody = pgTable(
  'delivery_body',
  {
    deliveryId: uuid('delivery_id')
      .notNull()
      .references(() => delivery.id),
    ordinal: integer('ordinal').notNull(),
    keyId: text('key_id').notNull(),
    sealed: bytea('sealed').notNull(),
  },
  (table) => [primaryKey({ columns: [table.deliveryId, table.ordinal] })],
)

/** How often a feed is expected; a feed not named here is expected daily. [FEED-46] */
export const feedExpectation = pgTable(
  'feed_expectation',
  {
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    feed: text('feed').notNull(),
    intervalMinutes: integer('interval_minutes').notNull(),
    personId: uuid('person_id').notNull(),
    at: instant('at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.trust, table.feed] })],
)

/** What is wrong with a feed now: one row a kind, gone when it is right again. [FEED-46] */
export const feedAlarm = pgTable(
  'feed_alarm',
  {
    trust: text('trust')
      .notNull()
      .references(() => organisation.code),
    feed: text('feed').notNull(),
    kind: text('kind').notNull(),
    since: instant('since').notNull(),
    words: text('words').notNull(),
  },
  (table) => [primaryKey({ columns: [table.trust, table.feed, table.kind] })],
)

/**
 * When messages last spoke of a part of an entry. A message is late only where something newer has spoken of the same
 * part, or of the whole. [FEED-54]
 */
export const feedSaid = pgTable(
  'feed_said',
  {
    entryId: bigint('entry_id', { mode: 'number' })
      .notNull()
      .references(() => entry.id),
    /** As in `UpdatePart`. */
    part: text('part').notNull(),
    saidAt: instant('said_at').notNull(),
    /** Extract time of the last whole record before it. */
    wholeAt: instant('whole_at').notNull(),
  },
  (table) => [primaryKey({ columns: [table.entryId, table.part] })],
)
