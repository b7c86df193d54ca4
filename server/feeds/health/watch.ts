import type { Database } from '../../../db/client.ts'
import type { FeedGap, FeedHealth } from '../../../shared/feed-health.ts'
import type { LiveList } from '../../list/live-entry.ts'
import { gapsOf, readHealth, tellAlarms } from './health.ts'
import type { Receiver } from '../delivery/receive.ts'
import { lapseRows } from '../mending/refused-rows.ts'

/** Lateness comes with time alone; what a delivery changes is looked at when it comes. */
const LOOK_EVERY_MS = 30_000
const AFTER_DELIVERY_MS = 500

/** Keeps an eye on the feeds while the service runs. */
export interface FeedWatch {
  /** How every feed stood at the last look. */
  health(): readonly FeedHealth[]
  /** Of these, what is older than it should be. [FEED-47] */
  gaps(): readonly FeedGap[]
  /** Refused rows that wait, by trust. */
  waiting(): ReadonlyMap<string, number>
  look(): Promise<void>
  close(): Promise<void>
}

export interface WatchOptions {
  readonly db: Database
  readonly list: Pick<LiveList, 'onChange'>
  readonly receiver: Pick<Receiver, 'takeUp'>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

/** Looks at once, then twice a minute and after each delivery. Takes up what died, and lets lapse what nobody mended. */
export async function openFeedWatch(options: WatchOptions): Promise<FeedWatch> {
  const { db, now, receiver, onError } = options
  let health: readonly FeedHealth[] = []
  let waiting: ReadonlyMap<string, number> = new Map()
  let looking: Promise<void> = Promise.resolve()
  let soon: NodeJS.Timeout | undefined

  async function lookOnce(): Promise<void> {
    await receiver.takeUp()
    await lapseRows(db, now())
    const seen = await readHealth(db, now())
    waiting = await readWaiting(db)
    health = seen
    await tellAlarms(db, seen, now())
  }

  function look(): Promise<void> {
    looking = looking.then(lookOnce)
    const mine = looking
    looking = looking.catch(onError)
    return mine
  }

  const timer = setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS)
  timer.unref()
  const stopListening = options.list.onChange(({ rows }) => {
    if (!rows.some(({ topic, kind }) => topic === 'feeds' && kind !== 'alarm')) return
    soon ??= setTimeout(() => {
      soon = undefined
      look().catch(() => undefined)
    }, AFTER_DELIVERY_MS)
  })
  await look()

  return {
    health: () => health,
    gaps: () => gapsOf(health),
    waiting: () => waiting,
    look,
    async close() {
      clearInterval(timer)
      clearTimeout(soon)
      stopListening()
      await looking
    },
  }
}

async function readWaiting(db: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await db.scoped(
    { kind: 'system', name: 'feeds' },
    (tx) => tx<{ trust: string; rows: number }[]>`
      select trust, count(*)::int as rows from refused_row where state = 'waiting' group by trust`,
  )
  return new Map(rows.map(({ trust, rows: count }) => [trust, count]))
}
