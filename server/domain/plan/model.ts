import type { DayNumber, IsoDate } from '../../../shared/date.ts'
import type { Anaesthetic, PatientNeed, SlotLimits } from '../../../shared/capacity.ts'
import type { MoveReason } from '../../../shared/suggestion.ts'
import type { Step, Tumour } from '../../../shared/vocabulary.ts'

/** A day by which the awaited step should have happened, and what each day after it weighs. [MOV-13] */
export interface PlanDeadline {
  /** Last day in time for this step, the days still needed after it already taken off. */
  readonly dueDay: DayNumber
  /** Points (weighted days) for each day past `dueDay`. */
  readonly weightPerDayLate: number
  /** True when missing it is a breach of a national standard: counted in `breachesAvoided`. */
  readonly breach: boolean
}

/** A no that was given: the same is not proposed again. `null` means any. [MOV-8] */
export interface PlanRefusal {
  readonly toTrust: string | null
  readonly toSite: string | null
  readonly day: IsoDate | null
}

/** What is known of a person that a site may have a limit on; absent: not known. */
export interface PatientClinical {
  readonly bmi?: number | undefined
  readonly asa?: number | undefined
  readonly performanceStatus?: number | undefined
  readonly anaesthetic?: Anaesthetic | undefined
  /** National laterality code. */
  readonly laterality?: string | undefined
  readonly needs?: readonly PatientNeed[] | undefined
}

/** An open pathway that waits for a step. */
export interface PlanPatient {
  /** Entry id. */
  readonly id: number
  readonly trust: string
  /** Where the patient would start from; null when the trust sent no site: travel is then unknown. */
  readonly homeSite: string | null
  readonly tumour: Tumour
  /** `awaitedStep(facts)`; null when nothing is awaited: the patient takes no part. */
  readonly step: Step | null
  readonly deadlines: readonly PlanDeadline[]
  /** Day the step is expected at home when no slot in sight is given to the patient. */
  readonly expectedStayDay: DayNumber
  /** Minutes the patient said they would travel; null when not asked. */
  readonly travelLimitMinutes: number | null
  /** Day the step is booked at home; null when not booked. */
  readonly bookedOn: IsoDate | null
  readonly ageYears: number | null
  /** What a site's limits are held against, as far as it is known. [CAP-8] */
  readonly clinical?: PatientClinical
  /** A transfer between trusts is already under way. */
  readonly midTransfer: boolean
  /** The step was carried out at another trust by a completed transfer, and not asked for again since. [MOV-51] */
  readonly doneElsewhere?: boolean
  readonly refused: readonly PlanRefusal[]
  /** Entries of one key are one pathway, as rules and people linked them; null: counted as its own. [MOV-10] */
  readonly pathwayKey: string | null
}

/** Slots of one step at one site on one day, as table `capacity` has them. */
export interface PlanCapacity {
  readonly id: number
  readonly site: string
  readonly trust: string
  readonly step: Step
  readonly day: IsoDate
  /** Slots less those promised or booked. 0 is useful: it gets a price. */
  readonly free: number
  readonly openToAlliance: boolean
  /** null or empty: all tumour groups. */
  readonly tumours: readonly Tumour[] | null
  readonly noticeDays: number
  /** Whom the site can take; absent or null: no limit stated. */
  readonly limits?: SlotLimits | null
}

/** A live suggestion people can see now. */
export interface ShownSuggestion {
  readonly id: string
  readonly patientId: number
  readonly capacityId: number
  /** Somebody said yes: patient and slot are fixed. [MOV-31] */
  readonly answered: boolean
  /** The slot is already taken off `PlanCapacity.free`. */
  readonly slotHeld: boolean
  /** The minimum data set is sent: only a closed pathway or a lost slot still ends it. [MOV-32] */
  readonly underWay?: boolean
}

/** What an alliance may set. Points are weighted days late, the currency of the ranking policy. */
export interface PlanSettings {
  /** Limit used for a patient who was not asked. */
  readonly defaultTravelLimitMinutes: number
  readonly travelPointsPerMinute: number
  /** Points set against every move to another trust. */
  readonly transferPoints: number
  /** Points set against changing a suggestion somebody has been shown. */
  readonly changePoints: number
  /** A move is proposed only when it saves its patient at least this many points ... */
  readonly minimumPointsSaved: number
  /** ... and this many days against what the own trust alone would give. */
  readonly minimumDaysSooner: number
  /** Nobody is pushed past a deadline which their own trust alone would have met. */
  readonly protectOwnPatients: boolean
  /** Slots later than this many days from today are not planned. */
  readonly horizonDays: number
  /** Pairs of trusts between which nothing is proposed. */
  readonly barredPairs: readonly { readonly from: string; readonly to: string }[]
  /** Most patients of other trusts that a trust takes in one plan, over all steps. [MOV-52] */
  readonly importCaps: readonly { readonly trust: string; readonly imports: number }[]
}

export const DEFAULT_PLAN_SETTINGS: PlanSettings = {
  defaultTravelLimitMinutes: 60,
  travelPointsPerMinute: 0.02,
  transferPoints: 2,
  changePoints: 3,
  minimumPointsSaved: 1,
  minimumDaysSooner: 1,
  protectOwnPatients: true,
  horizonDays: 42,
  barredPairs: [],
  importCaps: [],
}

export interface PlanInput {
  readonly today: IsoDate
  readonly patients: readonly PlanPatient[]
  readonly capacity: readonly PlanCapacity[]
  /** Minutes between two sites; null when not known. Asked once for each pair. */
  readonly travelMinutes: (fromSite: string, toSite: string) => number | null
  readonly shown: readonly ShownSuggestion[]
  readonly settings: PlanSettings
  /**
   * Plan these steps only; all when absent. Steps do not compete, so the answer is that part of the whole plan;
   * `patients`, `capacity` and `shown` are still given whole. [MOV-24]
   */
  readonly steps?: readonly Step[]
  /** Name of a site for the words of a reason; its code when absent. */
  readonly siteName?: (site: string) => string
}

export interface PlannedMove {
  readonly patientId: number
  readonly capacityId: number
  readonly fromTrust: string
  readonly toTrust: string
  readonly reason: MoveReason
}

export interface HomeSlot {
  readonly patientId: number
  readonly capacityId: number
}

/** What one more slot would save: exactly the saving of solving again with it. [MOV-20] */
export interface SlotPrice {
  readonly capacityId: number
  /** Points over the whole alliance. */
  readonly points: number
  /** Plain days sooner, summed over everybody who would move up. */
  readonly days: number
  /** Breaches that would not happen. */
  readonly breaches: number
}

export interface PlanEffect {
  readonly breachesAvoided: number
  readonly daysSaved: number
  readonly pointsSaved: number
  readonly travelMinutesAdded: number
  /** Patients of a trust who are seen later than their trust alone would have seen them. */
  readonly displaced: number
  readonly byTrust: readonly { readonly trust: string; readonly out: number; readonly in: number }[]
}

export type WithdrawReason = 'wrong' | 'beaten' | 'gone'

export interface PlanDiff {
  readonly keep: readonly { readonly id: string; readonly patientId: number }[]
  readonly create: readonly PlannedMove[]
  readonly withdraw: readonly {
    readonly id: string
    readonly patientId: number
    readonly kind: WithdrawReason
    /** In words, for `closedReason`. */
    readonly why: string
  }[]
}

export interface WhyNot {
  /** Rule id. */
  readonly rule: string
  readonly words: string
}

export interface PlanOutput {
  /** Every move of the best plan, shown ones included, pinned ones not. */
  readonly moves: readonly PlannedMove[]
  /** Patients given a slot of their own trust. */
  readonly home: readonly HomeSlot[]
  readonly diff: PlanDiff
  /** How the import caps stand, less those who are coming already, and what each costs. [MOV-52] */
  readonly caps: readonly {
    readonly trust: string
    readonly imports: number
    readonly used: number
    /** What one more import allowed would save at most. */
    readonly points: number
  }[]
  /** Points this plan is away from the optimum at most; above 0 only where a cap binds. */
  readonly gap: number
  readonly prices: readonly SlotPrice[]
  /** The ten places where one more slot saves most, best first. */
  readonly bestPlaces: readonly SlotPrice[]
  /** Points with every trust alone, each at its own optimum. */
  readonly costStay: number
  /** Points of this plan, travel and transfer included; never above `costStay` plus the change points at stake. */
  readonly costPlan: number
  readonly effect: PlanEffect
  readonly size: {
    readonly patients: number
    readonly slots: number
    readonly arcs: number
    readonly components: number
  }
  /** Why this patient is not moved to this slot; null when they are. */
  readonly whyNot: (patientId: number, capacityId: number) => WhyNot | null
}
