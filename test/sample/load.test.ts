import t from 'tap'
import type { Database } from '../../db/client.ts'
import { loadSample } from '../../db/sample/load.ts'
import type { SampleAlliance, SampleDelivery } from '../../db/sample/load.ts'
import { entriesOf } from '../../db/sample/pathway.ts'
import { populationOf } from '../../db/sample/population.ts'
import type { SampleOptions } from '../../db/sample/population.ts'
import { openAccess } from '../../server/access/access.ts'
import { createFeedKey } from '../../server/access/feed-keys/feed-keys.ts'
import { createPerson } from '../../server/access/people/people.ts'
import { ndjson } from '../../server/feeds/formats/json.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { putCapacity } from '../../server/reassignment/capacity/capacity.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { Receipt } from '../../shared/delivery.ts'
import { Refusal } from '../../shared/problem.ts'
import { testDatabase } from '../database.ts'

/*
 * The sample goes into a real database by the road the trusts use.
 */

const MADE: SampleOptions = { seed: 3, asOf: '2026-03-31' as IsoDate, pathways: 150, trusts: 3 }
const KEY = identityKey(Buffer.alloc(32, 7))
const NOW_MS = Date.UTC(2026, 2, 31, 9)

t.test('open lists first, history behind, and nothing twice on any later start', async (t) => {
  const db = await testDatabase(t)
  const access = await openAccess({ db, keys: [KEY], now })
  t.teardown(() => access.close())
  const receiver = openReceiver({ db, seal: (identity) => access.seal(identity), now })
  const delivered: string[] = []
  const refused: number[] = []
  const progress: string[] = []
  let failAfter = Infinity

  const start = (signal?: AbortSignal, asked: SampleOptions = MADE): Promise<SampleAlliance> =>
    loadSample({
      ...asked,
      db,
      createPerson,
      createFeedKey,
      putCapacity,
      deliver: road,
      onProgress: ({ phase }) => progress.push(phase),
      ...(signal === undefined ? {} : { signal }),
    })

  async function road(delivery: SampleDelivery): Promise<Receipt> {
    if (delivered.length >= failAfter) throw new Error('the database went away')
    const receipt = await receiver.deliver({ ...delivery, format: ndjson })
    delivered.push(delivery.idempotencyKey)
    refused.push(receipt.counts.refused)
    return receipt
  }

  const population = populationOf(MADE)
  const wantedOpen = count(population.openLives())
  const wantedClosed = count(population.closedLives(0, Infinity))

  await t.test(
    'a start that is broken off leaves whole lists and part of the history',
    async (t) => {
      const first = await start()
      t.ok(first.fresh)
      t.equal((await states(db)).open, wantedOpen)
      t.ok((await rows(db, 'capacity')) > 0, 'there are slots')
      t.equal(first.keys.length, 3)
      t.equal((await access.samplePeople()).length, first.people.length)
      const signedIn = first.people.find(({ role }) => role === 'coordinator')
      t.match(
        (await access.samplePeople()).find(({ id }) => id === signedIn?.id),
        {
          organisation: signedIn?.organisation,
        },
      )
      failAfter = delivered.length + 4
      const died = first.history.then(
        () => 'done',
        (cause: unknown) => (cause instanceof Error ? cause.message : ''),
      )
      t.equal(await died, 'the database went away')
      const { closed } = await states(db)
      t.ok(closed > 0 && closed < wantedClosed, `${String(closed)} closed entries so far`)
      failAfter = Infinity
      const stopping = new AbortController()
      const stopped = await start(stopping.signal)
      stopping.abort()
      t.type(await stopped.history, 'number', 'to be stopped is no failure')
      t.ok((await states(db)).closed < wantedClosed)
    },
  )

  await t.test('the next start goes on where it stopped, as what it was first made', async (t) => {
    const before = delivered.length
    const asked = { seed: 99, asOf: '2026-05-05' as IsoDate, pathways: 20, trusts: 2 }
    const second = await start(undefined, asked)
    t.notOk(second.fresh)
    t.same(second.made, MADE)
    const taken = await second.history
    t.ok(taken > 0)
    t.same(await states(db), { open: wantedOpen, closed: wantedClosed })
    t.notOk(delivered.slice(before).some((key) => key.includes(':open:')))
    t.equal(new Set(delivered).size, delivered.length, 'no key was delivered twice')
    t.equal(Math.max(...refused), 0, 'no row of the sample is refused')
  })

  await t.test('a start with everything there delivers nothing', async (t) => {
    const before = delivered.length
    const third = await start()
    t.equal(await third.history, 0)
    t.notOk(third.fresh)
    t.equal(delivered.length, before)
    t.same(await states(db), { open: wantedOpen, closed: wantedClosed })
    t.same(new Set(progress), new Set(['open', 'capacity', 'history']))
  })

  await t.test(
    'everything it makes is marked synthetic, and no code is without its place',
    async (t) => {
      const [marked] = await db.sql<{ organisations: number; sites: number; unmarked: number }[]>`
      select (select count(*)::int from organisation) as organisations, (select count(*)::int from site) as sites,
        (select count(*)::int from organisation where not synthetic or name not like '%(synthetic)') as unmarked`
      t.same(marked, { organisations: 4, sites: population.alliance.sites.length, unmarked: 0 })
    },
  )
})

t.test(
  'a list that is not taken is told in one line; one that is running is waited for',
  async (t) => {
    const db = await testDatabase(t)
    const receipt = (state: Receipt['state'], { trust }: SampleDelivery): Receipt => ({
      id: '00000000-0000-8000-8000-000000000000',
      trust,
      state,
      mode: 'snapshot',
      format: 'ndjson',
      dryRun: false,
      sandbox: false,
      feed: 'main',
      progress: null,
      receivedAt: '2026-03-31T09:00:00Z',
      finishedAt: null,
      counts: { read: 0, accepted: 0, unchanged: 0, changed: 0, added: 0, removed: 0, refused: 0 },
      issues: [],
      issueCount: 0,
      reason: 'too many would close',
      approvedUntil: null,
    })
    const parts = { ...MADE, db, createPerson, createFeedKey, putCapacity, history: false }
    await t.rejects(
      loadSample({ ...parts, deliver: async (delivery) => receipt('held', delivery) }),
      /^The sample list of ZT\d was held: too many would close$/,
    )
    let asked = 0
    const loaded = await loadSample({
      ...parts,
      deliver: async (delivery) => {
        asked += 1
        if (asked === 1) throw new Refusal('conflict', 'running')
        return receipt('done', delivery)
      },
    })
    t.equal(asked, 4, 'three lists and one asked for again')
    t.equal(await loaded.history, 0)
  },
)

function now(): number {
  return NOW_MS
}

function count(lives: Iterable<Parameters<typeof entriesOf>[1]>): number {
  const population = populationOf(MADE)
  let entries = 0
  for (const life of lives) entries += entriesOf(population, life).length
  return entries
}

async function states(db: Database): Promise<{ open: number; closed: number }> {
  const [row] = await db.scoped(
    { kind: 'system', name: 'test' },
    (tx) => tx<{ open: number; closed: number }[]>`
      select count(*) filter (where state = 'open')::int as open,
        count(*) filter (where state = 'closed')::int as closed from entry`,
  )
  return row ?? { open: -1, closed: -1 }
}

async function rows(db: Database, table: string): Promise<number> {
  const [row] = await db.scoped(
    { kind: 'system', name: 'test' },
    (tx) => tx<{ rows: number }[]>`select count(*)::int as rows from ${tx(table)}`,
  )
  return row?.rows ?? -1
}
