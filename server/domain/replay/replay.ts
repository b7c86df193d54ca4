import { toIso, type DayNumber, type IsoDate } from '../../../shared/date.ts'
import type { ReplayAssumption, ReplayResult } from '../../../shared/replay.ts'
import { DEFAULT_PLAN_SETTINGS } from '../plan/model.ts'
import { compare, saved } from './compare.ts'
import type { ReplayArm, ReplayPeriod, ReplayWalk } from './model.ts'
import { walk } from './walk.ts'

/** What nobody has measured yet. Dated configuration: an alliance puts its own in its place. [MOV-61; L] */
export const ASSUMED = {
  statedOn: '2026-11-01' as IsoDate,
  /** 0.95 of patients asked in the Greater Manchester EBUS pilot would travel; two teams besides must agree. */
  yesShare: 0.75,
  /** Empty slots beside the used ones, at trusts that have more than their queue wants. */
  spareShare: 0.1,
} as const

/** The same period with one assumption changed: what the figures hang on. */
const VARIANTS: readonly (readonly [name: string, change: Partial<ReplayArm>])[] = [
  ['Only half as many say yes', { yesShare: ASSUMED.yesShare / 2 }],
  ['Everybody says yes', { yesShare: 1 }],
  ['Every trust opens every slot', { everySlotOpen: true }],
  ['No slot stood empty anywhere', { withSpare: false }],
]

/** What the maker of a period adds to what is assumed. */
export interface ReplayFrame {
  readonly period: ReplayPeriod
  readonly answer: ReplayArm['answer']
  readonly assumptions: readonly ReplayAssumption[]
}

/**
 * Plays a period with every trust alone, with the shared plan, and again with each assumption changed. The same period
 * gives the same result. [MOV-60]
 * @returns by and by the part that is done, 0 to 1; at the end the result
 */
export function* replay({
  period,
  answer,
  assumptions,
}: ReplayFrame): Generator<number, ReplayResult> {
  const shared: ReplayArm = {
    pooled: true,
    yesShare: ASSUMED.yesShare,
    everySlotOpen: false,
    withSpare: true,
    settings: DEFAULT_PLAN_SETTINGS,
    answer,
  }
  const walks = 2 + VARIANTS.length + VARIANTS.filter(([, arm]) => hasOtherSlots(arm)).length
  let walked = 0
  function* along(arm: ReplayArm): Generator<number, ReplayWalk> {
    const going = walk(period, arm)
    for (;;) {
      const next = going.next()
      if (next.done === true) {
        walked++
        return next.value
      }
      yield (walked + next.value) / walks
    }
  }

  const alone = yield* along({ ...shared, pooled: false })
  const pooled = yield* along(shared)
  const counted = compare(period, alone, pooled)
  const sensitivity: ReplayResult['sensitivity'] = []
  for (const [name, change] of VARIANTS) {
    const other = yield* along({ ...shared, ...change })
    // with other slots every trust alone does otherwise too
    const beside = hasOtherSlots(change)
      ? yield* along({ ...shared, ...change, pooled: false })
      : alone
    sensitivity.push({ name, ...saved(period, beside, other) })
  }
  return {
    from: toIso(period.from),
    to: toIso((period.to - 1) as DayNumber),
    pathways: period.pathways.filter(({ startOn }) => startOn < period.to).length,
    slots: period.slots.reduce((sum, { used, spare }) => sum + used + spare, 0),
    ...counted,
    sensitivity,
    assumptions: [...OURS, ...assumptions],
  }
}

function hasOtherSlots({ withSpare }: Partial<ReplayArm>): boolean {
  return withSpare !== undefined
}

const { statedOn } = ASSUMED
const OURS: readonly ReplayAssumption[] = [
  {
    name: 'Moves that get all three yeses',
    value: `${String(ASSUMED.yesShare * 100)} %`,
    statedOn,
    why: 'In the Greater Manchester EBUS pilot 95 % of patients asked would travel; two teams must agree besides. A no is remembered: that trust is not proposed again for that step.',
  },
  {
    name: 'Plans',
    value: 'every Monday',
    statedOn,
    why: 'Each plan settles the one week of slots whose notice runs out, in both ways of doing it; the service itself plans at once, which would do better in both.',
  },
  {
    name: 'Slots',
    value: `those used; ${String(ASSUMED.spareShare * 100)} % more where a trust has slots to spare`,
    statedOn,
    why: 'Each step done in the year is one slot, on the day and at the trust where it was done. How many stood empty nobody has counted; without any, pooling can only share out the same slots.',
  },
  {
    name: 'Deadlines',
    value: '28, 31 and 62 days',
    statedOn,
    why: 'Weighted as the shipped policy does; clinical codes, milestones and hand-overs are left out.',
  },
]
