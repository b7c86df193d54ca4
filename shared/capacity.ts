import { z } from 'zod'
import { isoDate } from './date.ts'
import { step, tumour } from './vocabulary.ts'

/** What a person is given for a procedure; a site names those it can give there. */
export const ANAESTHETICS = {
  none: 'None',
  local: 'Local',
  sedation: 'Sedation',
  general: 'General',
} as const
export type Anaesthetic = keyof typeof ANAESTHETICS
export const anaesthetic = z.enum(Object.keys(ANAESTHETICS) as [Anaesthetic, ...Anaesthetic[]])

export const PATIENT_NEEDS = {
  transport: 'Transport',
  interpreter: 'Interpreter',
  carer: 'Carer',
} as const
export type PatientNeed = keyof typeof PATIENT_NEEDS
export const patientNeed = z.enum(Object.keys(PATIENT_NEEDS) as [PatientNeed, ...PatientNeed[]])

/**
 * Whom a site can take for these slots. What is not named is no limit; what is not known of a person bars nobody, and
 * is named to those who answer as still to be checked. [CAP-8, CAP-9]
 */
export const slotLimits = z.strictObject({
  minAge: z.number().int().min(0).max(125).optional(),
  maxAge: z.number().int().min(0).max(125).optional(),
  maxBmi: z.number().min(5).max(120).optional(),
  maxAsa: z.number().int().min(1).max(6).optional(),
  maxPerformanceStatus: z.number().int().min(0).max(4).optional(),
  /** Given there; absent: all. */
  anaesthetics: z.array(anaesthetic).min(1).max(4).optional(),
  /** Sides the kit there can do, as national laterality codes: L, R, B (both), M (midline); absent: all. */
  lateralities: z
    .array(z.enum(['L', 'R', 'B', 'M']))
    .min(1)
    .max(4)
    .optional(),
  /** Needs that can be met there; absent: all. */
  needs: z.array(patientNeed).max(3).optional(),
})
export type SlotLimits = z.infer<typeof slotLimits>

/** Slots of one kind at one site on one day. `promised` is kept by the service: slots held by answered suggestions. */
export const capacityDay = z.object({
  day: isoDate,
  slots: z.number().int().min(0).max(1000),
  /** Only capacity its own trust has opened counts for others. [CAP-1] */
  openToAlliance: z.boolean().default(false),
  /** Tumour groups taken; absent or empty: all. */
  tumours: z.array(tumour).max(17).optional(),
  /** Days of notice the site wants. */
  noticeDays: z.number().int().min(0).max(60).default(1),
  limits: slotLimits.optional(),
})
export type CapacityDay = z.infer<typeof capacityDay>

/** Body of `PUT /api/capacity/{site}/{step}`: replaces the days it names, leaves the others. */
export const capacityUpdate = z.strictObject({
  days: z
    .array(capacityDay.strict())
    .min(1)
    .max(400)
    .refine((days) => new Set(days.map(({ day }) => day)).size === days.length, {
      message: 'names a day twice; say each day once',
    }),
})

export const capacityBucket = capacityDay.extend({
  id: z.number().int(),
  site: z.string(),
  siteName: z.string(),
  trust: z.string(),
  step,
  promised: z.number().int(),
  /** Weighted days late that one more slot here would save; null until the first plan. [MOV prices] */
  price: z.number().nullable(),
  /** Plain days sooner, and breaches fewer, of the same people moving up. */
  priceDays: z.number().nullable(),
  priceBreaches: z.number().nullable(),
})
export type CapacityBucket = z.infer<typeof capacityBucket>
