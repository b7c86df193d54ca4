import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { TransactionSql } from '../../db/client.ts'
import type { PlannedMove } from '../../server/domain/plan/model.ts'
import { openSuggestionBook } from '../../server/reassignment/suggestions/book.ts'
import { readBuckets } from '../../server/reassignment/capacity/capacity.ts'
import { SHOWN_A_TRUST } from '../../server/reassignment/suggestions/shown-limit.ts'
import {
  choose,
  create,
  expire,
  type Shown,
} from '../../server/reassignment/suggestions/changes.ts'
import { addDays, type IsoDate } from '../../shared/date.ts'
import type { SuggestionState } from '../../shared/suggestion.ts'
import { referral, testAlliance, TODAY } from '../alliance.ts'

const SYSTEM = { kind: 'system', name: 'test' } as const
const alliance = await testAlliance(t)
const { db, list } = alliance
const NOTICE_DAYS = 2
const LEAD = { personId: '', organisation: '', role: 'lead' } as const

const ids = await alliance.add(
  Array.from({ length: 40 }, (_, at) => ({
    trust: 'XAA',
    facts: referral(`c${String(at)}`, 20 + at, { step: 'ebus' }),
  })),
)

function move(patientId: number, saves: number, fromTrust = 'XAA'): PlannedMove {
  return {
    ...{ patientId, capacityId: 1, fromTrust, toTrust: 'XBB' },
    reason: {
      ...{ stayOn: null, moveOn: TODAY, daysSooner: 9, costStay: saves, costMove: 0 },
      ...{ travelMinutes: 0, travelCost: 0, transferCost: 0, saves, words: 'w' },
    },
  }
}

function shown(patientId: number, state: SuggestionState, fromTrust = 'XAA'): Shown {
  return { id: randomUUID(), patientId, capacityId: 1, slotHeld: false, state, fromTrust }
}

t.test(
  'MOV-50 as many as can be looked at, those that save most, ties as the list has them',
  (t) => {
    const moves = ids.map((id, at) => move(id, at))
    const chosen = (already: readonly Shown[], best = moves): number[] =>
      choose(best, { list, shown: already }).map(({ reason }) => reason.saves)
    t.same(
      chosen([]),
      Array.from({ length: SHOWN_A_TRUST }, (_, at) => 39 - at),
      'the most first',
    )
    const unanswered = Array.from({ length: SHOWN_A_TRUST - 2 }, (_, at) =>
      shown(10_000 + at, at % 2 === 0 ? 'suggested' : 'referrerReview'),
    )
    t.same(chosen(unanswered), [39, 38], 'what waits for an answer counts')
    const answered = unanswered.map((one) => ({ ...one, state: 'patientOffered' as const }))
    t.equal(chosen(answered).length, SHOWN_A_TRUST, 'what was answered does not')
    t.equal(
      chosen(unanswered.map((one) => ({ ...one, fromTrust: 'XCC' }))).length,
      SHOWN_A_TRUST,
      'nor what waits for another trust',
    )
    const last = ids.at(-1) ?? 0
    t.same(chosen([shown(last, 'accepted')])[0], 38, 'MOV-45 nobody who has one already')
    const alike = ids.map((id) => move(id, 5))
    const first = choose(alike, { list, shown: [] }).map(({ patientId }) => patientId)
    const asListed = [...ids].sort(
      (a, b) => list.position(a, {}, LEAD) - list.position(b, {}, LEAD),
    )
    t.same(first, asListed.slice(0, SHOWN_A_TRUST))
    t.end()
  },
)

/** A bucket at XBB on a day, two days' notice, and a suggestion for one of its slots, promised where it is answered. */
async function suggested(
  tx: TransactionSql,
  of: { entryId: number; day: IsoDate; state: SuggestionState; held: boolean; updatedAt?: string },
): Promise<{ id: string; capacityId: number }> {
  const [bucket] = await tx<{ id: number }[]>`
    insert into capacity (site, step, day, slots, promised, open_to_alliance, notice_days)
    values ('XBB01', 'ebus', ${of.day}, 9, ${of.held ? 1 : 0}, true, ${NOTICE_DAYS})
    on conflict (site, step, day) do update set promised = capacity.promised + excluded.promised returning id`
  const capacityId = bucket?.id ?? 0
  const id = randomUUID()
  await tx`
    insert into suggestion (id, entry_id, capacity_id, from_trust, to_trust, to_site, step, tumour, day, state,
      slot_held, reason, created_at, updated_at, expires_at)
    values (${id}, ${of.entryId}, ${capacityId}, 'XAA', 'XBB', 'XBB01', 'ebus', 'lung', ${of.day}, ${of.state},
      ${of.held}, ${JSON.stringify(move(0, 1).reason)}::text::jsonb, now(), ${of.updatedAt ?? new Date(alliance.now()).toISOString()}, now())`
  return { id, capacityId }
}

t.test(
  'MOV-47 it expires the day after its notice ran out and not before; what is sent has a patient on the way',
  async (t) => {
    const at = new Date(alliance.now()).toISOString()
    const day = addDays(TODAY, 10)
    const lastDay = addDays(day, -NOTICE_DAYS)
    const states = [
      'suggested',
      'referrerReview',
      'patientOffered',
      'accepted',
      'mdsSent',
      'received',
    ] as const
    const made = await db.scoped(SYSTEM, (tx) =>
      Promise.all(
        states.map((state, n) => suggested(tx, { entryId: ids[n] ?? 0, day, state, held: n > 1 })),
      ),
    )
    const run = (today: IsoDate) => db.scoped(SYSTEM, (tx) => expire(tx, today, at))
    const promised = async (): Promise<number> =>
      (await readBuckets(db, { site: 'XBB01', step: 'ebus', days: [day] }, TODAY))[0]?.promised ??
      -1
    t.same(await run(lastDay), [], 'on the last day of notice it can still be answered')
    t.equal(await promised(), 4)
    const ended = await run(addDays(lastDay, 1))
    t.same(
      ended.map(({ id }) => id).sort(),
      made
        .slice(0, 4)
        .map(({ id }) => id)
        .sort(),
      'sent and received stay',
    )
    t.equal(ended.filter(({ freed }) => freed !== undefined).length, 2, 'two slots are free again')
    t.equal(await promised(), 2)
    t.same(await run(addDays(lastDay, 1)), [], 'once')
  },
)

t.test(
  'MOV-45 who got a live suggestion meanwhile is passed over, the others get theirs',
  async (t) => {
    const at = new Date(alliance.now()).toISOString()
    const day = addDays(TODAY, 20)
    const [busy = 0, free = 0] = ids.slice(20)
    const { capacityId } = await db.scoped(SYSTEM, (tx) =>
      suggested(tx, { entryId: busy, day, state: 'suggested', held: false }),
    )
    const [bucket] = await readBuckets(db, { site: 'XBB01', step: 'ebus', days: [day] }, TODAY)
    const moves = [move(busy, 4), move(free, 3), move(free, 2)].map((one) => ({
      ...one,
      capacityId,
    }))
    const made = await db.scoped(SYSTEM, (tx) =>
      create(tx, { moves, bucketOf: () => bucket, list, at }),
    )
    t.same(
      made.map(({ entryId }) => entryId),
      [free],
    )
  },
)

t.test(
  'a process that starts shows what is live, and what ended in the last fortnight',
  async (t) => {
    const before = (days: number): string =>
      new Date(alliance.now() - days * 86_400_000).toISOString()
    const day = addDays(TODAY, 30)
    const [live, late, old] = await db.scoped(SYSTEM, async (tx) => [
      await suggested(tx, {
        ...{ entryId: ids[30] ?? 0, day, state: 'suggested', held: false },
        updatedAt: before(60),
      }),
      await suggested(tx, {
        ...{ entryId: ids[31] ?? 0, day, state: 'declined', held: false },
        updatedAt: before(13),
      }),
      await suggested(tx, {
        ...{ entryId: ids[32] ?? 0, day, state: 'withdrawn', held: false },
        updatedAt: before(15),
      }),
    ])
    const onError = (error: unknown): void => void t.fail('book', { error })
    const book = await openSuggestionBook({ db, list, now: alliance.now, onError })
    t.teardown(() => book.close())
    const sees = (organisation: string, role: 'coordinator' | 'lead') => {
      const seen = new Set(book.visibleTo({ personId: '', organisation, role }).map(({ id }) => id))
      return [live, late, old].map((one) => seen.has(one.id))
    }
    t.same(sees('XAA', 'coordinator'), [true, true, false])
    t.same(sees('XBB', 'coordinator'), [true, true, false])
    t.same(sees('XAL', 'lead'), [true, true, false])
    t.same(sees('XCC', 'coordinator'), [false, false, false], 'no party to it')
    t.notOk(
      book.live().some(({ id }) => id === late.id),
      'ended is not live',
    )
  },
)
