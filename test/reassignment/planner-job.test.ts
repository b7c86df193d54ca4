import { randomBytes } from 'node:crypto'
import t from 'tap'
import { connect } from '../../db/connection.ts'
import { openAccess } from '../../server/access/access.ts'
import { createPerson } from '../../server/access/people.ts'
import { identityKey } from '../../server/access/seal.ts'
import { ndjson } from '../../server/feeds/formats/json.ts'
import { openReceiver } from '../../server/feeds/receive.ts'
import { openLiveList } from '../../server/list/live-list.ts'
import { answer } from '../../server/reassignment/answers.ts'
import { putCapacity } from '../../server/reassignment/capacity.ts'
import { campaign, LostLeadership } from '../../server/reassignment/leadership.ts'
import { startPlannerJob } from '../../server/reassignment/planner-job.ts'
import { addDays, type IsoDate } from '../../shared/date.ts'
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
  /** Everything written so far has been followed and planned. */
  const settled = async (): Promise<void> => {
    for (let before = -1; before !== list.seq;) {
      const [row] = await db.sql<{ seq: number }[]>`select last_seq as seq from change_clock`
      await list.caughtUp(row?.seq ?? 0)
      before = list.seq
      await job.idle()
      const [after] = await db.sql<{ seq: number }[]>`select last_seq as seq from change_clock`
      await list.caughtUp(after?.seq ?? 0)
    }
  }

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
      t.same(errors, [])
    },
  )

  await t.test(
    'MOV-49 a leader whose connection dies is followed within five seconds, and may not write any more',
    async (t) => {
      const second = await campaign({ db, self: 'second', onError })
      t.teardown(() => second.close())
      t.equal(second.fence(), null, 'one leads')
      const fence = first.fence() ?? 0
      const elected = new Promise<void>((resolve) => second.onElected(resolve))
      await job.close()
      const admin = connect(db.adminUrl, { max: 1 })
      t.teardown(() => admin.end({ timeout: 1 }))
      const killedAt = performance.now()
      await admin`select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and granted and pid <> pg_backend_pid()`
      await elected
      t.ok(performance.now() - killedAt < 5_000, 'within five seconds')
      t.ok((second.fence() ?? 0) > fence, 'the fence has risen')
      await t.rejects(
        db.scoped(SYSTEM, (tx) => first.assertFence(tx, fence)),
        LostLeadership,
      )
      await first.close()
    },
  )
})
