import t from 'tap'
import type { PlanResult } from '../../server/reassignment/plan/messages.ts'
import { savePlan } from '../../server/reassignment/plan/record.ts'
import type { PlanEffectAnswer } from '../../shared/plan-effect.ts'
import { feedService } from '../feed-service.ts'

const SYSTEM = { kind: 'system', name: 'test' } as const
const DAY_MS = 86_400_000

const service = await feedService(t)
const { db } = service
const { cookie } = await service.cookieOf('coordinator', 'XAA')

/** A plan that says something of its own: `moved` numbers it. */
function result(moved: number, more: Partial<PlanResult['effect']> = {}): PlanResult {
  return {
    ...{ withdraw: [], create: [], patients: 40, slots: 9, tookMs: 3, prices: '{}', moved },
    ...{ costStay: 100, costPlan: 100 - moved },
    effect: {
      ...{ breachesAvoided: 2, daysSaved: 7 * moved, pointsSaved: moved, displaced: 1 },
      travelMinutesAdded: 30 * moved,
      byTrust: [
        { trust: 'XAA', out: moved, in: 0 },
        { trust: 'XBB', out: 0, in: moved },
      ],
      ...more,
    },
  }
}

const save = (plan: PlanResult, at: string): Promise<boolean> =>
  db.scoped(SYSTEM, (tx) => savePlan(tx, { result: plan, fence: 1, lastSeq: 1, at }))
const ask = (by: string) =>
  service.ask<PlanEffectAnswer>(`/api/plan/effect?by=${by}`, { headers: { cookie } })

t.test('MOV-64 a plan that says the same is kept once, one with another effect anew', async (t) => {
  t.same((await ask('day')).body, { plans: [] }, 'no plan yet')
  t.equal(await save(result(3), '2026-06-30T08:00:00.000Z'), true)
  t.equal(await save(result(3), '2026-06-30T08:01:00.000Z'), false, 'says the same')
  t.equal(await save(result(3, { displaced: 2 }), '2026-06-30T08:02:00.000Z'), true)
})

t.test(
  'MOV-64 the effect over time, against every trust alone: each plan, the last of each London day, and CSV',
  async (t) => {
    // half past eleven at night by UTC is the next day in London's summer
    await save(result(4), '2026-06-30T23:20:00.000Z')
    await save({ ...result(4), prices: '{"1":[1,1,0]}' }, '2026-06-30T23:30:00.000Z')
    await save(result(5), '2026-07-01T10:00:00.000Z')
    const each = (await ask('plan')).body.plans
    t.same(
      each.map(({ moves, displaced }) => [moves, displaced]),
      [
        [3, 1],
        [3, 2],
        [4, 1],
        [5, 1],
      ],
      'oldest first, one where prices alone differ',
    )
    t.equal(each[2]?.at, '2026-06-30T23:30:00Z', 'the last of them')
    t.same(each.at(-1), {
      ...{ at: '2026-07-01T10:00:00Z', patients: 40, slots: 9, moves: 5 },
      ...{ pointsAlone: 100, pointsTogether: 95, pointsSaved: 5 },
      ...{ breachesAvoided: 2, daysSaved: 35, displaced: 1, travelMinutes: 150 },
      trusts: [
        { trust: 'XAA', out: 5, in: 0 },
        { trust: 'XBB', out: 0, in: 5 },
      ],
    })
    t.same(
      (await ask('day')).body.plans.map(({ at }) => at),
      ['2026-06-30T08:02:00Z', '2026-07-01T10:00:00Z'],
    )
    const csv = await service.ask<string>('/api/plan/effect.csv?by=day', { headers: { cookie } })
    const [head, ...lines] = csv.body.trim().split('\n')
    t.match(
      head,
      /^at,patients,slots,moves,pointsAlone,pointsTogether,pointsSaved,breachesAvoided,daysSaved,displaced,travelMinutes,out XAA,in XAA,out XBB,in XBB$/,
    )
    t.match(lines.at(-1), /^2026-07-01T10:00:00Z,40,9,5,100,95,5,2,35,1,150,5,0,0,5$/)
    t.equal(lines.length, 2)
  },
)

t.test('MOV-64 of old days the last plan is kept, for 400 days, and no more', async (t) => {
  const from = Date.parse('2026-07-02T00:00:00.000Z')
  const at = (day: number, minute: number): string =>
    new Date(from + day * DAY_MS + minute * 60_000 + 9 * 3_600_000).toISOString()
  // three a day, so that the newest 200 are two months
  for (let day = 0; day < 90; day++)
    for (let minute = 0; minute < 3; minute++)
      await save(result(day * 3 + minute + 6), at(day, minute))
  const kept = await db.sql<{ day: string; n: number }[]>`
    select (at at time zone 'Europe/London')::date as day, count(*)::int as n from plan group by 1 order by 1`
  t.equal(kept.length, 92, 'every day has one')
  t.equal(kept[0]?.n, 1, 'an old day its last')
  t.equal(kept.at(-1)?.n, 3, 'a new one all')
  t.ok(kept.reduce((sum, { n }) => sum + n, 0) <= 200 + 92 - 66, 'and no more than that')
  const [oldest] = await db.sql<{ moved: number }[]>`select moved from plan order by id limit 1`
  t.equal(oldest?.moved, 3)
  await save(result(1), new Date(Date.parse('2026-06-30T08:02:00Z') + 401 * DAY_MS).toISOString())
  const [left] = await db.sql<{ at: string }[]>`select min(at)::text as at from plan`
  t.match(left?.at, /^2026-07-01/, 'the day before is gone')
})
