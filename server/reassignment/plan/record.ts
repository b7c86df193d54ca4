import type { TransactionSql } from '../../../db/client.ts'
import type { PlanResult } from './messages.ts'

/** Plans kept for people who ask what was known when: the newest, and of each day of a good year the last. */
const PLANS_KEPT = 200
const DAYS_KEPT = 400
/** Looked at for going: each plan saved pushes one out, and one that was never saved leaves a gap in the numbers. */
const GOING = 50

/** Keeps the plan where it says something new. [MOV-64] @returns true when it did */
export async function savePlan(
  tx: TransactionSql,
  given: {
    readonly result: PlanResult
    readonly fence: number
    readonly lastSeq: number
    readonly at: string
  },
): Promise<boolean> {
  const { result, fence, lastSeq, at } = given
  const { prices, moved } = result
  const effect = JSON.stringify(result.effect)
  const [saved] = await tx<{ id: number }[]>`
    insert into plan (at, fence, last_seq, patients, slots, moved, cost_stay, cost_plan, prices, effect, took_ms)
    select ${at}, ${fence}, ${lastSeq}, ${result.patients}, ${result.slots}, ${moved}, ${result.costStay},
      ${result.costPlan}, ${prices}::text::jsonb, ${effect}::text::jsonb, ${result.tookMs}
    where not exists (
      select from (select * from plan order by id desc limit 1) newest
      where newest.prices = ${prices}::text::jsonb and newest.moved = ${moved}
        and newest.effect = ${effect}::text::jsonb
    )
    returning id`
  if (saved === undefined) return false
  const last = saved.id - PLANS_KEPT
  await tx`
    delete from plan where (id <= ${last} and at < ${at}::timestamptz - make_interval(days => ${DAYS_KEPT}))
      or (id <= ${last} and id > ${last - GOING} and (at at time zone 'Europe/London')::date = (
        select (later.at at time zone 'Europe/London')::date from plan later where later.id > plan.id
        order by later.id limit 1))`
  return true
}
