import { z } from 'zod'
import { isoDate } from '../../../shared/date.ts'
import { PRIORITY_SCALES, STEPS, TUMOURS, step, tumour } from '../../../shared/vocabulary.ts'

/*
 * The ranking policy as data. [RNK-1, RNK-9, RNK-10]
 *
 * There is no place here for deprivation, ethnicity, sex, age or home: an unknown key is refused, so a policy
 * cannot name them.
 */

/** Most deadlines one person can have at once; flat arrays are sized by it. */
export const DEADLINES_LIMIT = 12
const MILESTONES_A_PERSON = 5

const why = z.string().min(3).max(500)
/** Points; two decimals, so that sums are exact in hundredths. */
const weight = z.number().min(0).max(100).multipleOf(0.01)
const tierNumber = z.number().int().min(0).max(15)

const weighting = z.strictObject({
  late: weight,
  closer: weight,
  closerWithinDays: z.number().int().min(0).max(90),
})
export type Weighting = z.infer<typeof weighting>

const reasonedWeighting = weighting.extend({ why })

const priorityCode = z.strictObject({
  code: z.string().min(1).max(4),
  /** Days from the date the code was set; null: the code sets no date. */
  days: z.number().int().min(0).max(1000).nullable(),
  /** A tier of its own; null: the ordinary one. */
  tier: tierNumber.nullable(),
  confidence: z.enum(['H', 'M', 'L']),
})
export type PriorityCode = z.infer<typeof priorityCode>

const priorityRule = z.strictObject({
  weighting,
  /** Most urgent first. */
  codes: z.array(priorityCode).min(1).max(20),
  why,
})

const promotion = z.strictObject({
  scale: z.enum(keysOf(PRIORITY_SCALES)),
  toCode: z.string().min(1).max(4),
  /** Days since receipt, counted past this number. */
  whenWaitOverDays: z.number().int().min(1).max(400).optional(),
  /** FIT in ug/g, past this number. */
  whenFitOver: z.number().min(0).max(10_000).optional(),
  why,
})
export type Promotion = z.infer<typeof promotion>

const milestone = z.strictObject({
  label: z.string().min(3).max(60),
  /** Absent: every tumour group. */
  tumours: z.array(tumour).min(1).optional(),
  /** It is owed while one of these is the awaited step. */
  steps: z.array(step).min(1),
  from: z.enum(['receipt', 'stepRequest']),
  days: z.number().int().min(0).max(200),
  /** Met by a booking, not by the step itself. */
  whileUnbooked: z.boolean().default(false),
  weighting,
  confidence: z.enum(['H', 'M', 'L']),
})
export type Milestone = z.infer<typeof milestone>

const policyFields = z.strictObject({
  title: z.string().min(3).max(100),
  /** The day these values were agreed. */
  statedOn: isoDate,
  tiers: z
    .array(z.strictObject({ tier: tierNumber, name: z.string().min(3).max(60), why }))
    .min(1)
    .max(16),
  /** Where everybody stands whom no code or override puts higher. */
  ordinaryTier: tierNumber,
  standards: z.strictObject({
    fds28: reasonedWeighting,
    dtt31: reasonedWeighting,
    rtt62: reasonedWeighting,
  }),
  day104: reasonedWeighting.nullable(),
  handover: reasonedWeighting
    .extend({
      days: z.number().int().min(1).max(62),
      appliesTo: z.enum(['transferring', 'everybody']),
    })
    .nullable(),
  priority: z.partialRecord(z.enum(keysOf(PRIORITY_SCALES)), priorityRule),
  promotions: z.array(promotion).max(20),
  milestones: z.array(milestone).max(60),
  credits: z.strictObject({
    /** A calibrated probability p gives round(p x daysAtCertainty) days. Advisory, shown as advisory. */
    risk: z.strictObject({
      daysAtCertainty: z.number().int().min(0).max(62),
      weightPerDay: weight,
      why,
    }),
    vulnerability: z
      .strictObject({
        performanceStatusFrom: z.number().int().min(1).max(4),
        days: z.number().int().min(0).max(62),
        weightPerDay: weight,
        why,
      })
      .nullable(),
  }),
})

/** What a lead writes: everything but the version number, which the service gives. */
export const policyBody = policyFields.superRefine((body, context) => {
  for (const message of policyFaults(body)) context.addIssue({ code: 'custom', message })
})
export type PolicyBody = z.infer<typeof policyFields>

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
