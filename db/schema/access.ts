import {
  bigint,
  boolean,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  uuid,
} from 'drizzle-orm/pg-core'
import { bytea, instant } from './columns.ts'
import { entry } from './entries.ts'
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
  endedAt: instant('ended_at'),
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
  /** How it began: `sample` or `provider`. */
  via: text('via', { enum: ['sample', 'provider'] })
    .notNull()
    .default('sample'),
  /** The provider's own name of its session (`sid`), for its sign-out; null where it gave none. */
  providerSession: text('provider_session'),
})

/** A sign-in under way at the provider; taken away when its answer comes, so an answer counts once. */
export const signIn = pgTable('sign_in', {
  stateHash: bytea('state_hash').primaryKey(),
  /** Hash of the cookie of the browser that began it: another browser cannot finish it. */
  browserHash: bytea('browser_hash').notNull(),
  nonce: text('nonce').notNull(),
  verifier: text('verifier').notNull(),
  expiresAt: instant('expires_at').notNull(),
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
    /** The network address it came from; in the hash only where there is one, as older rows have none. */
    address: text('address'),
    previousHash: bytea('previous_hash').notNull(),
    hash: bytea('hash').notNull(),
  },
  (table) => [
    index('audit_subject').on(table.subject),
    // What one person did, in the order they did it.
    index('audit_person').on(table.personId, table.id),
  ],
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

/** The oldest events were cut off by rule up to here: the chain goes on from this hash. Written by audit_cut() alone. */
export const auditCut = pgTable('audit_cut', {
  throughId: bigint('through_id', { mode: 'number' }).primaryKey(),
  throughHash: bytea('through_hash').notNull(),
  /** How many events went with this cut. */
  events: bigint('events', { mode: 'number' }).notNull(),
  rule: text('rule').notNull(),
  at: instant('at').notNull(),
})

/** Keys that have sealed something, with a value only the key gives: a wrong key shows at the start. */
export const identityKey = pgTable('identity_key', {
  keyId: text('key_id').primaryKey(),
  check: bytea('check_value').notNull(),
  since: instant('since').notNull(),
})

/** Secrets of the service itself that must outlive a rotation, sealed under an identity key. */
export const keptSecret = pgTable('kept_secret', {
  name: text('name').primaryKey(),
  keyId: text('key_id').notNull(),
  sealed: bytea('sealed').notNull(),
})

/** An identity opened outside the pathway's organisations: by whom, why, until when, and what the auditor made of it. */
export const breakGlass = pgTable(
  'break_glass',
  {
    id: uuid('id').primaryKey(),
    entryId: bigint('entry_id', { mode: 'number' })
      .notNull()
      .references(() => entry.id),
    personId: uuid('person_id')
      .notNull()
      .references(() => person.id),
    organisation: text('organisation').notNull(),
    role: text('role').notNull(),
    reason: text('reason').notNull(),
    at: instant('at').notNull(),
    endsAt: instant('ends_at').notNull(),
    reviewedAt: instant('reviewed_at'),
    reviewedBy: uuid('reviewed_by'),
    outcome: text('outcome', { enum: ['justified', 'notJustified'] }),
    reviewNote: text('review_note'),
  },
  (table) => [index('break_glass_person').on(table.personId, table.endsAt)],
)

/** A certificate of erasure: what went, by which rule, and a digest of which; nothing of whom. */
export const erasure = pgTable('erasure', {
  id: uuid('id').primaryKey(),
  at: instant('at').notNull(),
  rule: text('rule').notNull(),
  reason: text('reason').notNull(),
  /** Who asked; null where a rule did. */
  personId: uuid('person_id'),
  pathways: integer('pathways').notNull(),
  /** Rows taken away or emptied, by table. */
  rows: jsonb('rows').$type<Readonly<Record<string, number>>>().notNull(),
  /** SHA-256 of the pathways' ids in order: shows later whether one of them was among these. */
  digest: bytea('digest').notNull(),
})

/** That a record was erased, so that it is not taken in again: its key as a keyed hash, until the erasure is lifted. */
export const erasedRecord = pgTable(
  'erased_record',
  {
    trust: text('trust').notNull(),
    keyHash: bytea('key_hash').notNull(),
    erasureId: uuid('erasure_id')
      .notNull()
      .references(() => erasure.id),
    liftedAt: instant('lifted_at'),
    liftedBy: uuid('lifted_by'),
    liftReason: text('lift_reason'),
  },
  (table) => [primaryKey({ columns: [table.trust, table.keyHash, table.erasureId] })],
)

/** Failed sign-ins and feed keys by where they came from, for all processes together; forgotten after minutes. */
export const backOff = pgTable('back_off', {
  source: text('source').primaryKey(),
  failures: integer('failures').notNull(),
  lastAt: instant('last_at').notNull(),
})
