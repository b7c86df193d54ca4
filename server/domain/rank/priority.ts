import type { EntryFacts } from '../../../shared/entry.ts'
import { dayOf } from '../clock/day.ts'
import type { CompiledCode } from './compiled-policy.ts'
import { compiledPolicy } from './compiled-policy.ts'
import type { Policy } from './policy.ts'

/** The clinical priority that counts today: as set, or as lifted by waiting or FIT. [RNK-5, RNK-7] */
export interface EffectivePriority {
  readonly code: CompiledCode
  /** Null where the code sets no date. */
  readonly dueDay: number | null
  /** Why the code is more urgent than the one that was set; null where it is that one. */
  readonly promotedBecause: string | null
  /** The next day on which waiting may lift it; null when no rule can. */
  readonly liftsOnDay: number | null
}

/**
 * The priority code in force on a day. A code the policy does not know, or one dated ahead, gives none.
 * @param today day number
 */
export function effectivePriority(
  facts: EntryFacts,
  policy: Policy,
  today: number,
): EffectivePriority | null {
  const stated = facts.priority
  if (stated === undefined) return null
  const setDay = dayOf(stated.setOn)
  if (!(setDay <= today)) return null
  const rules = compiledPolicy(policy)
  let code = rules.code(stated.scale, stated.code)
  if (code === null) return null
  const received = dayOf(facts.receivedOn)
  let promotedBecause: string | null = null
  let liftsOnDay: number | null = null
  for (const rule of rules.promotions(stated.scale)) {
    const to = rules.code(rule.scale, rule.toCode)
    if (to === null || to.urgency >= code.urgency) continue
    const byFit = rule.whenFitOver !== undefined && (facts.fit ?? 0) > rule.whenFitOver
    const liftDay = received + (rule.whenWaitOverDays ?? NaN) + 1
    if (byFit || liftDay <= today) {
      code = to
      promotedBecause = rule.why
    } else if (liftDay > today && (liftsOnDay === null || liftDay < liftsOnDay)) {
      liftsOnDay = liftDay
    }
  }
  const dueDay = code.days === null ? null : setDay + code.days
  return { code, dueDay, promotedBecause, liftsOnDay }
}
