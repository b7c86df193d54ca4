import { z } from 'zod'
import { isoDate } from './date.ts'

/** What people are grouped by, to see that the order is fair: facts that rank nobody. [RNK-9] */
export const EQUITY_ASPECTS = {
  deprivationDecile: 'Deprivation decile (1 most deprived)',
  ethnicity: 'Ethnicity',
  age: 'Age',
  sex: 'Sex',
  distance: 'Travel from home to where they are seen',
  travelLimit: 'How far they said they would travel',
} as const
export type EquityAspect = keyof typeof EQUITY_ASPECTS

const group = z.object({
  group: z.string(),
  /** Null where 1 to 4 people stand behind it, or where it would tell of such a group: then nothing is shown. */
  people: z.number().int().nullable(),
  medianWaitDays: z.number().nullable(),
  /** 0 is the top of the list, 100 its end. */
  medianPlacePercent: z.number().nullable(),
})
export type EquityGroup = z.infer<typeof group>

/** Answer of `GET /api/list/equity`: order and wait by who people are. [RNK-9] */
export const equityReport = z.object({
  asOf: isoDate,
  people: z.number().int(),
  groups: z.record(
    z.enum(Object.keys(EQUITY_ASPECTS) as [EquityAspect, ...EquityAspect[]]),
    z.array(group),
  ),
})
export type EquityReport = z.infer<typeof equityReport>
