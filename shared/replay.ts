import { z } from 'zod'
import { isoDate } from './date.ts'

const whole = z.number().int()

/** One way of doing it, over a week or over all: counted in the period and nowhere else. */
const replayFigures = z.object({
  /** People whose 28, 31 or 62 days ran out while they still waited. */
  breaches: whole,
  /** Weighted days late: each day past a limit times the weight of its standard. */
  pointsLate: whole,
  /** Days people spent on the list, summed over everybody. */
  daysWaited: whole,
})
export type ReplayFigures = z.infer<typeof replayFigures>

const replayWeek = z.object({
  /** The Monday it begins on. */
  week: isoDate,
  alone: replayFigures,
  pooled: replayFigures,
  /** Waiting past day 62 when the week ended. */
  past62: z.object({ alone: whole, pooled: whole }),
  /** Moves agreed by all three this week, and their travel there. */
  moves: whole,
  travelMinutes: whole,
})
export type ReplayWeek = z.infer<typeof replayWeek>

const replaySaved = z.object({
  breachesAvoided: whole,
  pointsSaved: whole,
  daysSaved: whole,
  moves: whole,
  declined: whole,
  travelMinutes: whole,
  /** Pathways that were further on at the end, or ended sooner, than with every trust alone; and the other way. */
  sooner: whole,
  later: whole,
})
export type ReplaySaved = z.infer<typeof replaySaved>

/** What is assumed, with the day it was stated and why. */
const replayAssumption = z.object({
  name: z.string(),
  value: z.string(),
  statedOn: isoDate,
  why: z.string(),
})
export type ReplayAssumption = z.infer<typeof replayAssumption>

/** A period played twice: every trust alone, and with the shared plan. [MOV-60] */
export const replayResult = z.object({
  from: isoDate,
  /** Its last day. */
  to: isoDate,
  pathways: whole,
  slots: whole,
  alone: replayFigures,
  pooled: replayFigures,
  saved: replaySaved,
  weeks: z.array(replayWeek),
  /** Under the trust whose patients they are. */
  byTrust: z.array(
    z.object({
      trust: z.string(),
      out: whole,
      in: whole,
      breachesAvoided: whole,
      pointsSaved: whole,
      daysSaved: whole,
    }),
  ),
  /** The same with one assumption changed. */
  sensitivity: z.array(replaySaved.extend({ name: z.string() })),
  assumptions: z.array(replayAssumption),
})
export type ReplayResult = z.infer<typeof replayResult>

/** Answer of `GET /api/replay`: `none` where there is no sample to play, `idle` until somebody asks for it. */
export const replayAnswer = z.discriminatedUnion('state', [
  z.object({ state: z.literal('none') }),
  z.object({ state: z.literal('idle') }),
  z.object({ state: z.literal('running'), part: z.number().min(0).max(1) }),
  z.object({ state: z.literal('failed') }),
  z.object({ state: z.literal('done'), result: replayResult }),
])
export type ReplayAnswer = z.infer<typeof replayAnswer>
