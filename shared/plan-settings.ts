import { z } from 'zod'
import { odsOrganisation } from './vocabulary.ts'

/** What an alliance may set for its planning. Points are weighted days late, the currency of the ranking policy. */
export const planSettingsBody = z.strictObject({
  /** Limit used for a patient who was not asked, minutes. [MOV-4] */
  defaultTravelLimitMinutes: z.number().int().min(0).max(600),
  /** Points set against each minute of travel, and against every move. [MOV-17] */
  travelPointsPerMinute: z.number().min(0).max(10),
  transferPoints: z.number().min(0).max(1000),
  /** Points set against changing a suggestion somebody has been shown. [MOV-30] */
  changePoints: z.number().min(0).max(1000),
  /** What a move must save its patient at least. [MOV-18] */
  minimumPointsSaved: z.number().min(0).max(10_000),
  minimumDaysSooner: z.number().int().min(0).max(100),
  /** Nobody is pushed past a deadline which their own trust alone would have met. [MOV-19] */
  protectOwnPatients: z.boolean(),
  /** Slots later than this many days from today are not planned. [MOV-12] */
  horizonDays: z.number().int().min(1).max(180),
  /** Pairs of trusts between which nothing is proposed. [MOV-11] */
  barredPairs: z.array(z.strictObject({ from: odsOrganisation, to: odsOrganisation })).max(2000),
  /** Most patients of other trusts that a trust takes at one time, over all steps; absent: as many as help. [MOV-52] */
  importCaps: z
    .array(z.strictObject({ trust: odsOrganisation, imports: z.number().int().min(0).max(10_000) }))
    .max(200),
})

export const planSettingsUpdate = z.strictObject({
  settings: planSettingsBody,
  reason: z.string().min(3).max(500),
})

export const planSettingsVersion = z.object({
  /** 0: nobody has set anything, these are the defaults. */
  version: z.number().int(),
  settings: planSettingsBody,
  reason: z.string(),
  madeByName: z.string(),
  madeAt: z.iso.datetime().nullable(),
})
export type PlanSettingsVersion = z.infer<typeof planSettingsVersion>

/** Answer of `GET /api/plan-settings`: one version whole, and all of them by reason, the newest first. */
export const planSettingsAnswer = planSettingsVersion.extend({
  /** The version that is planned by now. */
  inForce: z.number().int(),
  versions: z.array(planSettingsVersion.omit({ settings: true })),
})
export type PlanSettingsAnswer = z.infer<typeof planSettingsAnswer>
