import { drizzle } from 'drizzle-orm/postgres-js'
import type { PgTransaction } from 'drizzle-orm/pg-core'
import type { PostgresJsDatabase, PostgresJsQueryResultHKT } from 'drizzle-orm/postgres-js'
import type { ExtractTablesWithRelations } from 'drizzle-orm'
import { sql as fragment } from 'drizzle-orm'
import type { Role } from '../shared/vocabulary.ts'
import { SERVICE_ROLE, assertServer, connect, parseInstant } from './connection.ts'
import type { PendingQuery, Sql, TransactionSql } from './connection.ts'
import { listenOn } from './listen.ts'
import type { Listening } from './listen.ts'
import * as schema from './schema/index.ts'

export type { PendingQuery, Sql, TransactionSql } from './connection.ts'

/** For whom a transaction runs; row-level security reads it. `name` says which part of the service. */
export type Scope =
  | { readonly kind: 'system'; readonly name: string }
  | {
      readonly kind: 'person'
      readonly personId: string
      readonly organisation: string
      readonly role: Role
    }

export type OrmTransaction = PgTransaction<
  PostgresJsQueryResultHKT,
  typeof schema,
  ExtractTablesWithRelations<typeof schema>
>

export interface Database {
  /** Drizzle over a client of its own. Outside a scope it sees no row that row-level security guards. */
  readonly orm: PostgresJsDatabase<typeof schema>
  /** Raw client: COPY, hot queries, locks. Outside a scope it sees no guarded row either. */
  readonly sql: Sql
  readonly url: string
  /** Runs `fn` in a transaction in which row-level security sees `scope`; commits when it resolves. */
  scoped<T>(scope: Scope, fn: (tx: TransactionSql) => Promise<T>): Promise<T>
  /**
   * One statement that only reads, in `scope`, for one round trip: the transaction, its settings, the statement and the
   * end go down the pipe together, where `scoped` waits three times. What must be hot and looks at one thing.
   */
  read<T extends readonly object[]>(scope: Scope, query: (tx: Sql) => PendingQuery<T>): Promise<T>
  /**
   * Statements that only write, in `scope` and in this order, all or none, for one round trip as `read`: whatever they
   * lock is free a round trip sooner than with `scoped`.
   * @returns how many rows each wrote
   */
  write(scope: Scope, statements: (tx: Sql) => readonly Statement[]): Promise<readonly number[]>
  /** The same as `scoped` with drizzle. */
  scopedOrm<T>(scope: Scope, fn: (tx: OrmTransaction) => Promise<T>): Promise<T>
  /** A connection of its own that comes back by itself; `onListen` at each (re)connection. */
  listen(
    channel: string,
    onNotify: (payload: string) => void,
    onListen: () => void,
  ): Promise<Listening>
  close(): Promise<void>
}

/** A statement not yet sent. */
interface Statement {
  execute(): PromiseLike<{ readonly count: number }>
}

const DEFAULT_CONNECTIONS = 10
const ORM_CONNECTIONS = 4
const CLOSE_TIMEOUT_SECONDS = 5
const TIMESTAMPTZ_OID = 1184

/**
 * Opens the database as the service role. The schema must have been migrated.
 * @throws one clear line when the server cannot be reached, is too old, or was never migrated
 */
export async function openDatabase(options: {
  readonly url: string
  /** Connections of the raw client; drizzle has four more, and each `listen` one. */
  readonly max?: number
  readonly onNotice?: (message: string) => void
}): Promise<Database> {
  const { url } = options
  const shared = {
    role: SERVICE_ROLE,
    ...(options.onNotice === undefined ? {} : { onNotice: options.onNotice }),
  }
  const sql = connect(url, { ...shared, max: options.max ?? DEFAULT_CONNECTIONS })
  const ormClient = connect(url, { ...shared, max: ORM_CONNECTIONS, applicationName: 'ptl-orm' })
  const orm = drizzle(ormClient, { schema })
  // Drizzle replaces the parsers of the client it is given; instants should read alike in both.
  ormClient.options.parsers[TIMESTAMPTZ_OID] = parseInstant
  const listening = new Set<Listening>()

  async function close(): Promise<void> {
    await Promise.all([...listening].map((one) => one.unlisten()))
    await Promise.all([
      sql.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
      ormClient.end({ timeout: CLOSE_TIMEOUT_SECONDS }),
    ])
  }

  /**
   * The statements of a transaction down the pipe together.
   * @returns what `make` gave, all of it settled
   * @throws what the first that failed says; then none was done
   */
  async function piped<Asked extends readonly Statement[]>(
    scope: Scope,
    make: (one: Sql) => { readonly begun: Statement; readonly asked: Asked },
  ): Promise<Asked> {
    const one = await sql.reserve()
    try {
      const { begun, asked } = make(one)
      const steps = [begun, enter(one, scope), ...asked, one`commit`]
      // Whatever fails makes the rest do nothing. All are waited for: the connection goes back with nothing under way.
      const done = await Promise.allSettled(steps.map((step) => step.execute()))
      for (const step of done) if (step.status === 'rejected') throw step.reason
      return asked
    } finally {
      one.release()
    }
  }

  try {
    await assertServer(sql, url)
  } catch (cause) {
    await close()
    throw cause
  }

  return {
    orm,
    sql,
    url,
    async scoped(scope, fn) {
      const result = await sql.begin(async (tx) => {
        // Not awaited before `fn`: it goes first down the same pipe, so nothing can run ahead of it.
        const entered = enter(tx, scope).execute()
        const value = await fn(tx)
        await entered
        return { value }
      })
      return result.value
    },
    async read(scope, query) {
      const [rows] = await piped(scope, (one) => ({
        begun: one`begin read only`,
        asked: [query(one)] as const,
      }))
      return await rows
    },
    async write(scope, statements) {
      const asked = await piped(scope, (one) => ({ begun: one`begin`, asked: statements(one) }))
      const done = await Promise.all(asked.map((one) => one.execute()))
      return done.map(({ count }) => count)
    },
    scopedOrm(scope, fn) {
      return orm.transaction(async (tx) => {
        const [kind, personId, organisation, role] = settingsOf(scope)
        await tx.execute(fragment`
          select set_config('ptl.kind', ${kind}, true), set_config('ptl.person', ${personId}, true),
            set_config('ptl.organisation', ${organisation}, true), set_config('ptl.role', ${role}, true)
        `)
        return fn(tx)
      })
    },
    async listen(channel, onNotify, onListen) {
      const one = await listenOn({ url, role: SERVICE_ROLE, channel }, onNotify, onListen)
      listening.add(one)
      return {
        async unlisten() {
          listening.delete(one)
          await one.unlisten()
        },
      }
    },
    close,
  }
}

function enter(sql: Sql | TransactionSql, scope: Scope) {
  const [kind, personId, organisation, role] = settingsOf(scope)
  return sql`
    select set_config('ptl.kind', ${kind}, true), set_config('ptl.person', ${personId}, true),
      set_config('ptl.organisation', ${organisation}, true), set_config('ptl.role', ${role}, true)
  `
}

function settingsOf(scope: Scope): readonly [string, string, string, string] {
  return scope.kind === 'system'
    ? ['system', '', '', '']
    : ['person', scope.personId, scope.organisation, scope.role]
}
