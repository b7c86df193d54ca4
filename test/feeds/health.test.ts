import t from 'tap'
import { AID_FORMAT } from '../../server/feeds/bars/aid-message.ts'
import { BY_HAND } from '../../server/feeds/mending/mending.ts'
import { WebSocket } from 'ws'
import { feedAlarms } from '../../server/domain/measure/feed-health.ts'
import type { FeedPast, FeedSample } from '../../server/domain/measure/feed-health.ts'
import type { FeedHealthAnswer, WithFeedGaps } from '../../shared/feed-health.ts'
import { liveSocket, openLiveClient } from '../../shared/live-client.ts'
import { feedService } from '../feed-service.ts'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const NOW = Date.parse('2026-11-22T12:00:00Z')

const sample = (read: number, refused = 0): FeedSample => ({ read, refused })
const kinds = (past: Partial<FeedPast>, nowMs = NOW): string[] =>
  feedAlarms(
    { intervalMinutes: 1_440, lastMs: NOW, expectedFromMs: NOW, samples: [], ...past },
    nowMs,
  ).map(({ kind }) => kind)

t.test(
  'FEED-46 late, silent, falling, refused: on each edge and on both sides of it',
  async (t) => {
    const hours = (count: number) => ({ lastMs: NOW - count * HOUR_MS })
    const usual = [sample(100), sample(120), sample(80), sample(100)]
    const cases: [string, Partial<FeedPast>, string[]][] = [
      ['just came', {}, []],
      ['a day and a quarter', hours(30), []],
      ['and a moment', { lastMs: NOW - 30 * HOUR_MS - 1 }, ['late']],
      ['three days', hours(72), ['late']],
      ['and a moment', { lastMs: NOW - 72 * HOUR_MS - 1 }, ['silent']],
      ['hourly, an hour and a quarter', { intervalMinutes: 60, lastMs: NOW - 75 * MINUTE_MS }, []],
      ['and a moment', { intervalMinutes: 60, lastMs: NOW - 75 * MINUTE_MS - 1 }, ['late']],
      ['never, expected for a day', { lastMs: null, expectedFromMs: NOW - 24 * HOUR_MS }, []],
      ['never, for two', { lastMs: null, expectedFromMs: NOW - 48 * HOUR_MS }, ['late']],
      ['never, for four', { lastMs: null, expectedFromMs: NOW - 96 * HOUR_MS }, ['silent']],
      ['half of what is usual', { samples: [sample(50), ...usual] }, []],
      ['less than half', { samples: [sample(49), ...usual] }, ['falling']],
      ['nothing at all', { samples: [sample(0), ...usual] }, ['falling']],
      ['two before are too few', { samples: [sample(1), sample(100), sample(100)] }, []],
      ['three are enough', { samples: [sample(1), ...usual.slice(0, 3)] }, ['falling']],
      ['19 usual is chance', { samples: [sample(1), sample(19), sample(19), sample(19)] }, []],
      ['20 is not', { samples: [sample(1), sample(20), sample(20), sample(20)] }, ['falling']],
      ['9 refused', { samples: [sample(100, 9), ...usual] }, []],
      ['10 refused', { samples: [sample(100, 10), ...usual] }, ['refusals']],
      ['under 5 %', { samples: [sample(201, 10), ...usual] }, []],
      ['5 %', { samples: [sample(200, 10), ...usual] }, ['refusals']],
      [
        'as always',
        { samples: [sample(100, 19), ...usual.map(({ read }) => sample(read, read / 10))] },
        [],
      ],
      [
        'twice as always',
        { samples: [sample(100, 20), ...usual.map(({ read }) => sample(read, read / 10))] },
        ['refusals'],
      ],
      [
        'all at once',
        { ...hours(80), samples: [sample(40, 20), ...usual] },
        ['silent', 'falling', 'refusals'],
      ],
    ]
    for (const [name, past, expected] of cases) t.same(kinds(past), expected, name)
    const [late] = feedAlarms(
      { intervalMinutes: 1_440, lastMs: NOW - 80 * HOUR_MS, expectedFromMs: 0, samples: [] },
      NOW,
    )
    t.same(late, {
      kind: 'silent',
      since: new Date(NOW - 56 * HOUR_MS).toISOString(),
      words: 'Nothing for 3 days; expected every 24 hours.',
    })
  },
)

t.test('FEED-46 FEED-47 an alarm is raised once, told, counted, shown, and ends', async (t) => {
  const service = await feedService(t)
  const { ask, push, watch, db } = service
  const { key } = await service.key('XAA', { feed: 'ptl' })
  const other = await service.key('XBB')
  const cookies = {
    admin: await service.cookieOf('trustAdmin', 'XAA'),
    coordinator: await service.cookieOf('coordinator', 'XAA'),
    other: await service.cookieOf('coordinator', 'XBB'),
    lead: await service.cookieOf('lead', 'XAL'),
  }
  const as = (who: keyof typeof cookies) => ({ headers: { cookie: cookies[who].cookie } })
  const healthFor = async (who: keyof typeof cookies) =>
    (await ask<FeedHealthAnswer>('/api/feed-health', as(who))).body.feeds
  const rows = (count: number) =>
    Array.from(
      { length: count },
      (_, at) =>
        `${JSON.stringify({ localId: `H${at}`, ppid: `H${at}`, priorityType: '3', receivedOn: '2026-10-01' })}\n`,
    ).join('')
  const alarmRows = () =>
    db.scoped(
      { kind: 'system', name: 'test' },
      (tx) => tx<{ payload: Record<string, unknown> }[]>`
      select payload from change_log where kind = 'alarm' order by seq`,
    )

  await push('XBB', other.key, rows(1))
  await push('XAA', key, rows(1))
  const expect = (trust: string, body: object, who: keyof typeof cookies) =>
    ask(`/api/feeds/${trust}/expectation`, { method: 'PUT', body, ...as(who) })
  t.equal((await expect('XAA', { feed: 'ptl', intervalMinutes: 60 }, 'coordinator')).status, 403)
  t.equal((await expect('XBB', { feed: 'ptl', intervalMinutes: 60 }, 'admin')).status, 403)
  t.equal((await expect('XAA', { feed: 'ptl', intervalMinutes: 60 }, 'admin')).status, 204)
  t.match(await healthFor('coordinator'), [
    { trust: 'XAA', feed: 'ptl', intervalMinutes: 60, alarms: [] },
  ])
  t.same(
    (await healthFor('lead')).map(({ trust }) => trust),
    ['XAA', 'XBB'],
  )
  t.same(
    (await healthFor('other')).map(({ trust }) => trust),
    ['XBB'],
    "not another trust's",
  )

  const client = openLiveClient({
    open: liveSocket(
      WebSocket as never,
      `${service.url.replace('http', 'ws')}/live`,
      as('coordinator') as never,
    ),
    topics: { feeds: true },
  })
  t.teardown(() => client.close())
  /** The seq of the feeds topic once it has passed another. */
  const feedsSeqAfter = (before: number): Promise<number> =>
    new Promise((resolve) => {
      const stop = client.subscribe(({ feeds }) => {
        if (feeds === null || feeds.seq <= before) return
        stop()
        resolve(feeds.seq)
      })
    })
  const told = feedsSeqAfter(await feedsSeqAfter(-1))

  service.setNow(NOW + 75 * MINUTE_MS + 1)
  await watch.look()
  await watch.look()
  await told
  t.match(
    (await alarmRows()).map(({ payload }) => payload),
    [{ trust: 'XAA', feed: 'ptl', notice: 'late', ended: false, since: '2026-11-22T13:00:00' }],
    'once',
  )
  const gap = { trust: 'XAA', feed: 'ptl', kind: 'late' }
  for (const path of [
    'standards',
    'backlog',
    'stages',
    'weekly-return',
    'balance',
    'demand',
    'forecast',
  ]) {
    const answer = await ask<WithFeedGaps>(`/api/measures/${path}`, as('lead'))
    t.match(answer.body.missingFeeds, [gap], path)
    const csv = await ask(`/api/measures/${path}.csv`, as('lead'))
    t.match(csv.headers.get('missing-feeds'), /^XAA\/ptl since 2026-11-22T13:00/, `${path}.csv`)
  }
  t.same(
    (await ask<WithFeedGaps>('/api/measures/backlog?trust=XBB', as('lead'))).body.missingFeeds,
    [],
    'where its figures are not, nor is it',
  )
  t.match((await ask<WithFeedGaps>('/api/list', as('coordinator'))).body.missingFeeds, [gap])
  t.match((await ask<WithFeedGaps>('/api/feed-gaps', as('other'))).body.missingFeeds, [gap])
  const { body: metrics } = await ask<string>('/metrics')
  t.match(metrics, 'ptl_feed_alarm{trust="XAA",feed="ptl",kind="late"} 1')
  t.match(metrics, /ptl_feed_age_seconds\{trust="XAA",feed="ptl"\} 45\d\d/)

  // Nothing of a rehearsal, a sandbox or a correction is a sign of life.
  await push('XAA', key, rows(1), { query: '?dryRun=true' })
  await push('XAA', (await service.key('XAA', { feed: 'ptl', sandbox: true })).key, rows(1))
  await watch.look()
  t.match((await healthFor('admin'))[0]?.alarms, [{ kind: 'late' }])
  await push('XAA', key, rows(1))
  await watch.look()
  t.same((await healthFor('admin'))[0]?.alarms, [])
  t.match((await alarmRows()).at(-1)?.payload, { notice: 'late', ended: true })
  t.same((await ask<WithFeedGaps>('/api/feed-gaps', as('other'))).body.missingFeeds, [])

  const snapshot = (count: number) => {
    service.setNow(service.now() + MINUTE_MS)
    return push('XAA', key, rows(count), { query: '?mode=snapshot' })
  }
  for (let at = 0; at < 3; at += 1) await snapshot(40)
  await snapshot(19)
  await watch.look()
  t.match((await healthFor('admin'))[0]?.alarms, [
    { kind: 'falling', words: '19 records where 40 are usual.' },
  ])

  // Nor does a rehearsal or a sandbox make a volume, nor a correction a feed.
  service.setNow(service.now() + MINUTE_MS)
  const sandbox = (await service.key('XAA', { feed: 'ptl', sandbox: true })).key
  await push('XAA', sandbox, rows(40), { query: '?mode=snapshot' })
  await push('XAA', key, rows(40), { query: '?mode=snapshot&dryRun=true' })
  await db.scoped(
    { kind: 'system', name: 'test' },
    (tx) => tx`
      insert into delivery (id, trust, feed, mode, format, state, extract_at, counts, received_at)
      values (gen_random_uuid(), 'XAA', ${BY_HAND}, 'delta', 'ndjson', 'done', now(), '{"read": 1, "refused": 0}',
        ${new Date(service.now()).toISOString()})`,
  )
  await watch.look()
  t.match((await healthFor('admin'))[0]?.alarms, [{ kind: 'falling' }])
  t.same(
    (await healthFor('admin')).map(({ feed }) => feed),
    ['ptl'],
  )
  // Help asked for once makes no feed that is late the day after, and counts where somebody expects it.
  await db.scoped(
    { kind: 'system', name: 'test' },
    (tx) => tx`
      insert into delivery (id, trust, feed, mode, format, state, extract_at, counts, received_at)
      values (gen_random_uuid(), 'XAA', 'messages', 'delta', ${AID_FORMAT}, 'done', now(), '{"read": 1, "refused": 0}',
        ${new Date(service.now()).toISOString()})`,
  )
  await watch.look()
  t.same(
    (await healthFor('admin')).map(({ feed }) => feed),
    ['ptl'],
  )
  await expect('XAA', { feed: 'messages', intervalMinutes: 10_080 }, 'admin')
  t.match(await healthFor('admin'), [
    { feed: 'messages', lastAt: new Date(service.now()).toISOString(), alarms: [] },
    { feed: 'ptl' },
  ])
  service.setNow(service.now() + 3 * 60 * MINUTE_MS)
  await watch.look()
  const silent = [{ trust: 'XAA', feed: 'ptl', kind: 'silent' }]
  t.match((await ask<WithFeedGaps>('/api/list', as('coordinator'))).body.missingFeeds, silent)
})
