import type { TransactionSql } from '../../db/client.ts'
import type { PlanResult } from './plan-messages.ts'

/** Plans kept for people who ask what was known when. */
const PLANS_KEPT = 200

/** Keeps the plan where it says something new. @returns true when it did */
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
  const [saved] = await tx<{ id: number }[]>`
    insert into plan (at, fence, last_seq, patients, slots, moved, cost_stay, cost_plan, prices, effect, took_ms)
    select ${at}, ${fence}, ${lastSeq}, ${result.patients}, ${result.slots}, ${moved}, ${result.costStay},
      ${result.costPlan}, ${prices}::text::jsonb, ${JSON.stringify(result.effect)}::text::jsonb, ${result.tookMs}
    where not exists (
      select from (select * from plan order by id desc limit 1) newest
      where newest.prices = ${prices}::text::jsonb and newest.moved = ${moved}
    )
    returning id`
  if (saved === undefined) return false
  await tx`delete from plan where id <= ${saved.id - PLANS_KEPT}`
  return true
}
