import { z } from 'zod'
import { isoDate } from './date.ts'
import { odsOrganisation, route, standard, step, tumour } from './vocabulary.ts'

/*
 * What leads read. Every answer says how fresh it is; every count may be null when small numbers are
 * suppressed (`suppress=true`, for totals that leave the alliance). [MEA-8]
 */

export const month = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'wants a month as YYYY-MM')

const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform((text) => text === 'true')

/** Query of every measure. `suppress=true` hides counts of 1-4. */
export const measureQuery = z.strictObject({
  trust: odsOrganisation.optional(),
  tumour: tumour.optional(),
  suppress: flag,
})
export type MeasureQuery = z.infer<typeof measureQuery>

export const grouping = z.enum(['none', 'trust', 'tumour', 'route'])
export type Grouping = z.infer<typeof grouping>

export const standardsQuery = measureQuery.extend({
  standard: standard.optional(),
  route: route.optional(),
  /** First and last month; default the last 13 months, the running one included. */
  from: month.optional(),
  to: month.optional(),
  by: grouping.default('none'),
})
export type StandardsQuery = z.infer<typeof standardsQuery>

export const count = z.number().nullable()
/** Of which change-log number and day an answer is. */
export const fresh = { seq: z.number().int(), asOf: isoDate }
/** Code of the group and its name; null when not grouped. */
export const group = z.object({ code: z.string(), name: z.string() }).nullable()

/** One standard in one month of the clock stop. Halves are kept: shared 62-day pathways count 0.5 each. [MEA-1] */
export const standardLine = z.object({
  standard,
  label: z.string(),
  month,
  group,
  total: count,
  inTime: count,
  breaches: count,
  /** 0..100, one decimal; null when nobody, or suppressed. */
  pct: z.number().nullable(),
  thresholdPct: z.number(),
  met: z.boolean().nullable(),
  /** False for the running month. */
  complete: z.boolean(),
})
export type StandardLine = z.infer<typeof standardLine>
export const standardsAnswer = z.object({ ...fresh, lines: z.array(standardLine) })
export type StandardsAnswer = z.infer<typeof standardsAnswer>

/** Open entries by days waited. `over62` and `over104` are the edges people are asked about. [MEA-2] */
export const backlogLine = z.object({
  group,
  total: count,
  d0to28: count,
  d29to62: count,
  d63to104: count,
  over104: count,
  over62: count,
  /** Open, but with no receipt date to count from. */
  undated: count,
})
export type BacklogLine = z.infer<typeof backlogLine>
export const backlogQuery = measureQuery.extend({ by: grouping.default('trust') })
export type BacklogQuery = z.infer<typeof backlogQuery>
export const backlogAnswer = z.object({ ...fresh, lines: z.array(backlogLine), all: backlogLine })
export type BacklogAnswer = z.infer<typeof backlogAnswer>

/** People waiting for one step at one trust. [MEA-3] */
export const stageLine = z.object({
  trust: z.string(),
  trustName: z.string(),
  step,
  stepLabel: z.string(),
  count,
  booked: count,
  /** Those whose request date the trust gave; the medians are of these alone. */
  dated: count,
  /** Days since the step was asked for. */
  medianDays: z.number().nullable(),
  p90Days: z.number().nullable(),
  /** Days on the whole pathway so far. */
  medianPathwayDays: z.number().nullable(),
  p90PathwayDays: z.number().nullable(),
})
export type StageLine = z.infer<typeof stageLine>
export const stagesAnswer = z.object({ ...fresh, lines: z.array(stageLine) })
export type StagesAnswer = z.infer<typeof stagesAnswer>

export const RETURN_ROUTES = {
  usc: 'Urgent suspected cancer',
  breastSymptomatic: 'Breast symptomatic',
  screeningBreast: 'Screening: breast',
  screeningBowel: 'Screening: bowel',
  screeningCervical: 'Screening: cervical',
  screeningOther: 'Screening: programme not known',
  upgrade: 'Consultant upgrade',
} as const
export type ReturnRoute = keyof typeof RETURN_ROUTES

/** A row of the weekly return; counts at Sunday 23:59, flows over the seven days up to it. [MEA-4] */
export const weeklyReturnLine = z.object({
  section: z.enum(['withoutDtt', 'withDtt']),
  route: z.enum(Object.keys(RETURN_ROUTES) as [ReturnRoute, ...ReturnRoute[]]),
  routeLabel: z.string(),
  d0to28: count,
  d29to62: count,
  d63to104: count,
  over104: count,
  passed28: count,
  passed62: count,
  passed104: count,
  treatedBy62: count,
  treated63to104: count,
  treatedOver104: count,
  referrals: count,
  upgrades: count,
  seen: count,
})
export type WeeklyReturnLine = z.infer<typeof weeklyReturnLine>
/** A trust's return; `missing` says why where its feed does not reach that Sunday: then there are no lines. */
export const weeklyReturnTrust = z.object({
  trust: z.string(),
  trustName: z.string(),
  missing: z.string().nullable(),
  lines: z.array(weeklyReturnLine),
})
export type WeeklyReturnTrust = z.infer<typeof weeklyReturnTrust>
export const weeklyReturnQuery = measureQuery.extend({
  /** Any day of the week wanted; default the last Sunday that is over. Not later than today. */
  week: isoDate.optional(),
})
export type WeeklyReturnQuery = z.infer<typeof weeklyReturnQuery>
export const weeklyReturnAnswer = z.object({
  ...fresh,
  snapshotOn: isoDate,
  dueOn: isoDate,
  trusts: z.array(weeklyReturnTrust),
})
export type WeeklyReturnAnswer = z.infer<typeof weeklyReturnAnswer>

/** People waiting against slots over the next `days`, at one trust for one step. [MEA-5] */
export const balanceLine = z.object({
  trust: z.string(),
  trustName: z.string(),
  step,
  stepLabel: z.string(),
  /** Awaiting the step. */
  waiting: count,
  booked: count,
  slots: z.number().int(),
  /** Of these, opened to the alliance. */
  openSlots: z.number().int(),
  promised: z.number().int(),
  /** slots - promised. */
  free: z.number().int(),
  /** waiting - booked - free: people without a slot in sight; negative is slots to spare. */
  gap: z.number().int().nullable(),
})
export type BalanceLine = z.infer<typeof balanceLine>
export const balanceQuery = measureQuery.extend({
  days: z.coerce.number().int().min(1).max(180).default(28),
})
export type BalanceQuery = z.infer<typeof balanceQuery>
export const balanceAnswer = z.object({
  ...fresh,
  days: z.number().int(),
  lines: z.array(balanceLine),
})
export type BalanceAnswer = z.infer<typeof balanceAnswer>

export const demandQuery = measureQuery.extend({
  /** Which queue: people not yet told (28 days), or with a decision to treat and not treated (31 days). */
  standard: z.enum(['fds28', 'dtt31']).default('fds28'),
  by: z.enum(['trust', 'tumour']).default('trust'),
})
export type DemandQuery = z.infer<typeof demandQuery>

/** Queue arithmetic of RWL (domain.md section 8), people a week, weeks. Null where there is nothing to divide by. [MEA-6] */
export const demandLine = z.object({
  group: z.object({ code: z.string(), name: z.string() }),
  demandPerWeek: z.number(),
  capacityPerWeek: z.number(),
  /** Coefficients of variation of the weekly counts. */
  demandVariation: z.number(),
  capacityVariation: z.number(),
  queue: z.number().int().nullable(),
  meanWaitWeeks: z.number().nullable(),
  targetWaitWeeks: z.number(),
  load: z.number().nullable(),
  targetQueue: z.number(),
  /** People a week needed to bring the queue to its target in 26 weeks; null when it is there. */
  reliefCapacityPerWeek: z.number().nullable(),
  targetCapacityPerWeek: z.number(),
  pressure: z.number().nullable(),
  words: z.string(),
})
export type DemandLine = z.infer<typeof demandLine>
export const demandAnswer = z.object({
  ...fresh,
  standard,
  weeks: z.number().int(),
  lines: z.array(demandLine),
})
export type DemandAnswer = z.infer<typeof demandAnswer>

/** One week ahead. [MEA-7] */
export const forecastLine = z.object({
  week: z.number().int(),
  weekEndsOn: isoDate,
  /** People not yet told: expected, and the middle 80 % if weeks vary as they have. */
  queue: z.number(),
  low: z.number(),
  high: z.number(),
  /** Open now and past day 62 by the end of that week if nobody is treated: a ceiling, not an expectation. */
  past62IfNobodyTreated: count,
})
export type ForecastLine = z.infer<typeof forecastLine>
export const forecastAnswer = z.object({
  ...fresh,
  /** What the figures rest on, to be shown beside them. */
  method: z.string(),
  queueNow: count,
  arrivalsPerWeek: z.number(),
  departuresPerWeek: z.number(),
  lines: z.array(forecastLine),
})
export type ForecastAnswer = z.infer<typeof forecastAnswer>
