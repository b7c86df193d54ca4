import { bigint, boolean, index, integer, pgTable, text, uuid } from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'
import { organisation } from './organisations.ts'

/** Somebody who may sign in, for one organisation in one role. */
export const person = pgTable('person', {
  id: uuid('id').primaryKey().defaultRandom(),
  name: text('name').notNull(),
  role: text('role').notNull(),
  organisation: text('organisation')
    .notNull()
    .references(() => organisation.code),
  /** Subject at the identity provider; null for sample sign-ins. */
  subject: text('subject').unique(),
  /** A sample sign-in: exists only with the sample database. */
  sample: boolean('sample').notNull().default(false),
  active: boolean('active').notNull().default(true),
})

/** Server-side sessions; only the hash of the cookie's token is kept. */
export const session = pgTable('session', {
  tokenHash: bytea('token_hash').primaryKey(),
  personId: uuid('person_id')
    .notNull()
    .references(() => person.id),
  createdAt: instant('created_at').notNull().defaultNow(),
  lastSeenAt: instant('last_seen_at').notNull().defaultNow(),
  expiresAt: instant('expires_at').notNull(),
  revokedAt: instant('revoked_at'),
})

/** A key with which one trust's integration pushes; shown once, kept as a hash. */
export const feedKey = pgTable('feed_key', {
  id: uuid('id').primaryKey().defaultRandom(),
  organisation: text('organisation')
    .notNull()
    .references(() => organisation.code),
  /** Which of the trust's feeds pushes with it, such as `ptl` or `pas`: health is watched feed by feed. */
  feed: text('feed').notNull().default('main'),
  label: text('label').notNull(),
  keyHash: bytea('key_hash').notNull().unique(),
  scopes: text('scopes').array().notNull(),
  sandbox: boolean('sandbox').notNull().default(false),
  /** A key anybody can work out: exists only with the sample database. */
  sample: boolean('sample').notNull().default(false),
  createdAt: instant('created_at').notNull().defaultNow(),
  /** Null: made by the service itself. */
  madeBy: uuid('made_by'),
  /** Null: from its making. */
  validFrom: instant('valid_from'),
  expiresAt: instant('expires_at'),
  revokedAt: instant('revoked_at'),
  /** The key that takes its place, once it is being rotated out. */
  replacedBy: uuid('replaced_by'),
  /** To the minute, so that a busy feed does not write a row a delivery. */
  lastUsedAt: instant('last_used_at'),
})

/** Append-only, hash-chained: every identity read, every write by a person, every refusal of one. */
export const audit = pgTable(
  'audit',
  {
    id: bigint('id', { mode: 'number' }).primaryKey(),
    at: instant('at').notNull(),
    personId: uuid('person_id'),
    organisation: text('organisation'),
    role: text('role'),
    action: text('action').notNull(),
    /** What was touched, as `entry:12` or `suggestion:<uuid>`; never an identifier of a person. */
    subject: text('subject').notNull(),
    reason: text('reason'),
    requestId: text('request_id'),
    previousHash: bytea('previous_hash').notNull(),
    hash: bytea('hash').notNull(),
  },
  (table) => [index('audit_subject').on(table.subject)],
)

/**
 * One row: the newest link of the audit chain. A trigger numbers and chains each audit row under its lock,
 * and the service may not touch it otherwise, so a cut-off tail shows as well as an altered row.
 */
export const auditHead = pgTable('audit_head', {
  id: integer('id').primaryKey(),
  lastId: bigint('last_id', { mode: 'number' }).notNull(),
  lastHash: bytea('last_hash').notNull(),
})
