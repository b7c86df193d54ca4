import type { TransactionSql } from '../../db/client.ts'
import type { PlanOutput } from '../domain/plan/model.ts'

/** Plans kept for people who ask what was known when. */
const PLANS_KEPT = 200

/** Keeps the plan where it says something new. @returns true when it did */
export async function savePlan(
  tx: TransactionSql,
  given: {
    readonly output: PlanOutput
    readonly fence: number
    readonly lastSeq: number
    readonly tookMs: number
    readonly at: string
  },
): Promise<boolean> {
  const { output, fence, lastSeq, tookMs, at } = given
  const prices = JSON.stringify(
    Object.fromEntries(
      output.prices
        .filter((price) => price.points > 0)
        .map((price) => [price.capacityId, Math.round(price.points * 100) / 100]),
    ),
  )
  const [saved] = await tx<{ id: number }[]>`
    insert into plan (at, fence, last_seq, patients, slots, moved, cost_stay, cost_plan, prices, took_ms)
    select ${at}, ${fence}, ${lastSeq}, ${output.size.patients}, ${output.size.slots}, ${output.moves.length},
      ${output.costStay}, ${output.costPlan}, ${prices}::text::jsonb, ${tookMs}
    where not exists (
      select from (select * from plan order by id desc limit 1) newest
      where newest.prices = ${prices}::text::jsonb and newest.moved = ${output.moves.length}
    )
    returning id`
  if (saved === undefined) return false
  await tx`delete from plan where id <= ${saved.id - PLANS_KEPT}`
  return true
}
