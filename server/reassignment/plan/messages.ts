import type { IsoDate } from '../../../shared/date.ts'
import type { PlanChanges } from '../../domain/plan/kept.ts'
import type {
  PlanDiff,
  PlanEffect,
  PlannedMove,
  PlanSettings,
  WhyNot,
} from '../../domain/plan/model.ts'
import type { TravelTable } from '../travel.ts'

/** What a plan is opened with; everything else comes as changes. */
export interface PlanOpening {
  readonly today: IsoDate
  readonly settings: PlanSettings
  readonly travel: TravelTable
  readonly siteNames: readonly (readonly [string, string])[]
}

/** To the planning thread, in order. Only what has a number is answered. */
export type PlanOrder =
  | ({ readonly kind: 'open' } & PlanOpening)
  | { readonly kind: 'change'; readonly changes: PlanChanges }
  | { readonly kind: 'plan'; readonly ask: number }
  | {
      readonly kind: 'whyNot'
      readonly ask: number
      readonly patientId: number
      readonly capacityId: number
    }

/** From it. An error carries no message of the thread's: it may hold a value. */
export type PlanAnswer =
  | { readonly kind: 'plan'; readonly ask: number; readonly result: PlanResult }
  | { readonly kind: 'whyNot'; readonly ask: number; readonly result: WhyNot | null }

/** What is to be done about a plan, small enough to be handed over at once. */
export interface PlanResult {
  readonly withdraw: PlanDiff['withdraw']
  /** The best moves not shown yet, for each referring trust, best first; ties with the last are all there. */
  readonly create: readonly PlannedMove[]
  readonly moved: number
  readonly patients: number
  readonly slots: number
  readonly costStay: number
  readonly costPlan: number
  readonly effect: PlanEffect
  /** JSON: capacity id to [points, days, breaches] that one more slot would save, where it saves any. */
  readonly prices: string
  readonly tookMs: number
}
