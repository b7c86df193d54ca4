import type { Database, TransactionSql } from '../../../db/client.ts'

/*
 * Deliveries under way, as others may see them: how far they are, and that somebody is at it. [FEED-40]
 */

const SYSTEM = { kind: 'system', name: 'feeds' } as const
/** Nothing is written of a delivery that is over sooner. */
const BEAT_MS = 1_000
/** Told on the socket at most this often. */
const TELL_MS = 2_000
/** A beat as old as this, by the database's clock, is of a process that died or was cut off. */
export const SILENT_AFTER_SECONDS = 30

/** A delivery under way in this process. */
export interface Work {
  rows(count: number): void
  bytes(count: number): void
  /** What is all of it; once known. */
  total(bytes: number): void
  /** Nothing is written after this has resolved. */
  stop(): Promise<void>
}

export interface WorkOptions {
  readonly db: Database
  readonly id: string
  readonly bytesTotal: number | null
  /** Tells those who watch; a failure is of no consequence. */
  readonly tell: (id: string) => Promise<void>
}

/** Begins to write down, every second, how far a delivery is. */
export function openWork({ db, id, bytesTotal, tell }: WorkOptions): Work {
  let rowsRead = 0
  let bytesRead = 0
  let total = bytesTotal
  let beating: Promise<void> = Promise.resolve()
  let toldAt = performance.now()
  const timer = setInterval(() => {
    beating = beating.then(beat).catch(() => undefined)
  }, BEAT_MS)
  timer.unref()

  async function beat(): Promise<void> {
    await db.scoped(SYSTEM, (tx) => writeBeat(tx, id, { rowsRead, bytesRead, bytesTotal: total }))
    if (performance.now() - toldAt < TELL_MS) return
    toldAt = performance.now()
    await tell(id)
  }

  return {
    rows: (count) => void (rowsRead += count),
    bytes: (count) => void (bytesRead += count),
    total: (bytes) => void (total = bytes),
    async stop() {
      clearInterval(timer)
      await beating
    },
  }
}

/** Counts what passes. */
export async function* counted(chunks: AsyncIterable<Buffer>, work: Work): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    work.bytes(chunk.length)
    yield chunk
  }
}

/**
 * Progress of a delivery row, as a column. The start is when the first beat could have been; the rate is of all that
 * was read since.
 */
export function progressColumn(tx: TransactionSql) {
  return tx`(
    select case when delivery.state <> 'running' then null else jsonb_build_object('rowsRead', rows_read,
      'rowsPerSecond', round((rows_read / seconds)::numeric, 1),
      'secondsLeft', case when bytes_read > 0 and bytes_total is not null
        then ceil(greatest(bytes_total - bytes_read, 0) * seconds / bytes_read) end) end
    from delivery_work, greatest(extract(epoch from beat_at - started_at), 0.1) as seconds
    where delivery_id = delivery.id)`
}

async function writeBeat(
  tx: TransactionSql,
  id: string,
  at: { readonly rowsRead: number; readonly bytesRead: number; readonly bytesTotal: number | null },
): Promise<void> {
  await tx`
    insert into delivery_work (delivery_id, started_at, rows_read, bytes_read, bytes_total)
    values (${id}, now() - make_interval(secs => ${BEAT_MS / 1_000}), ${at.rowsRead}, ${at.bytesRead}, ${at.bytesTotal})
    on conflict (delivery_id) do update set beat_at = now(), rows_read = excluded.rows_read,
      bytes_read = excluded.bytes_read, bytes_total = coalesce(excluded.bytes_total, delivery_work.bytes_total)`
}
