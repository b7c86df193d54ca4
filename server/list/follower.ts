import type { Database } from '../../db/client.ts'
import { CHANGE_CHANNEL } from '../../db/changes.ts'
import type { ChangeRow } from './live-entry.ts'

/** Change-log rows read at once; and about as many entries applied at once, so that no batch holds up the loop. */
const ROWS_A_READ = 500
const ENTRIES_A_BATCH = 4_000
const RETRY_MS = 250

/** What follows the log. */
export interface Follower {
  /** The last number applied. */
  seq(): number
  /** Asks for a look at the log now. */
  wake(): void
  close(): Promise<void>
}

/**
 * Follows the change log after `from`: the doorbell is a hint, the numbers are the truth.
 *
 * Rows are handed to `apply` in order, each once, a batch at a time; the next batch waits for the last. A failed
 * read or apply is tried again from the same number. A hole means that rows were cleared away before this process
 * read them: then everything is read anew by `reload`.
 */
export async function follow(options: {
  readonly db: Database
  readonly from: number
  /** Looks this often even when no doorbell rings. */
  readonly pollMs: number
  readonly apply: (rows: readonly ChangeRow[]) => Promise<void>
  /** Reads everything anew. @returns the number it is right for */
  readonly reload: () => Promise<number>
  readonly onError: (error: unknown) => void
}): Promise<Follower> {
  const { db, apply, reload, onError } = options
  let seq = options.from
  let working = false
  let closed = false
  const isOpen = () => !closed
  let rung = false
  let work = Promise.resolve()
  let retry: NodeJS.Timeout | undefined

  async function catchUp(): Promise<void> {
    while (rung && isOpen()) {
      rung = false
      const rows = await readChanges(db, seq)
      const first = rows[0]
      if (first === undefined) continue
      // There may be more behind these.
      rung = true
      if (first.seq !== seq + 1) {
        seq = await reload()
        continue
      }
      for (const batch of batches(rows)) {
        if (!isOpen()) return
        await apply(batch)
        seq = batch.at(-1)?.seq ?? seq
      }
    }
  }

  function wake(): void {
    rung = true
    if (working || closed) return
    working = true
    work = catchUp()
      .catch((error: unknown) => {
        if (closed) return
        onError(error)
        rung = false
        retry = setTimeout(wake, RETRY_MS)
      })
      .finally(() => {
        working = false
        // A bell may have rung after the last look.
        if (rung) wake()
      })
  }

  const listening = await db.listen(CHANGE_CHANNEL, wake, wake)
  const poll = setInterval(wake, options.pollMs).unref()
  return {
    seq: () => seq,
    wake,
    async close() {
      closed = true
      clearTimeout(retry)
      clearInterval(poll)
      await listening.unlisten()
      await work
    },
  }
}

async function readChanges(db: Database, after: number): Promise<ChangeRow[]> {
  // The log names nobody and is under no scope: read without a transaction it is one round trip and not three.
  const rows = await db.sql<
    (Omit<ChangeRow, 'entryIds'> & { entryIds: readonly number[] | null })[]
  >`
    select seq, at, topic, kind, entry_ids as "entryIds", payload from change_log
    where seq > ${after} order by seq limit ${ROWS_A_READ}
  `
  return rows.map((row) => ({ ...row, entryIds: row.entryIds ?? [] }))
}

function* batches(rows: readonly ChangeRow[]): Generator<ChangeRow[]> {
  let batch: ChangeRow[] = []
  let entries = 0
  for (const row of rows) {
    if (batch.length > 0 && entries + row.entryIds.length > ENTRIES_A_BATCH) {
      yield batch
      batch = []
      entries = 0
    }
    batch.push(row)
    entries += row.entryIds.length
  }
  if (batch.length > 0) yield batch
}
