import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Test } from 'tap'
import { appendChanges } from '../../db/changes.ts'
import { addDays, londonDate } from '../../shared/date.ts'
import type { IsoDate } from '../../shared/date.ts'
import type { EntryFacts } from '../../shared/entry.ts'
import { clocks } from '../../server/domain/clock/clock.ts'
import { dayOf } from '../../server/domain/clock/day.ts'
import { hundredths } from '../../server/domain/rank/compiled-policy.ts'
import { defaultPolicy, shippedPolicy } from '../../server/domain/rank/default-policy.ts'
import { compareKeys } from '../../server/domain/rank/order.ts'
import { place, waitFromDay } from '../../server/domain/rank/place.ts'
import type { ChangeRow, LiveList, Viewer } from '../../server/list/live-list.ts'
import { openLiveList } from '../../server/list/live-list.ts'
import type { TestDatabase } from '../database.ts'
import { testDatabase } from '../database.ts'
import { connect } from '../../db/connection.ts'
import { writeOrganisations } from '../db/pathway.ts'
import { madeUpFacts, seeded } from './made-up-entries.ts'
import { storeEntries } from './stored.ts'

const NOON = Date.parse('2026-11-22T12:00:00Z')
const TODAY = londonDate(NOON)
const SYSTEM = { kind: 'system', name: 'test' } as const
const LEAD: Viewer = { personId: 'p', organisation: 'XAL', role: 'lead' }
const TRUSTS = ['X1A', 'X2B', 'X3C']
const log = { error: (fields: object) => t.comment(fields) }

interface Given {
  readonly db: TestDatabase
  readonly list: LiveList
  readonly rows: ChangeRow[]
}

async function open(
  t: Test,
  db: TestDatabase,
  more: { now?: () => number } = {},
): Promise<LiveList> {
  const list = await openLiveList({
    db,
    now: () => NOON,
    log,
    pseudonymKey: 'test',
    dayCheckMs: 5,
    // So rarely that nothing here can be found by looking without a bell.
    pollMs: 600_000,
    ...more,
  })
  t.teardown(() => list.close())
  return list
}

/** The order of what the database holds, worked out the slow way. */
async function naive(db: TestDatabase, asOf: IsoDate): Promise<number[]> {
  const rows = await db.scoped(
    SYSTEM,
    (tx) =>
      tx<{ id: number; facts: EntryFacts }[]>`select id, facts from entry where state = 'open'`,
  )
  return rows
    .map(({ id, facts }) => {
      const known = clocks(facts, asOf)
      const { tier, points } = place(facts, known, defaultPolicy, asOf)
      const from = waitFromDay(facts, known, dayOf(asOf))
      const waitDays = Number.isNaN(from) ? 0 : dayOf(asOf) - from
      return { tier, pointsHundredths: hundredths(points), waitDays, id }
    })
    .sort(compareKeys)
    .map((key) => key.id)
}

const idsOf = (list: LiveList) => list.page({}, 0, 100_000, LEAD).rows.map((row) => row.id)

t.test('the live list over a real database', async (t) => {
  const db = await testDatabase(t)
  await db.scoped(SYSTEM, writeOrganisations)
  const random = seeded(1)
  const made = (index: number) => ({
    trust: TRUSTS[index % 3] ?? 'X1A',
    facts: madeUpFacts(`L${String(index)}`, TODAY, random),
    organisations: [TRUSTS[index % 3] ?? 'X1A'],
  })
  await storeEntries(
    db,
    Array.from({ length: 5000 }, (_, index) => made(index)),
  )
  const list = await open(t, db)
  const rows: ChangeRow[] = []
  list.onChange((change) => rows.push(...change.rows))
  const given: Given = { db, list, rows }

  await t.test('it starts with every open entry, in order', async (t) => {
    t.ok(list.ready.done && list.ready.loaded === list.ready.total)
    t.strictSame(idsOf(list), await naive(db, TODAY))
    t.equal(list.seq, 3, '5,000 entries are three rows of the log')
  })

  await t.test(
    'RNK-2 10,000 random edits through the database leave it as a new sort',
    async (t) => {
      let seq = 0
      for (let batch = 0; batch < 100; batch++) {
        const edits = new Map<number, ReturnType<typeof made>>()
        while (edits.size < 100) {
          const index = Math.floor(random() * 6000)
          edits.set(index, { ...made(index), ...(random() < 0.1 ? { closed: true } : {}) })
        }
        seq = (await storeEntries(db, [...edits.values()])).seq
      }
      await list.caughtUp(seq)
      t.equal(list.seq, seq)
      t.strictSame(idsOf(list), await naive(db, TODAY))
      t.strictSame(
        rows.map((row) => row.seq),
        Array.from({ length: rows.length }, (_, at) => at + 4),
        'every row of the log was told, once and in order',
      )
      const anew = await open(t, db)
      t.strictSame(idsOf(anew), idsOf(list), 'and a process that starts now has the same list')
      await anew.close()
    },
  )

  await t.test('it misses nothing when its connections are cut', (t) => cutOff(t, given))
  await t.test('pages by cursor', (t) => paging(t, given))
  await t.test('side tables', (t) => sideTables(t, given))
  await t.test('a hole in the log', (t) => hole(t, given))
  await t.test('another day, another policy', (t) => dayAndPolicy(t, given))
})

async function cutOff(t: Test, { db, list, rows }: Given): Promise<void> {
  const admin = connect(db.adminUrl, { max: 1 })
  t.teardown(() => admin.end({ timeout: 1 }))
  const random = seeded(2)
  let seq = 0
  let cuts = 0
  for (let round = 0; round < 8; round++) {
    const cut = admin`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'ptl-listen' and pid <> pg_backend_pid()
    `.execute()
    const facts = madeUpFacts(`CUT${String(round)}`, TODAY, random)
    seq = (await storeEntries(db, [{ trust: 'X1A', facts, organisations: ['X1A'] }])).seq
    cuts += (await cut).length
  }
  t.ok(cuts > 0, 'it was cut off')
  // No doorbell is asked for here: coming back is what must ring it.
  await new Promise<void>((resolve) => {
    const done = () => list.seq >= seq && resolve()
    const stop = list.onChange(done)
    t.teardown(stop)
    done()
  })
  t.strictSame(idsOf(list), await naive(db, TODAY))
  t.strictSame(
    rows.map((row) => row.seq),
    Array.from({ length: rows.length }, (_, at) => at + 4),
  )
}

async function paging(t: Test, { db, list }: Given): Promise<void> {
  const walk = (viewer: Viewer, filter = {}, each?: (pages: number) => Promise<void>) =>
    (async () => {
      const seen: number[] = []
      let cursor: string | null = ''
      for (let pages = 0; cursor !== null; pages++) {
        const page = list.pageAfter(filter, cursor, 37, viewer)
        seen.push(...page.rows.map((row) => row.id))
        cursor = page.nextCursor
        await each?.(pages)
      }
      return seen
    })()
  t.strictSame(await walk(LEAD), idsOf(list), 'each row once, in order, when nothing moves')
  const mine: Viewer = { personId: 'p', organisation: 'X2B', role: 'coordinator' }
  const own = await walk(mine)
  t.strictSame(
    own,
    list.page({}, 0, 100_000, mine).rows.map((row) => row.id),
  )
  t.ok(own.length > 100 && own.length < idsOf(list).length)

  // The row a cursor was made from goes away: the next page still begins where it left off.
  const first = list.pageAfter({}, '', 10, LEAD)
  const expected = list.page({}, 10, 10, LEAD).rows.map((row) => row.id)
  const last = first.rows.at(-1)
  if (last === undefined) throw new Error('no rows')
  const facts = list.facts(last.id) ?? { localId: '' }
  const { seq } = await storeEntries(db, [
    { trust: last.trust, facts, organisations: [last.trust], closed: true },
  ])
  await list.caughtUp(seq)
  t.equal(list.row(last.id, LEAD), undefined, 'closed is gone')
  const next = list.pageAfter({}, first.nextCursor ?? '', 10, LEAD)
  t.strictSame(
    next.rows.map((row) => row.id),
    expected,
  )
  t.throws(() => list.pageAfter({}, 'bm90IG91cnM', 10, LEAD), { code: 'bad-request' })
}

async function sideTables(t: Test, { db, list }: Given): Promise<void> {
  const pathway = { ppid: 'SIDE', ppidIssuer: 'X1A' }
  const facts = {
    ...{ localId: 'SIDE', priorityType: '3', referralType: '03', receivedOn: TODAY },
    ...pathway,
  }
  const pathwayKey = 'X1A:SIDE'
  const { ids } = await storeEntries(db, [
    { trust: 'X1A', facts, organisations: ['X1A', 'X2B'], pathwayKey },
    { trust: 'X2B', facts, organisations: ['X2B', 'X1A'], pathwayKey },
  ])
  const [id = 0, twin = 0] = ids
  const told = (ofIds: readonly number[]) =>
    db.scoped(SYSTEM, (tx) =>
      appendChanges(
        tx,
        [{ topic: 'list', kind: 'entries', entryIds: ofIds }],
        '2026-11-22T12:00:00Z',
      ),
    )
  await list.caughtUp(await told([id]))
  const mine: Viewer = { personId: 'p', organisation: 'X1A', role: 'coordinator' }
  t.strictSame(list.row(id, mine)?.alsoAt, ['X2B'])
  t.strictSame(list.row(twin, mine)?.alsoAt, ['X1A'])
  const stranger: Viewer = { ...mine, organisation: 'X3C' }
  t.equal(list.row(id, stranger), undefined)
  t.equal(list.maySee(id, stranger), false)
  t.equal(list.position(id, {}, stranger), -1)

  const personId = randomUUID()
  const rankBefore = list.row(id, mine)?.rank ?? 0
  await db.scoped(SYSTEM, async (tx) => {
    await tx`insert into action (entry_id, person_id, organisation, body, owner, due_on, escalated)
      values (${id}, ${personId}, 'X1A', 'Ring the secret ward', 'Ann', ${TODAY}, true)`
    await tx`insert into priority_override (entry_id, person_id, organisation, tier, reason, ends_on)
      values (${id}, ${personId}, 'X1A', 0, 'deteriorating', ${addDays(TODAY, 1)})`
    await tx`insert into site (code, organisation, name) values ('X2B01', 'X2B', 'Second')`
    const [slot] = await tx<{ id: number }[]>`
      insert into capacity (site, step, day, slots, open_to_alliance, notice_days)
      values ('X2B01', 'ct', ${TODAY}, 1, true, 1) returning id`
    await tx`
      insert into suggestion (id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour,
        day, state, reason, created_at, updated_at, expires_at)
      values (${randomUUID()}, ${id}, ${slot?.id ?? 0}, 'X1A', 'X2B', 'X2B01', 'ct', 'lung', ${TODAY},
        'suggested', '{}', now(), now(), now())`
  })
  await list.caughtUp(await told([id]))
  const row = list.row(id, mine)
  t.strictSame(row?.nextAction, { text: 'Ring the secret ward', owner: 'Ann', dueOn: TODAY })
  t.equal(row?.escalation, 'waiting')
  t.equal(row?.tier, 0, 'RNK-8 the override counts')
  t.ok((row?.rank ?? 0) < rankBefore)
  t.equal(row?.suggestion, 'suggested')
  t.equal(list.count({ text: 'secret ward' }, mine), 1)
  t.equal(list.count({ text: 'side' }, mine), 1, 'own record key is found')
  t.equal(list.count({ text: 'side' }, { ...mine, organisation: 'X3C' }), 0)
  t.equal(list.count({ text: row?.pseudonym.slice(2, 8) ?? '' }, LEAD), 1)
  t.equal(
    list.count({ text: 'secret ward' }, LEAD),
    0,
    'RNK-16 free text is not searched for leads',
  )
  t.notMatch(JSON.stringify(list.row(id, LEAD)), /secret|Ann/, 'RNK-16 nor shown to them')
  t.equal(list.row(id, LEAD)?.nextAction?.dueOn, TODAY)
  const reader: Viewer = { ...mine, role: 'readOnly' }
  t.equal(list.count({ text: 'secret ward' }, reader), 0, 'RNK-16 nor for who only reads')
  t.equal(list.count({ text: 'side' }, reader), 0, 'nor record keys')
  t.match(list.row(id, reader)?.nextAction, { owner: null, text: /^Set by/ })
  t.notMatch(list.facets({}, reader).owner, { Ann: 1 }, 'nor owners told')
  t.match(list.facets({}, mine).owner, { Ann: 1 })

  await storeEntries(db, [
    { trust: 'X1A', facts, organisations: ['X1A'], pathwayKey, closed: true },
  ])
  await list.caughtUp(await told([id]))
  t.equal(list.row(id, mine)?.suggestion, 'suggested', 'closed, but a suggestion lives: it stays')
  await db.scoped(
    SYSTEM,
    (tx) => tx`update suggestion set state = 'withdrawn' where entry_id = ${id}`,
  )
  const changes: number[] = []
  const stop = list.onChange((change) => changes.push(...change.entryIds))
  await list.caughtUp(await told([id]))
  stop()
  t.equal(list.row(id, mine), undefined)
  t.strictSame(list.row(twin, mine)?.alsoAt, [], 'the other report stands alone')
  t.ok(changes.includes(twin), 'and its listeners are told')
}

/** Rows cleared away before they were read: nothing tells what they said, so all is read anew. */
async function hole(t: Test, { db, list }: Given): Promise<void> {
  const admin = connect(db.adminUrl, { max: 1 })
  t.teardown(() => admin.end({ timeout: 1 }))
  const [first, second] = idsOf(list)
  const changes: boolean[] = []
  const stop = list.onChange((change) => changes.push(change.reRanked))
  const last = await admin.begin(async (tx) => {
    await tx`update entry set state = 'closed' where id = ${first ?? 0}`
    const told = (id = 0) =>
      appendChanges(
        tx,
        [{ topic: 'list', kind: 'entries', entryIds: [id] }],
        '2026-11-22T12:00:00Z',
      )
    await tx`delete from change_log where seq = ${await told(first)}`
    return told(second)
  })
  await list.caughtUp(last)
  stop()
  t.ok(changes.includes(true), 'listeners are told that everything may differ')
  t.equal(idsOf(list)[0], second)
  t.strictSame(idsOf(list), await naive(db, TODAY))
}

/** In summer London's midnight is 23:00 UTC: the list moves on then, and at no other moment. */
async function summerNight(t: Test, db: TestDatabase): Promise<void> {
  let now = Date.parse('2026-07-01T22:59:58Z')
  let looks = 0
  const list = await open(t, db, {
    now() {
      looks += 1
      return now
    },
  })
  let moves = 0
  const rolled = new Promise<void>((resolve) => {
    list.onChange(() => {
      moves += 1
      resolve()
    })
  })
  const looked = async (times: number) => {
    const until = looks + times
    while (looks < until) await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await looked(3)
  t.equal(moves, 0, 'RNK-12 before midnight nobody moves')
  now += 5_000
  await rolled
  t.equal(list.asOf(), '2026-07-02', 'RNK-12 midnight is London’s, not UTC’s')
  now = Date.parse('2026-07-02T00:00:03Z')
  await looked(3)
  t.equal(moves, 1, 'RNK-12 nor does anybody at midnight UTC')
  await list.close()
}

async function dayAndPolicy(t: Test, { db, list }: Given): Promise<void> {
  let now = Date.parse('2026-11-22T23:59:58Z')
  const other = await open(t, db, { now: () => now })
  const before = idsOf(other)
  const rolled = new Promise<boolean>((resolve) => {
    const stop = other.onChange((change) => {
      stop()
      resolve(change.reRanked)
    })
  })
  now += 5_000
  t.equal(await rolled, true, 'RNK-12 midnight in London makes the order anew')
  t.equal(other.asOf(), addDays(TODAY, 1))
  t.strictSame(idsOf(other), await naive(db, addDays(TODAY, 1)))
  t.notSame(idsOf(other), before)
  await other.close()
  await summerNight(t, db)

  const body = { ...shippedPolicy, title: 'Longest wait first' }
  const flat = { late: 0, closer: 0, closerWithinDays: 0, why: 'nothing but the wait' }
  const waitOnly = {
    ...body,
    standards: { fds28: flat, dtt31: flat, rtt62: flat },
    day104: null,
    handover: null,
    priority: {},
    promotions: [],
    milestones: [],
    credits: { ...body.credits, risk: { ...body.credits.risk, daysAtCertainty: 0 } },
  }
  const seq = await db.scoped(SYSTEM, async (tx) => {
    await tx`insert into policy (version, body, reason)
      values (2, ${JSON.stringify(waitOnly)}::text::jsonb, 'to see it work')`
    const change = { topic: 'list', kind: 'policy', payload: { version: 2 } } as const
    return appendChanges(tx, [change], '2026-11-22T12:00:00Z')
  })
  await list.caughtUp(seq)
  t.equal(list.policy().version, 2, 'RNK-10 a new version orders the list')
  const waits = list.page({}, 0, 100_000, LEAD).rows.map((row) => row.waitDays ?? 0)
  t.strictSame(
    waits,
    [...waits].sort((a, b) => b - a),
  )
}
