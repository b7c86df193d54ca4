import { bigint, integer, jsonb, pgTable, text } from 'drizzle-orm/pg-core'
import { instant } from './columns.ts'

/**
 * The one road: everything that changes is a row here, in one order without holes. Numbers are given under
 * the row lock of `change_clock` at the end of the writing transaction, so none commits late.
 */
export const changeLog = pgTable('change_log', {
  seq: bigint('seq', { mode: 'number' }).primaryKey(),
  at: instant('at').notNull(),
  topic: text('topic').notNull(),
  /** What happened, such as `entries`, `capacity`, `suggestions`, `delivery`, `policy`. */
  kind: text('kind').notNull(),
  /** Entries to read again; at most 2,000 a row. */
  entryIds: bigint('entry_ids', { mode: 'number' }).array(),
  payload: jsonb('payload'),
})

/** One row: the last number given. */
export const changeClock = pgTable('change_clock', {
  id: integer('id').primaryKey(),
  lastSeq: bigint('last_seq', { mode: 'number' }).notNull(),
})
