import { z } from 'zod'

/** Query of `GET /api/plan/effect` and its `.csv`. */
export const planEffectQuery = z.strictObject({
  /** `day`: the last plan of each day; `plan`: each of the newest plans. */
  by: z.enum(['day', 'plan']).default('day'),
})
export type PlanEffectQuery = z.infer<typeof planEffectQuery>

/** What a plan does for people, next to every trust alone on the same facts. [MOV-22] */
export const planEffect = z.object({
  at: z.iso.datetime(),
  patients: z.number().int(),
  slots: z.number().int(),
  /** People the plan would move, those not asked yet included. */
  moves: z.number().int(),
  /** Weighted days late: with every trust alone; with the plan, travel and transfers counted in. */
  pointsAlone: z.number(),
  pointsTogether: z.number(),
  pointsSaved: z.number(),
  breachesAvoided: z.number().int(),
  daysSaved: z.number().int(),
  /** Seen later than with their trust alone. */
  displaced: z.number().int(),
  travelMinutes: z.number(),
  trusts: z.array(z.object({ trust: z.string(), out: z.number().int(), in: z.number().int() })),
})
export type PlanEffectLine = z.infer<typeof planEffect>

/** Oldest first. */
export const planEffectAnswer = z.object({ plans: z.array(planEffect) })
export type PlanEffectAnswer = z.infer<typeof planEffectAnswer>
