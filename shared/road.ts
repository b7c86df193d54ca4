import { z } from 'zod'
import { count, fresh, group, measureQuery } from './measures.ts'
import { refusalReason, side, voice } from './suggestion.ts'
import { step } from './vocabulary.ts'

/** Query of `GET /api/measures/road`. */
export const roadQuery = measureQuery.extend({
  step: step.optional(),
  /** Suggestions made in this many days. */
  days: z.coerce.number().int().min(1).max(1100).default(90),
  by: z.enum(['none', 'trust']).default('trust'),
})
export type RoadQuery = z.infer<typeof roadQuery>

/** The road from suggestion to transfer, of the trust that refers. [MEA-11] */
export const roadLine = z.object({
  group,
  suggested: count,
  /** Offered to the patient: the referring team said yes. */
  offered: count,
  /** Three yeses. */
  agreed: count,
  /** Where they stand: these five add up to `suggested`. */
  underWay: count,
  transferred: count,
  declined: count,
  withdrawn: count,
  expired: count,
  /** Every no by its code, whoever said it. */
  declines: z.record(refusalReason, count),
  declinedBy: z.record(voice, count),
  /** From when each side could answer to its answer, median hours; null of nobody. */
  medianHours: z.record(side, z.number().nullable()),
  /** Days sooner than at home, of those carried through. */
  daysSaved: count,
})
export type RoadLine = z.infer<typeof roadLine>
export const roadAnswer = z.object({
  ...fresh,
  days: z.number().int(),
  lines: z.array(roadLine),
  all: roadLine,
})
export type RoadAnswer = z.infer<typeof roadAnswer>
