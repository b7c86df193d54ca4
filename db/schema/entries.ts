import { sql } from 'drizzle-orm'
import {
  bigint,
  boolean,
  date,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core'
import type { EntryFacts } from '../../shared/entry.ts'
import { bytea, instant } from './columns.ts'
import { organisation } from './organisations.ts'

/**
 * A pathway as one trust reports it. The facts are one validated document, so a further national item
 * needs no migration; beside it stand only the columns that SQL itself looks at.
 */
export const entry = pgTable(
  'entry',
  {
    id: bigint('id', { mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    /** Left out by those who load a trust's first rows: then it is the trust of the scope, and no other. [IG-16] */
    trust: text('trust')
      .notNull()
      .references(() => organisation.code)
      .default(
        sql`CASE WHEN current_setting('ptl.kind', true) = 'system' THEN nullif(current_setting('ptl.trust', true), '') END`,
      ),
    localId: text('local_id').notNull(),
    state: text('state', { enum: ['open', 'closed'] }).notNull(),
    /** `treated`, `ruled out`, `no longer reported`, ... null while open. */
    closedReason: text('closed_reason'),
    tumour: text('tumour').notNull(),
    receivedOn: date('received_on', { mode: 'string' }),
    facts: jsonb('facts').$type<EntryFacts>().notNull(),
    /** Counts from 1; the database keeps the version before in `entry_history` and counts on (entry_keep_version). */
    version: integer('version').notNull().default(1),
    /** 128-bit hash of facts and identity: an unchanged row is not written again. */
    hash: bytea('hash').notNull(),
    /** `issuer:ppid`, the key that survives a transfer; null where the trust sent none. */
    pathwayKey: text('pathway_key'),
    /** Organisations on the pathway: who may see who this is. Row-level security reads it. */
    organisations: text('organisations').array().notNull(),
    deliveryId: uuid('delivery_id').notNull(),
    rowNumber: integer('row_number').notNull(),
    /** The trust's own extract time of these facts; older deliveries never overwrite newer facts. */
    extractAt: instant('extract_at').notNull(),
    createdAt: instant('created_at').notNull().defaultNow(),
    /** Since when this version stands. */
    updatedAt: instant('updated_at').notNull().defaultNow(),
  },
  (table) => [
    unique('entry_trust_local').on(table.trust, table.localId),
    index('entry_open')
      .on(table.id)
      .where(sql`state = 'open'`),
    index('entry_pathway')
      .on(table.pathwayKey)
      .where(sql`pathway_key is not null`),
  ],
)

/**
 * The versions of entries that were superseded; the present one is the entry itself, and the view `entry_version` is
 * both. Only the trigger on `entry` writes here.
 */
export const entryHistory = pgTable(
  'entry_history',
  {
    entryId: bigint('entry_id', { mode: 'number' })
      .notNull()
      .references(() => entry.id),
    version: integer('version').notNull(),
    at: instant('at').notNull(),
    deliveryId: uuid('delivery_id'),
    rowNumber: integer('row_number'),
    state: text('state').notNull(),
    closedReason: text('closed_reason'),
    facts: jsonb('facts').$type<EntryFacts>().notNull(),
  },
  (table) => [primaryKey({ columns: [table.entryId, table.version] })],
)

/** Who the pathway belongs to: AES-256-GCM sealed, apart from the list, under row-level security. */
export const identity = pgTable(
  'identity',
  {
    /** Of an entry: a trigger on each statement holds it to that, where a foreign key would lock row by row. */
    entryId: bigint('entry_id', { mode: 'number' }).primaryKey(),
    keyId: text('key_id').notNull(),
    sealed: bytea('sealed').notNull(),
    /** Keyed hash of the NHS number, for search and linking; null where none was sent. */
    nhsHash: bytea('nhs_hash'),
  },
  (table) => [
    index('identity_nhs')
      .on(table.nhsHash)
      .where(sql`nhs_hash is not null`),
  ],
)

/** A clock that has stopped: what the standards count. Written with the entry, by the same rules. */
export const clockStop = pgTable(
  'clock_stop',
  {
    /** Of an entry, held to that as `identity` is. */
    entryId: bigint('entry_id', { mode: 'number' }).notNull(),
    standard: text('standard').notNull(),
    /** The trust this share belongs to; shared 62-day pathways have two rows. */
    trust: text('trust').notNull(),
    stoppedOn: date('stopped_on', { mode: 'string' }).notNull(),
    waitDays: integer('wait_days').notNull(),
    inTime: boolean('in_time').notNull(),
    tumour: text('tumour').notNull(),
    route: text('route').notNull(),
    /** 0.5 or 1: the part of this person in the trust's denominator. */
    share: numeric('share', { precision: 2, scale: 1, mode: 'number' }).notNull(),
    /** The part of a breach that falls to the trust: 0, 0.5 or 1. */
    breachShare: numeric('breach_share', { precision: 2, scale: 1, mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.entryId, table.standard, table.trust] }),
    index('clock_stop_month').on(table.standard, table.stoppedOn),
  ],
)
