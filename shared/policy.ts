import { z } from 'zod'
import { isoDate } from './date.ts'
import { PRIORITY_SCALES, step, tumour } from './vocabulary.ts'
import type { PriorityScale } from './vocabulary.ts'

/*
 * The ranking policy as data, as it is read, drafted and previewed. [RNK-1, RNK-9, RNK-10]
 *
 * There is no place here for deprivation, ethnicity, sex, age or home: an unknown key is refused, so a policy
 * cannot name them.
 */

const SCALES = Object.keys(PRIORITY_SCALES) as [PriorityScale, ...PriorityScale[]]
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
  scale: z.enum(SCALES),
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

/** Everything of a policy but its version; what makes one unfair or undefined is checked beside the rules. */
export const policyFields = z.strictObject({
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
  priority: z.partialRecord(z.enum(SCALES), priorityRule),
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

export type PolicyBody = z.infer<typeof policyFields>

const policyVersion = z.object({
  version: z.number().int(),
  reason: z.string(),
  by: z.string().nullable(),
  at: z.string().nullable(),
})

/** Answer of `GET /api/policy`: one version whole, and all of them by reason. */
export const policyAnswer = z.object({
  /** The version that orders the list now. */
  inForce: z.number().int(),
  version: z.number().int(),
  policy: policyFields,
  versions: z.array(policyVersion),
})
export type PolicyAnswer = z.infer<typeof policyAnswer>

const mover = z.object({
  id: z.number().int(),
  pseudonym: z.string(),
  trust: z.string(),
  tumour,
  from: z.number().int(),
  to: z.number().int(),
  because: z.string(),
  /** The running clock that breaches soonest, counted by its standard; null when none runs. */
  breachOn: isoDate.nullable(),
})

/** Answer of `POST /api/policy/preview`: who would move, and who would stand first. Nothing is saved. */
export const policyPreview = z.object({
  asOf: isoDate,
  /** To be sent with the policy when it is made: shows that this was looked at. */
  fingerprint: z.string(),
  people: z.number().int(),
  up: z.number().int(),
  down: z.number().int(),
  largestUp: z.array(mover),
  largestDown: z.array(mover),
  tiers: z.array(z.object({ tier: z.number().int(), before: z.number(), after: z.number() })),
  /** Of the first n: how many change, and whose breaches are seen to there, before and after. */
  firsts: z.array(
    z.object({
      first: z.number().int(),
      entering: z.number().int(),
      pastTargetBefore: z.number().int(),
      pastTargetAfter: z.number().int(),
      /** In time still, and breaching a standard within a week unless seen to. */
      dueSoonBefore: z.number().int(),
      dueSoonAfter: z.number().int(),
    }),
  ),
})
export type PolicyPreview = z.infer<typeof policyPreview>

/** Answer of `GET /api/policy/order`: the list of a day, made again under a version. [RNK-19] */
export const policyOrder = z.object({
  on: isoDate,
  version: z.number().int(),
  total: z.number().int(),
  rows: z.array(
    z.object({
      rank: z.number().int(),
      id: z.number().int(),
      pseudonym: z.string(),
      trust: z.string(),
      tumour,
      tier: z.number().int(),
      points: z.number(),
      because: z.string(),
    }),
  ),
})
export type PolicyOrder = z.infer<typeof policyOrder>
