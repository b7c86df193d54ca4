import type { Sql, TransactionSql } from './connection.ts'
import { SERVICE_ROLE } from './connection.ts'

/*
 * The role that copies a trust's first rows straight into entry, identity and clock_stop, and can do nothing else.
 * The migration `loading` says what holds it to the trust whose delivery it is. [IG-16]
 */

const LOADER_ROLE = 'ptl_loader'
/** Columns of `entry` that it may write; whose it is, the scope says. */
export const LOADED_ENTRY_COLUMNS =
  'id, local_id, hash, state, closed_reason, tumour, received_on, facts, pathway_key, organisations, row_number, ' +
  'delivery_id, extract_at, created_at, updated_at'

/**
 * Makes the role and gives it its rights, as far as the owner of the tables may: that it is past row-level security
 * only a superuser can give, or from PostgreSQL 16 on an owner who is so too. Without it loads go the longer way, through
 * staging tables. Doing it again changes nothing.
 */
export async function ensureLoaderRole(owner: Sql): Promise<void> {
  const [row] = await owner<{ holds: boolean }[]>`select ${holdsRights(owner)} as holds`
  if (row?.holds === true) return
  await owner.unsafe(`
    DO $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${LOADER_ROLE}') THEN
        CREATE ROLE ${LOADER_ROLE} NOLOGIN NOINHERIT BYPASSRLS;
      END IF;
    EXCEPTION
      WHEN duplicate_object OR unique_violation OR insufficient_privilege THEN NULL;
    END
    $$`)
  await owner.unsafe(`
    DO $$
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '${LOADER_ROLE}') THEN
        RETURN;
      END IF;
      GRANT USAGE ON SCHEMA public TO ${LOADER_ROLE};
      GRANT INSERT (${LOADED_ENTRY_COLUMNS}) ON entry TO ${LOADER_ROLE};
      GRANT INSERT ON identity, clock_stop TO ${LOADER_ROLE};
      BEGIN
        EXECUTE 'GRANT ${LOADER_ROLE} TO ${SERVICE_ROLE}'
          || CASE WHEN current_setting('server_version_num')::int >= 160000 THEN ' WITH INHERIT FALSE, SET TRUE' ELSE '' END;
      EXCEPTION
        WHEN insufficient_privilege THEN NULL; -- granted beforehand by whoever made it, or never
      END;
    END
    $$`)
}

/** Whether this connection may act as the role, and the role has its rights. */
export async function mayLoad(tx: TransactionSql): Promise<boolean> {
  const [row] = await tx<{ holds: boolean }[]>`select ${holdsRights(tx)} as holds`
  return row?.holds === true
}

/**
 * Runs `copy` as the role, for one trust. Nothing else may be asked of the transaction meanwhile.
 * @throws what `copy` throws; the transaction has failed then
 */
export async function asLoader<T>(
  tx: TransactionSql,
  trust: string,
  copy: () => Promise<T>,
): Promise<T> {
  // Not waited for by itself: it goes first down the same pipe. Both are, so that nothing is under way when this throws.
  const entered = tx`
    select set_config('ptl.trust', ${trust}, true), set_config('role', ${LOADER_ROLE}, true)`.execute()
  const [taken, copied] = await Promise.allSettled([entered, copy()])
  if (taken.status === 'rejected') throw taken.reason
  if (copied.status === 'rejected') throw copied.reason
  // Nor is this: what is asked next goes behind it, and should it fail the transaction has failed for all that follows.
  tx`select set_config('role', ${SERVICE_ROLE}, true), set_config('ptl.trust', '', true)`
    .execute()
    .catch(() => undefined)
  return copied.value
}

function holdsRights(sql: Sql | TransactionSql) {
  return sql`
    exists (
      select from pg_roles loader, pg_roles service
      where loader.rolname = ${LOADER_ROLE} and loader.rolbypassrls and service.rolname = ${SERVICE_ROLE}
        and pg_has_role(session_user, loader.oid, ${settable(sql)})
        and pg_has_role(service.oid, loader.oid, ${settable(sql)})
        and has_schema_privilege(loader.oid, 'public', 'usage')
        and has_column_privilege(loader.oid, 'entry', 'local_id', 'insert')
        and has_table_privilege(loader.oid, 'identity', 'insert')
        and has_table_privilege(loader.oid, 'clock_stop', 'insert')
    )`
}

/** Before 16 a member could always take on a role; since then that is a right of its own. */
function settable(sql: Sql | TransactionSql) {
  return sql`case when current_setting('server_version_num')::int >= 160000 then 'SET' else 'MEMBER' end`
}
