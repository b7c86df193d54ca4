import { randomBytes } from 'node:crypto'
import t from 'tap'
import { openDatabase } from '../../db/client.ts'
import { connect } from '../../db/connection.ts'
import { openAccess } from '../../server/access/access.ts'
import { createPerson } from '../../server/access/people/people.ts'
import { identityKey } from '../../server/access/identity/seal.ts'
import { ndjson } from '../../server/feeds/formats/json.ts'
import { openReceiver } from '../../server/feeds/delivery/receive.ts'
import { openLiveList } from '../../server/list/live-list.ts'
import { advance, answer } from '../../server/reassignment/suggestions/answers.ts'
import { putCapacity } from '../../server/reassignment/capacity/capacity.ts'
import { campaign, LostLeadership } from '../../server/reassignment/plan/leadership.ts'
import { startPlannerJob } from '../../server/reassignment/plan/planner-job.ts'
import { addDays, londonDate, type IsoDate } from '../../shared/date.ts'
import { testDatabase } from '../database.ts'

const TODAY = '2026-11-02' as IsoDate
const SYSTEM = { kind: 'system', name: 'test' } as const
const WAITING = 40

t.test('the planner at work on a real database', async (t) => {
  const db = await testDatabase(t)
  let nowMs = Date.parse(`${TODAY}T09:00:00Z`)
  const now = (): number => nowMs
  const errors: unknown[] = []
  const onError = (error: unknown): void => void errors.push(error)
  const access = await openAccess({ db, keys: [identityKey(randomBytes(32))], now })
  t.teardown(() => access.close())
  await db.scoped(SYSTEM, async (tx) => {
    await tx`insert into organisation (code, name, kind, synthetic) values
      ('ZT1', 'One', 'trust', true), ('ZT2', 'Two', 'trust', true)`
    await tx`insert into site (code, organisation, name) values ('ZT101', 'ZT1', 'One A'), ('ZT201', 'ZT2', 'Two A')`
  })
  const receiver = openReceiver({ db, seal: (identity) => access.seal(identity), now })
  const list = await openLiveList({
    db,
    now,
    log: { error: () => undefined },
    pseudonymKey: 'test',
    dayCheckMs: 20,
  })
  t.teardown(() => list.close())

  /** Suspected lung cancers at ZT1, seen and not told, waiting for EBUS, of which ZT1 has none. */
  const waiting = (more: object = {}, count = WAITING): string =>
    Array.from({ length: count }, (_, index) =>
      JSON.stringify({
        localId: `L${index}`,
        priorityType: '3',
        referralSource: '03',
        referralType: '03',
        receivedOn: addDays(TODAY, -30 - (index % 20)),
        firstSeenOn: addDays(TODAY, -20),
        firstSeenSite: 'ZT101',
        patientStatus: '14',
        tumour: 'lung',
        step: 'ebus',
        homeSite: 'ZT101',
        ageYears: 60,
        travelLimitMinutes: 120,
        ...more,
      }),
    ).join('\n')
  async function* bytes(text: string): AsyncGenerator<Buffer> {
    yield Buffer.from(text)
  }
  const deliver = async (text: string): Promise<void> => {
    const { state, issues } = await receiver.deliver({
      trust: 'ZT1',
      mode: 'delta',
      format: ndjson,
      body: bytes(text),
    })
    t.equal(state, 'done', JSON.stringify(issues.slice(0, 2)))
  }
  const open = (slots: number, day: IsoDate): Promise<void> =>
    db.scoped(SYSTEM, (tx) =>
      putCapacity(
        tx,
        {
          site: 'ZT201',
          step: 'ebus',
          days: [{ day, slots, openToAlliance: true, noticeDays: 1 }],
        },
        new Date(nowMs).toISOString(),
      ),
    )
  const states = async (): Promise<Record<string, number>> => {
    const rows = await db.scoped(
      SYSTEM,
      (tx) => tx<{ state: string; n: number }[]>`
      select state, count(*)::int as n from suggestion group by state`,
    )
    return Object.fromEntries(rows.map((row) => [row.state, row.n]))
  }

  const first = await campaign({ db, self: 'first', onError })
  const travel = { times: [{ from: 'ZT101', to: 'ZT201', minutes: 40 }], places: [] }
  const job = startPlannerJob({ db, list, travel, leadership: first, now, onError })
  const settled = (): Promise<void> => job.settled()

  await t.test(
    'MOV-50 of forty who could move, twenty-five are put before their trust, the longest saved first',
    async (t) => {
      await deliver(waiting())
      await open(60, addDays(TODAY, 3))
      await settled()
      t.same(await states(), { suggested: 25 })
      const rows = await db.scoped(
        SYSTEM,
        (tx) => tx<{ shown: boolean; received: string }[]>`
      select s.id is not null as shown, e.received_on as received from entry e left join suggestion s on s.entry_id = e.id`,
      )
      const shown = rows.filter((row) => row.shown).map((row) => row.received)
      const left = rows.filter((row) => !row.shown).map((row) => row.received)
      t.ok(
        shown.every((date) => left.every((other) => date <= other)),
        'who waited longest comes first',
      )
      t.same(errors, [])
    },
  )

  await t.test(
    'MOV-47 a fact that makes a suggestion wrong withdraws it, with the reason',
    async (t) => {
      await deliver(
        waiting({ localId: 'L19', stepBookedOn: addDays(TODAY, 1), stepBookedSite: 'ZT101' }, 1),
      )
      await settled()
      const rows = await db.scoped(
        SYSTEM,
        (tx) => tx`
      select s.state, s.closed_reason from suggestion s join entry e on e.id = s.entry_id
      where e.local_id = 'L19' and s.state = 'withdrawn'`,
      )
      t.equal(rows.length, 1)
      t.match(rows[0]?.['closed_reason'], /\w+/)
    },
  )

  await t.test(
    'MOV-47 what nobody answered before the notice ran out expires, and its slot is free',
    async (t) => {
      const person = await createPerson(db, {
        name: 'Synthetic Referrer',
        role: 'coordinator',
        organisation: 'ZT1',
      })
      const [one] = await db.scoped(
        SYSTEM,
        (tx) => tx<{ id: string; version: number }[]>`
      select id, version from suggestion where state = 'suggested' order by id limit 1`,
      )
      await answer(
        { db, access, now },
        one?.id ?? '',
        { side: 'referrer', answer: 'yes' },
        { person, version: one?.version ?? 0, requestId: 'test' },
      )
      await settled()
      t.match(await states(), { patientOffered: 1 }, 'MOV-31 an answered one is left alone')
      nowMs += 3 * 86_400_000
      job.wake()
      await settled()
      const after = await states()
      t.same(Object.keys(after).sort(), ['expired', 'withdrawn'], 'none is live')
      t.ok((after['expired'] ?? 0) >= 24, JSON.stringify(after))
      const [bucket] = await db.scoped(
        SYSTEM,
        (tx) => tx<{ promised: number }[]>`select sum(promised)::int as promised from capacity`,
      )
      t.equal(bucket?.promised, 0)
      const told = await db.scoped(
        SYSTEM,
        (
          tx,
        ) => tx`select 1 from change_log c where kind = 'capacity' and payload ->> 'step' = 'ebus'
          and seq >= (select max(seq) from change_log where kind = 'suggestions')`,
      )
      t.ok(told.length > 0, 'that the slot is free again is told with it')
      t.same(errors, [])
    },
  )

  await t.test('MOV-49 a planning thread that dies is started anew, and is told of', async (t) => {
    errors.length = 0
    const before = job.desk.thread()
    t.ok(before, 'there is one')
    await before?.terminate()
    await deliver(waiting({}, 5))
    await open(60, addDays(TODAY, 9))
    await settled()
    t.match(errors, [{ name: 'PlannerGone' }], 'told once')
    t.not(job.desk.thread(), before, 'another thread')
    t.match(await states(), { suggested: 25 }, 'and it knows all that the first one knew')
    errors.length = 0
  })

  await t.test(
    'MOV-51 what a completed transfer did is not suggested again until it is asked for anew',
    async (t) => {
      const people = {
        ZT1: await createPerson(db, { name: 'Referrer', role: 'coordinator', organisation: 'ZT1' }),
        ZT2: await createPerson(db, { name: 'Receiver', role: 'coordinator', organisation: 'ZT2' }),
      }
      const [one] = await db.scoped(
        SYSTEM,
        (tx) => tx<{ id: string; localId: string; day: IsoDate }[]>`
        select s.id, e.local_id as "localId", s.day from suggestion s join entry e on e.id = s.entry_id
        where s.state = 'suggested' order by s.id limit 1`,
      )
      const { id, localId, day } = one ?? { id: '', localId: '', day: TODAY }
      const options = { db, access, now }
      const by = (trust: 'ZT1' | 'ZT2', version: number) => ({
        person: people[trust],
        version,
        requestId: 'test',
      })
      await answer(options, id, { side: 'referrer', answer: 'yes' }, by('ZT1', 1))
      await answer(options, id, { side: 'patient', answer: 'yes' }, by('ZT1', 2))
      await answer(options, id, { side: 'receiver', answer: 'yes' }, by('ZT2', 3))
      await advance(options, id, { ...by('ZT1', 4), event: 'sendMds' })
      await advance(options, id, { ...by('ZT2', 5), event: 'receive' })
      await advance(options, id, { ...by('ZT2', 6), event: 'complete' })
      await settled()
      const liveOf = async (): Promise<number> => {
        const rows = await db.scoped(
          SYSTEM,
          (tx) => tx`
          select 1 from suggestion s join entry e on e.id = s.entry_id
          where e.local_id = ${localId} and s.state = 'suggested'`,
        )
        return rows.length
      }
      const entry = [...list.entries()].find(({ facts }) => facts.localId === localId)
      const [bucket] = await db.sql<{ id: number }[]>`select id from capacity where day = ${day}`
      const why = () => job.whyNot(entry?.id ?? 0, bucket?.id ?? 0)
      t.match(await why(), { rule: 'MOV-51' })
      nowMs = Date.parse(`${addDays(day, 1)}T09:00:00Z`)
      await open(60, addDays(day, 5))
      await settled()
      t.equal(await liveOf(), 0, 'its day has passed, the trust still reports the step')
      t.match(await states(), { suggested: 25 }, 'others are suggested')
      const anew = { localId, stepRequestedOn: addDays(day, 1), receivedOn: addDays(TODAY, -80) }
      await deliver(waiting(anew, 1))
      await settled()
      t.not((await why())?.rule, 'MOV-51', 'asked for anew')
    },
  )

  await t.test(
    'MOV-30 who loses a suggestion to a better one has that in the same change, with no gap between',
    async (t) => {
      const today = londonDate(nowMs)
      const say = (more: object): Promise<unknown> =>
        receiver.deliver({
          ...{ trust: 'ZT2', mode: 'delta', format: ndjson },
          body: bytes(
            waiting(
              { localId: 'C1', step: 'ct', firstSeenSite: 'ZT201', homeSite: 'ZT201', ...more },
              1,
            ),
          ),
        })
      const openCt = async (inDays: number): Promise<void> => {
        const days = [
          { day: addDays(today, inDays), slots: 1, openToAlliance: true, noticeDays: 1 },
        ]
        const at = new Date(nowMs).toISOString()
        await db.scoped(SYSTEM, (tx) => putCapacity(tx, { site: 'ZT101', step: 'ct', days }, at))
        await settled()
      }
      const told = (): Promise<{ id: string; state: string; seq: number }[]> =>
        db.scoped(
          SYSTEM,
          (tx) => tx<{ id: string; state: string; seq: number }[]>`
          select s.id, s.state, max(c.seq)::int as seq from suggestion s
          join change_log c on c.kind = 'suggestions' and c.payload -> 'ids' ? s.id::text
          where s.step = 'ct' group by s.id, s.state order by s.state`,
        )
      await say({})
      await openCt(14)
      t.match(await told(), [{ state: 'suggested' }], 'one is suggested')
      await openCt(4)
      const [now, before] = await told()
      t.match([now, before], [{ state: 'suggested' }, { state: 'withdrawn' }])
      t.equal(now?.seq, before?.seq, 'both are told in one change')
      await say({ closedOn: today, closedReason: 'synthetic' })
      await settled()
    },
  )

  await t.test(
    'MOV-49 what a deposed leader still wants to write is refused, all of it',
    async (t) => {
      const written = async (): Promise<object> => {
        const [row] = await db.scoped(
          SYSTEM,
          (tx) => tx<{ plans: number; last: number | null; changes: number }[]>`
          select (select count(*)::int from plan) as plans, (select max(id)::int from plan) as last,
            (select count(*)::int from change_log where kind in ('suggestions', 'plan')) as changes`,
        )
        return { ...row, ...(await states()) }
      }
      const fenceBy = (by: number) =>
        db.scoped(
          SYSTEM,
          (tx) => tx`update leader set fence = fence + ${by} where name = 'planner'`,
        )
      const [last] = await db.sql<
        { day: IsoDate }[]
      >`select max(day) as day from capacity where step = 'ebus'`
      const day = last?.day ?? TODAY
      const before = await written()
      // another was elected, and this one has not noticed: it goes on as though it led
      await fenceBy(1)
      t.not(first.fence(), null)
      await open(0, day)
      await settled()
      t.same(await written(), before, 'no plan, no suggestion ended, none made, nothing told')
      t.same(errors, [], 'and that is no failure')
      await fenceBy(-1)
      job.wake()
      await settled()
      t.match(await states(), { withdrawn: /\d/ }, 'the leader itself writes')
      await open(60, day)
      await settled()
      t.match(await states(), { suggested: 25 })
    },
  )

  await t.test(
    'MOV-49 killed in the middle of a plan: another leads within five seconds, and no half plan is seen',
    async (t) => {
      // another process: a pool of its own
      const other = await openDatabase({ url: db.adminUrl })
      t.teardown(() => other.close().catch(() => undefined))
      const second = await campaign({ db: other, self: 'second', onError: () => undefined })
      const jobs = startPlannerJob({
        ...{ db: other, list, travel, leadership: second, now },
        onError: () => undefined,
      })
      t.teardown(() => jobs.close())
      const admin = connect(db.adminUrl, { max: 2 })
      t.teardown(() => admin.end({ timeout: 1 }))
      const plans = async () =>
        (await admin<{ fence: number; moved: number }[]>`select fence, moved from plan order by id`)
          .length
      const shownBefore = await states()
      t.match(shownBefore, { suggested: 25 })
      const [last] = await db.sql<
        { day: IsoDate }[]
      >`select max(day) as day from capacity where step = 'ebus'`
      const fence = first.fence() ?? 0
      const before = await plans()
      let killedAt = 0
      let closing: Promise<void> = Promise.resolve()
      // the leader has asserted its fence and is about to withdraw when it stops and its connections die
      await admin.begin(async (tx) => {
        await tx`lock table suggestion in access exclusive mode`
        await open(0, last?.day ?? TODAY)
        for (let waits = 0; waits < 200; waits++) {
          const [held] = await tx<{ n: number }[]>`
            select count(*)::int as n from pg_locks where not granted and relation = 'suggestion'::regclass`
          if ((held?.n ?? 0) > 0) break
          await tx`select pg_sleep(0.02)`
        }
        killedAt = performance.now()
        const killed = await tx`
          select pg_terminate_backend(pid) from pg_locks
          where (locktype = 'advisory' and granted) or (not granted and relation = 'suggestion'::regclass)`
        t.ok(killed.length >= 2, 'the leader and its writing connection')
        closing = job.close()
      })
      await closing
      t.equal(await plans(), before, 'nothing of the broken plan is there')
      if (second.fence() === null) {
        t.same(await states(), shownBefore)
        await new Promise<void>((resolve) => second.onElected(resolve))
      }
      t.ok(performance.now() - killedAt < 5_000, 'followed within five seconds')
      t.ok((second.fence() ?? 0) > fence, 'the fence has risen')
      await jobs.idle()
      t.match(await states(), { withdrawn: (shownBefore['withdrawn'] ?? 0) + 25 }, 'whole')
      t.ok((await plans()) > before)
      await t.rejects(
        db.scoped(SYSTEM, (tx) => first.assertFence(tx, fence)),
        LostLeadership,
      )
      await first.close()
    },
  )
})
