import type { Milestone, PolicyBody } from '../../../shared/policy.ts'
import { policyFields } from '../../../shared/policy.ts'
import { STEPS, TUMOURS } from '../../../shared/vocabulary.ts'

export type {
  Milestone,
  PolicyBody,
  PriorityCode,
  Promotion,
  Weighting,
} from '../../../shared/policy.ts'

/** Most deadlines one person can have at once; flat arrays are sized by it. */
export const DEADLINES_LIMIT = 12
const MILESTONES_A_PERSON = 5

/** What a lead writes: everything but the version number, which the service gives. */
export const policyBody = policyFields.superRefine((body, context) => {
  for (const message of policyFaults(body)) context.addIssue({ code: 'custom', message })
})
/** A version of the policy; versions are kept for ever. */
export interface Policy extends PolicyBody {
  readonly version: number
}

/**
 * What would make an order unfair or undefined: tiers out of order, a code that is more urgent yet later, too
 * many milestones for one step. [RNK-14]
 */
function policyFaults(body: PolicyBody): string[] {
  const faults: string[] = []
  const tiers = body.tiers.map((item) => item.tier)
  if (tiers.some((tier, index) => index > 0 && tier <= (tiers[index - 1] ?? -1)))
    faults.push('tiers: wants rising tier numbers, each once')
  if (!tiers.includes(body.ordinaryTier)) faults.push('ordinaryTier: wants one of the tiers')
  for (const [scale, rule] of Object.entries(body.priority)) {
    const codes = rule.codes.map((item) => item.code.toUpperCase())
    if (new Set(codes).size < codes.length) faults.push(`priority ${scale}: a code stands twice`)
    let days = 0
    let tier = 0
    for (const item of rule.codes) {
      const itemDays = item.days ?? Infinity
      const itemTier = item.tier ?? body.ordinaryTier
      if (!tiers.includes(itemTier)) faults.push(`priority ${scale} ${item.code}: no such tier`)
      if (itemTier > body.ordinaryTier)
        faults.push(`priority ${scale} ${item.code}: a code may lift a person, never put one back`)
      if (itemDays < days || itemTier < tier)
        faults.push(`priority ${scale} ${item.code}: a less urgent code may not be due earlier`)
      days = itemDays
      tier = itemTier
    }
  }
  for (const item of body.promotions) {
    const codes = body.priority[item.scale]?.codes ?? []
    if (!codes.some((code) => code.code.toUpperCase() === item.toCode.toUpperCase()))
      faults.push(`promotions: ${item.scale} has no code ${item.toCode}`)
    if (item.whenWaitOverDays === undefined && item.whenFitOver === undefined)
      faults.push(`promotions to ${item.toCode}: wants whenWaitOverDays or whenFitOver`)
  }
  for (const oneTumour of keysOf(TUMOURS)) {
    for (const oneStep of keysOf(STEPS)) {
      const matching = body.milestones.filter((item) => milestoneFits(item, oneTumour, oneStep))
      if (matching.length > MILESTONES_A_PERSON)
        faults.push(`milestones: more than ${MILESTONES_A_PERSON} for ${oneTumour} ${oneStep}`)
    }
  }
  return faults
}

/** Whether a milestone is owed to somebody of this tumour group who waits for this step. */
export function milestoneFits(
  item: Milestone,
  ofTumour: keyof typeof TUMOURS,
  awaited: keyof typeof STEPS,
): boolean {
  return (
    item.steps.includes(awaited) && (item.tumours === undefined || item.tumours.includes(ofTumour))
  )
}

function keysOf<K extends string>(list: Readonly<Record<K, unknown>>): [K, ...K[]] {
  return Object.keys(list) as [K, ...K[]]
}
