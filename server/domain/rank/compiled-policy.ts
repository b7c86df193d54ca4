import type { PriorityScale, Step, Tumour } from '../../../shared/vocabulary.ts'
import type { Milestone, Policy, Promotion, Weighting } from './policy.ts'
import { milestoneFits } from './policy.ts'

/** Weights in whole hundredths of a point: sums are exact and the flat arrays agree with the long form. [RNK-3] */
export interface ExactWeighting {
  readonly late: number
  readonly closer: number
  readonly closerWithinDays: number
}

export interface CompiledCode {
  readonly code: string
  /** 0 is the most urgent of its scale. */
  readonly urgency: number
  readonly days: number | null
  readonly tier: number
}

/** A policy looked up by what a person has, worked out once for each version. */
export interface CompiledPolicy {
  readonly weighting: (of: Weighting) => ExactWeighting
  readonly code: (scale: PriorityScale, code: string) => CompiledCode | null
  readonly promotions: (scale: PriorityScale) => readonly Promotion[]
  readonly milestones: (tumour: Tumour, step: Step) => readonly Milestone[]
  readonly tierName: (tier: number) => string
}

const compiled = new WeakMap<Policy, CompiledPolicy>()

/** The look-ups of a policy. The same policy object always gives the same one. */
export function compiledPolicy(policy: Policy): CompiledPolicy {
  const known = compiled.get(policy)
  if (known !== undefined) return known
  const made = compile(policy)
  compiled.set(policy, made)
  return made
}

function compile(policy: Policy): CompiledPolicy {
  const codes = new Map<string, CompiledCode>()
  for (const [scale, rule] of Object.entries(policy.priority)) {
    rule.codes.forEach((item, urgency) => {
      const tier = item.tier ?? policy.ordinaryTier
      codes.set(codeKey(scale, item.code), { code: item.code, urgency, days: item.days, tier })
    })
  }
  const tierNames = new Map(policy.tiers.map((item) => [item.tier, item.name]))
  const milestones = new Map<string, readonly Milestone[]>()
  const weightings = new WeakMap<Weighting, ExactWeighting>()
  return {
    weighting: (of) => {
      const known = weightings.get(of)
      if (known !== undefined) return known
      const { late, closer, closerWithinDays } = of
      const exact = { late: hundredths(late), closer: hundredths(closer), closerWithinDays }
      weightings.set(of, exact)
      return exact
    },
    code: (scale, code) => codes.get(codeKey(scale, code)) ?? null,
    promotions: (scale) => policy.promotions.filter((item) => item.scale === scale),
    milestones: (tumour, step) => {
      const key = `${tumour} ${step}`
      const known = milestones.get(key)
      if (known !== undefined) return known
      const fitting = policy.milestones.filter((item) => milestoneFits(item, tumour, step))
      milestones.set(key, fitting)
      return fitting
    },
    tierName: (tier) => tierNames.get(tier) ?? `Tier ${String(tier)}`,
  }
}

/** Points or a weight as whole hundredths. */
export function hundredths(points: number): number {
  return Math.round(points * 100)
}

function codeKey(scale: string, code: string): string {
  return `${scale} ${code.trim().toUpperCase()}`
}
