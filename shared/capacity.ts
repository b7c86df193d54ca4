import { z } from 'zod'
import { isoDate } from './date.ts'
import { step, tumour } from './vocabulary.ts'

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
})
export type CapacityDay = z.infer<typeof capacityDay>

/** Body of `PUT /api/capacity/{site}/{step}`: replaces the days it names, leaves the others. */
export const capacityUpdate = z.strictObject({
  days: z.array(capacityDay.strict()).min(1).max(400),
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
})
export type CapacityBucket = z.infer<typeof capacityBucket>
