import type { Database, TransactionSql } from '../../../db/client.ts'

/** Any number, the same in every process: who holds this advisory lock plans. */
const PLANNER_LOCK = 0x70_74_6c_01
const CAMPAIGN_INTERVAL_MS = 2_000

/**
 * One process plans, the others stand by. The advisory lock dies with its connection, so a killed leader is followed
 * within one campaign interval; the fence, one higher for each leader, keeps a stalled one from writing late. [MOV-49]
 */
export interface Leadership {
  /** The fence while this process leads, null otherwise. */
  fence(): number | null
  /** Called each time this process becomes the leader, and at once when it is already. */
  onElected(listener: () => void): void
  /** Throws `LostLeadership` when a newer leader exists; to be called first in each transaction of the leader. */
  assertFence(tx: TransactionSql, fence: number): Promise<void>
  close(): Promise<void>
}

/** Somebody else leads now; what was decided before is to be dropped. */
export class LostLeadership extends Error {
  constructor() {
    super('another process leads the planning now')
    this.name = 'LostLeadership'
  }
}

/**
 * Starts to campaign; resolves after the first try.
 * @param options.self names this process in the table, for people who look
 */
export async function campaign(options: {
  readonly db: Database
  readonly self: string
  readonly onError: (error: unknown) => void
}): Promise<Leadership> {
  const { db, self, onError } = options
  const listeners: (() => void)[] = []
  let fence: number | null = null
  let connection: Awaited<ReturnType<Database['sql']['reserve']>> | null = null
  let closed = false
  let round: Promise<void> = Promise.resolve()

  async function run(): Promise<void> {
    if (closed) return
    try {
      connection ??= await db.sql.reserve()
      if (fence === null) {
        const [taken] = await connection<
          { ok: boolean }[]
        >`select pg_try_advisory_lock(${PLANNER_LOCK}) as ok`
        if (taken?.ok === true) {
          fence = await raiseFence(db, self)
          for (const listener of listeners) listener()
        }
      } else {
        // the lock lives as long as this connection does; a dead one throws here
        await connection`select 1`
      }
    } catch (error) {
      fence = null
      connection?.release()
      connection = null
      if (!isClosed()) onError(error)
    }
  }

  const isClosed = (): boolean => closed
  const timer = setInterval(() => {
    round = round.then(run)
  }, CAMPAIGN_INTERVAL_MS)
  timer.unref()
  round = run()
  await round

  return {
    fence: () => fence,
    onElected(listener) {
      listeners.push(listener)
      if (fence !== null) listener()
    },
    async assertFence(tx, mine) {
      const [row] = await tx<
        { fence: number }[]
      >`select fence from leader where name = 'planner' for share`
      if (row?.fence !== mine) throw new LostLeadership()
    },
    async close() {
      closed = true
      clearInterval(timer)
      await round
      if (connection !== null) {
        if (fence !== null)
          await connection`select pg_advisory_unlock(${PLANNER_LOCK})`.catch(() => undefined)
        connection.release()
      }
      fence = null
    },
  }
}

async function raiseFence(db: Database, self: string): Promise<number> {
  return db.scoped({ kind: 'system', name: 'planner' }, async (tx) => {
    const [row] = await tx<{ fence: number }[]>`
      insert into leader (name, fence, held_by, since) values ('planner', 1, ${self}, now())
      on conflict (name) do update set fence = leader.fence + 1, held_by = excluded.held_by, since = excluded.since
      returning fence`
    return row?.fence ?? 1
  })
}
