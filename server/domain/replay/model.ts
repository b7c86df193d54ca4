import type { DayNumber } from '../../../shared/date.ts'
import type { Step, Tumour } from '../../../shared/vocabulary.ts'
import type { PlanInput, PlanOutput, PlanSettings } from '../plan/model.ts'

/** One stretch of a pathway as it happened: a step asked for on a day and done on another. */
export interface ReplayStage {
  readonly step: Step
  readonly askedOn: DayNumber
  readonly doneOn: DayNumber
  /** Whose list it was done on; null: no slot of it could have been another's, and it takes as long as it took. */
  readonly at: { readonly trust: string; readonly site: string } | null
}

/** A standard's clock on a pathway. Stages are named by their place; -1 is the start of the pathway. */
export interface ReplayClock {
  readonly kind: 'fds28' | 'dtt31' | 'rtt62'
  /** It starts when this stage is done. */
  readonly startsAt: number
  /** Last day in time, counted from the start, adjustments added. */
  readonly days: number
  /** It stops when this stage is done. */
  readonly stopsAt: number
  readonly weightPerDayLate: number
}

export interface ReplayPathway {
  readonly id: number
  /** Whose patient: the figures by trust are told under it. */
  readonly trust: string
  readonly tumour: Tumour
  readonly startOn: DayNumber
  /** One after the other, at least one. */
  readonly stages: readonly ReplayStage[]
  readonly clocks: readonly ReplayClock[]
}

/** Slots of one step at one site on one day. */
export interface ReplaySlots {
  readonly site: string
  readonly trust: string
  readonly step: Step
  readonly day: DayNumber
  /** As many as were used. */
  readonly used: number
  /** As many more as are thought to have stood empty. */
  readonly spare: number
  readonly openToAlliance: boolean
  readonly noticeDays: number
}

/** A stretch of the past: who waited for what, and which slots there were. */
export interface ReplayPeriod {
  readonly from: DayNumber
  /** The first day no longer counted. */
  readonly to: DayNumber
  readonly pathways: readonly ReplayPathway[]
  readonly slots: readonly ReplaySlots[]
  readonly travelMinutes: (fromSite: string, toSite: string) => number | null
}

/** How one walk through the period is run. */
export interface ReplayArm {
  /** False: every trust for itself. */
  readonly pooled: boolean
  /** Share of moves that get all three yeses, 0 to 1. */
  readonly yesShare: number
  /** Every slot is open to the alliance, whatever its trust did. */
  readonly everySlotOpen: boolean
  /** Whether slots thought to have stood empty are there too. */
  readonly withSpare: boolean
  readonly settings: PlanSettings
  /** A number in [0, 1) for a patient, a stage and a trust: below `yesShare` it is a yes. */
  readonly answer: (pathwayId: number, stage: number, toTrust: string) => number
  /** Sees each plan and what it was asked: for whoever checks it. */
  readonly look?: (asked: PlanInput, planned: PlanOutput) => void
}

export interface ReplayMove {
  readonly pathway: number
  readonly stage: number
  readonly fromTrust: string
  readonly toTrust: string
  readonly toSite: string
  readonly on: DayNumber
  readonly travelMinutes: number
  /** Week of the period in which it was agreed. */
  readonly week: number
}

/** What a walk comes to. */
export interface ReplayWalk {
  /** For each pathway, in the period's order: the day each stage was done; -1 where it was not yet. */
  readonly doneOn: readonly Int32Array[]
  readonly moves: readonly ReplayMove[]
  /** Moves that were put before people and got a no. */
  readonly declined: number
  /** By week: people waiting for a slot when it was planned. */
  readonly waiting: readonly number[]
  /** Points of every week's plan, and of every trust alone on the same facts. */
  readonly plans: readonly { readonly stay: number; readonly plan: number }[]
}
