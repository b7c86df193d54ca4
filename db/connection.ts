import postgres from 'postgres'

export type Sql = postgres.Sql
export type TransactionSql = postgres.TransactionSql
export type PendingQuery<T extends readonly object[]> = postgres.PendingQuery<
  T & postgres.MaybeRow[]
>

/** The role every request runs as: no login, no superuser, subject to row-level security. */
export const SERVICE_ROLE = 'ptl_service'
/** The oldest server whose grants and row-level security were tried here. */
export const OLDEST_MAJOR = 15

export const STATEMENT_TIMEOUT_MS = 30_000
const LOCK_TIMEOUT_MS = 10_000
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000
const CONNECT_TIMEOUT_SECONDS = 10

export interface ConnectionOptions {
  readonly max: number
  /** Role taken on at connection; absent: the user of the address itself, who owns the tables. */
  readonly role?: string
  readonly applicationName?: string
  readonly statementTimeoutMs?: number
  readonly onNotice?: (message: string) => void
  readonly onNotify?: (channel: string, payload: string) => void
  readonly onClose?: () => void
}

/**
 * A postgres.js client with this project's types and deadlines; opens nothing until the first query.
 *
 * `date` comes back as `YYYY-MM-DD`, `timestamptz` as `YYYY-MM-DDTHH:MM:SS[.ffffff]Z`, `bigint` and
 * `numeric` as numbers. `?host=/directory` in the address means the unix socket in that directory, as in libpq.
 */
export function connect(url: string, options: ConnectionOptions): Sql {
  const address = parseAddress(url)
  const settings = {
    ...(address.socketDirectory === undefined ? {} : { host: address.socketDirectory }),
    max: options.max,
    connect_timeout: CONNECT_TIMEOUT_SECONDS,
    onnotice: (notice: postgres.Notice) => options.onNotice?.(String(notice['message'])),
    // Understood by the driver, missing from its types.
    onnotify: options.onNotify,
    ...(options.onClose === undefined ? {} : { onclose: options.onClose }),
    types: TYPES,
    connection: {
      application_name: options.applicationName ?? 'ptl',
      TimeZone: 'UTC',
      DateStyle: 'ISO, YMD',
      statement_timeout: options.statementTimeoutMs ?? STATEMENT_TIMEOUT_MS,
      lock_timeout: LOCK_TIMEOUT_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      ...(options.role === undefined ? {} : { role: options.role }),
    },
  }
  return postgres(address.url, settings)
}

/** Refuses, in one line without the password, a server that cannot be reached or is older than 15. */
export async function assertServer(sql: Sql, url: string): Promise<void> {
  const rows = await sql<{ version: number }[]>`
    select current_setting('server_version_num')::int as version
  `.catch((cause: unknown) => {
    throw new Error(`Cannot use PostgreSQL at ${addressInWords(url)}: ${words(cause)}`, { cause })
  })
  const major = Math.floor((rows[0]?.version ?? 0) / 10_000)
  if (major < OLDEST_MAJOR) {
    throw new Error(
      `PostgreSQL at ${addressInWords(url)} is version ${major}; ${OLDEST_MAJOR} or later is wanted.`,
    )
  }
}

/** Host, port and database of an address, never its user or password. */
export function addressInWords(url: string): string {
  const { url: plain, socketDirectory } = parseAddress(url)
  const parsed = new URL(plain)
  return `${socketDirectory ?? parsed.host}${parsed.pathname}`
}

function parseAddress(url: string): { url: string; socketDirectory?: string } {
  let parsed
  try {
    parsed = new URL(url)
  } catch {
    throw new Error(
      'DATABASE_URL is not an address such as postgres://user:password@host:5432/name.',
    )
  }
  if (parsed.protocol !== 'postgres:' && parsed.protocol !== 'postgresql:') {
    throw new Error(`DATABASE_URL begins with ${parsed.protocol}//; postgres:// is wanted.`)
  }
  const host = parsed.searchParams.get('host')
  if (host?.startsWith('/') !== true) return { url }
  parsed.searchParams.delete('host')
  return { url: parsed.toString(), socketDirectory: host }
}

function words(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause)
  const first = cause instanceof AggregateError ? (cause.errors[0] as unknown) : undefined
  const message = cause.message === '' && first instanceof Error ? first.message : cause.message
  return message.split('\n')[0] ?? message
}

/** `2025-05-01 09:00:00.5+00`, as the server writes it with TimeZone UTC, to `2025-05-01T09:00:00.5Z`. */
export function parseInstant(text: string): string {
  return text.endsWith('+00') ? `${text.slice(0, 10)}T${text.slice(11, -3)}Z` : text
}

const DATE_OID = 1082
const TIMESTAMP_OID = 1114
const TIMESTAMPTZ_OID = 1184
const INT8_OID = 20
const NUMERIC_OID = 1700

const TYPES = {
  date: {
    to: DATE_OID,
    from: [DATE_OID, TIMESTAMP_OID],
    serialize: (value: string) => value,
    parse: (text: string) => text,
  },
  instant: {
    to: TIMESTAMPTZ_OID,
    from: [TIMESTAMPTZ_OID],
    serialize: (value: string | Date) => (value instanceof Date ? value.toISOString() : value),
    parse: parseInstant,
  },
  bigint: { to: INT8_OID, from: [INT8_OID], serialize: String, parse: Number },
  numeric: { to: NUMERIC_OID, from: [NUMERIC_OID], serialize: String, parse: Number },
}
