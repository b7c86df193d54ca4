import { fileURLToPath } from 'node:url'
import { drizzle } from 'drizzle-orm/postgres-js'
import { migrate as runMigrations } from 'drizzle-orm/postgres-js/migrator'
import { assertServer, connect } from './connection.ts'
import { ensureLoaderRole } from './loader-role.ts'

const MIGRATIONS_FOLDER = fileURLToPath(new URL('./migrations', import.meta.url))
/** Any fixed number: one migration at a time in a database, however many processes start together. */
const MIGRATION_LOCK = 20_231_001
const MIGRATION_DEADLINE_MS = 600_000
const CLOSE_TIMEOUT_SECONDS = 5

/**
 * Brings the database up to date as the user of the address, who becomes the owner of the tables; doing it
 * again changes nothing. The user needs CREATEROLE once, or the role `ptl_service` granted beforehand.
 * @throws one clear line when the server is older than 15 or cannot be reached
 */
export async function migrate(url: string): Promise<void> {
  const sql = connect(url, {
    max: 1,
    applicationName: 'ptl-migrate',
    statementTimeoutMs: MIGRATION_DEADLINE_MS,
  })
  try {
    await assertServer(sql, url)
    await sql`select set_config('lock_timeout', ${String(MIGRATION_DEADLINE_MS)}, false)`
    await sql`select pg_advisory_lock(${MIGRATION_LOCK})`
    await runMigrations(drizzle(sql), { migrationsFolder: MIGRATIONS_FOLDER }).catch(explain)
    // Roles are of the cluster, not of the database: one brought back from a backup may have come without them.
    await ensureLoaderRole(sql)
  } finally {
    // The lock belongs to this only connection, and goes with it.
    await sql.end({ timeout: CLOSE_TIMEOUT_SECONDS })
  }
}

/** The server's own words; drizzle's error would repeat the whole statement. */
function explain(cause: unknown): never {
  const told = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause
  const words = told instanceof Error ? told.message : String(told)
  throw new Error(`The database could not be brought up to date: ${words}`, { cause })
}
