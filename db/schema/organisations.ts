import {
  boolean,
  date,
  doublePrecision,
  integer,
  pgTable,
  primaryKey,
  text,
} from 'drizzle-orm/pg-core'

/** ODS organisations with their dates and successors. `synthetic` marks everything the sample makes. */
export const organisation = pgTable('organisation', {
  code: text('code').primaryKey(),
  name: text('name').notNull(),
  kind: text('kind', { enum: ['trust', 'alliance', 'icb'] }).notNull(),
  openedOn: date('opened_on', { mode: 'string' }),
  closedOn: date('closed_on', { mode: 'string' }),
  successor: text('successor'),
  synthetic: boolean('synthetic').notNull().default(false),
})

/** Sites belong to an organisation by this table, never by the prefix of their code. */
export const site = pgTable('site', {
  code: text('code').primaryKey(),
  organisation: text('organisation')
    .notNull()
    .references(() => organisation.code),
  name: text('name').notNull(),
  latitude: doublePrecision('latitude'),
  longitude: doublePrecision('longitude'),
  openedOn: date('opened_on', { mode: 'string' }),
  closedOn: date('closed_on', { mode: 'string' }),
  synthetic: boolean('synthetic').notNull().default(false),
})

/** Minutes by road or rail between two sites; where a pair is missing, great-circle distance stands in. */
export const travel = pgTable(
  'travel',
  {
    fromSite: text('from_site')
      .notNull()
      .references(() => site.code),
    toSite: text('to_site')
      .notNull()
      .references(() => site.code),
    minutes: integer('minutes').notNull(),
  },
  (table) => [primaryKey({ columns: [table.fromSite, table.toSite] })],
)
