import { appendChanges } from '../../../db/changes.ts'
import type { Change } from '../../../db/changes.ts'
import type { Database, TransactionSql } from '../../../db/client.ts'
import { DEFAULT_INTERVAL_MINUTES } from '../../../shared/feed-health.ts'
import type { AlarmKind, FeedAlarm, FeedGap, FeedHealth } from '../../../shared/feed-health.ts'
import type { FeedSample } from '../../domain/measure/feed-health.ts'
import { feedAlarms } from '../../domain/measure/feed-health.ts'
import { AID_FORMAT } from '../bars/aid-message.ts'
import { BY_HAND } from '../mending/mending.ts'

const SYSTEM = { kind: 'system', name: 'feeds' } as const
/** A feed that was last heard of longer ago, and that nobody expects, is a feed of the past. */
const KNOWN_DAYS = 90
const DAY_MINUTES = 1_440
const SAMPLES = 8

interface FeedRow {
  readonly trust: string
  readonly feed: string
  readonly intervalMinutes: number | null
  readonly expectedAt: string | null
  readonly lastAt: string | null
  readonly isSnapshot: boolean
}

/**
 * How every feed stands at this moment, trust by trust. Mutual aid is asked for when it is wanted: its messages make no
 * feed that could be late, unless a trust has said that it expects them. [FEED-46]
 */
export async function readHealth(db: Database, nowMs: number): Promise<FeedHealth[]> {
  const now = new Date(nowMs).toISOString()
  return db.scoped(SYSTEM, async (tx) => {
    const feeds = await tx<FeedRow[]>`
      with known as (
        select trust, feed, max(received_at) as last_at,
          (array_agg(mode order by received_at desc))[1] = 'snapshot' as is_snapshot
        from delivery where state = 'done' and not dry_run and not sandbox and feed <> ${BY_HAND}
          and received_at > ${now}::timestamptz - make_interval(days => ${KNOWN_DAYS})
          and (format <> ${AID_FORMAT} or exists (select from feed_expectation e
            where e.trust = delivery.trust and e.feed = delivery.feed))
        group by trust, feed
      )
      select coalesce(k.trust, e.trust) as trust, coalesce(k.feed, e.feed) as feed,
        e.interval_minutes as "intervalMinutes", e.at as "expectedAt", k.last_at as "lastAt",
        coalesce(k.is_snapshot, false) as "isSnapshot"
      from known k full join feed_expectation e on e.trust = k.trust and e.feed = k.feed
      order by 1, 2`
    const health: FeedHealth[] = []
    for (const row of feeds) {
      const intervalMinutes = row.intervalMinutes ?? DEFAULT_INTERVAL_MINUTES
      const samples = await readSamples(tx, row, Math.max(intervalMinutes, DAY_MINUTES), now)
      const lastMs = row.lastAt === null ? null : Date.parse(row.lastAt)
      const expectedFromMs = Date.parse(row.expectedAt ?? row.lastAt ?? now)
      const alarms = feedAlarms({ intervalMinutes, lastMs, expectedFromMs, samples }, nowMs)
      const { trust, feed, lastAt } = row
      health.push({ trust, feed, intervalMinutes, lastAt, alarms: [...alarms] })
    }
    return health
  })
}

/** Of a snapshot feed its deliveries, of another its days: single messages say nothing of a volume. Newest first. */
async function readSamples(
  tx: TransactionSql,
  { trust, feed, isSnapshot }: FeedRow,
  windowMinutes: number,
  now: string,
): Promise<readonly FeedSample[]> {
  const live = tx`trust = ${trust} and feed = ${feed} and state = 'done' and not dry_run and not sandbox`
  if (isSnapshot) {
    return tx<FeedSample[]>`
      select (counts ->> 'read')::int as read, (counts ->> 'refused')::int as refused from delivery
      where ${live} and mode = 'snapshot' order by received_at desc, id desc limit ${SAMPLES}`
  }
  const rows = await tx<(FeedSample & { ago: number })[]>`
    select floor(extract(epoch from ${now}::timestamptz - received_at) / ${windowMinutes * 60})::int as ago,
      sum((counts ->> 'read')::int)::int as read, sum((counts ->> 'refused')::int)::int as refused
    from delivery where ${live} and received_at <= ${now}
      and received_at > ${now}::timestamptz - make_interval(mins => ${windowMinutes * SAMPLES})
    group by 1`
  const oldest = Math.max(-1, ...rows.map(({ ago }) => ago))
  return Array.from(
    { length: oldest + 1 },
    (_, ago) => rows.find((row) => row.ago === ago) ?? { read: 0, refused: 0 },
  )
}

/**
 * Writes down what is wrong now, and tells of what was raised or ended: once, whichever process sees it first.
 * @returns the changes told
 */
export async function tellAlarms(
  db: Database,
  health: readonly FeedHealth[],
  nowMs: number,
): Promise<number> {
  const at = new Date(nowMs).toISOString()
  const now = health.flatMap(({ trust, feed, alarms }) =>
    alarms.map((alarm) => ({ trust, feed, ...alarm })),
  )
  return db.scoped(SYSTEM, async (tx) => {
    const document = JSON.stringify(now)
    const raised = await tx<AlarmRow[]>`
      insert into feed_alarm (trust, feed, kind, since, words)
      select trust, feed, kind, since, words from jsonb_to_recordset(${document}::text::jsonb)
        as (trust text, feed text, kind text, since timestamptz, words text)
      on conflict do nothing returning trust, feed, kind, since, words`
    const ended = await tx<AlarmRow[]>`
      delete from feed_alarm a where not exists (select from jsonb_to_recordset(${document}::text::jsonb)
        as n (trust text, feed text, kind text) where n.trust = a.trust and n.feed = a.feed and n.kind = a.kind)
      returning trust, feed, kind, since, words`
    const changes = [
      ...raised.map((row) => change(row, false)),
      ...ended.map((row) => change(row, true)),
    ]
    if (changes.length > 0) await appendChanges(tx, changes, at)
    return changes.length
  })
}

/** Feeds whose figures are older than they should be. [FEED-47] */
export function gapsOf(health: readonly FeedHealth[]): readonly FeedGap[] {
  return health.flatMap(({ trust, feed, lastAt, alarms }) =>
    alarms.flatMap(({ kind, since }) =>
      kind === 'late' || kind === 'silent' ? [{ trust, feed, kind, lastAt, since }] : [],
    ),
  )
}

interface AlarmRow extends FeedAlarm {
  readonly trust: string
  readonly feed: string
  readonly kind: AlarmKind
}

function change({ trust, feed, kind, since, words }: AlarmRow, ended: boolean): Change {
  const payload = { trust, feed, notice: kind, since, words, ended }
  return { topic: 'feeds', kind: 'alarm', payload }
}
