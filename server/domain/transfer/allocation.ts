/** What the 38- and 24-day sums of one shared pathway are made of. Days, after adjustments. */
export interface SharedWait {
  /** Start of the 62 days to the transfer received, less first-seen adjustments. */
  readonly v38: number
  /** Transfer received to treatment, less treatment adjustments. */
  readonly v24: number
}

/** The part of one person that falls to a trust: 0, 0.5 or 1 of the count, and of the breach. */
export interface Share {
  readonly share: 0 | 0.5 | 1
  readonly breachShare: 0 | 0.5 | 1
}

/** Rows of the table by what was in time: 62 days, hand-over by 38, treated within 24. [IPT-5] */
export type AllocationCase =
  | 'inTime-handedOverInTime-treatedInTime'
  | 'inTime-handedOverInTime-treatedLate'
  | 'inTime-handedOverLate-treatedInTime'
  | 'breach-handedOverInTime-treatedLate'
  | 'breach-handedOverLate-treatedInTime'
  | 'breach-handedOverLate-treatedLate'

export interface Allocation {
  readonly kind: AllocationCase
  readonly referring: Share
  readonly treating: Share
}

const NOTHING: Share = { share: 0, breachShare: 0 }
const HALF_IN_TIME: Share = { share: 0.5, breachShare: 0 }
const HALF_BREACH: Share = { share: 0.5, breachShare: 0.5 }
const WHOLE_IN_TIME: Share = { share: 1, breachShare: 0 }
const WHOLE_BREACH: Share = { share: 1, breachShare: 1 }

/**
 * Who counts a pathway handed from one trust to another, and who its breach. [IPT-5; NCL, confidence H]
 *
 * 38 + 24 = 62, so `late, late` is always a breach and `in time, in time` never one: six cases, one of which
 * always applies.
 */
export function allocate(wait: SharedWait, handOverDays = 38, treatDays = 24): Allocation {
  const handedOverInTime = wait.v38 <= handOverDays
  const treatedInTime = wait.v24 <= treatDays
  const inTime = wait.v38 + wait.v24 <= handOverDays + treatDays
  if (inTime && handedOverInTime) {
    const kind = treatedInTime
      ? 'inTime-handedOverInTime-treatedInTime'
      : 'inTime-handedOverInTime-treatedLate'
    return { kind, referring: HALF_IN_TIME, treating: HALF_IN_TIME }
  }
  if (inTime) {
    const kind = 'inTime-handedOverLate-treatedInTime'
    return { kind, referring: NOTHING, treating: WHOLE_IN_TIME }
  }
  if (handedOverInTime) {
    const kind = 'breach-handedOverInTime-treatedLate'
    return { kind, referring: NOTHING, treating: WHOLE_BREACH }
  }
  if (treatedInTime) {
    const kind = 'breach-handedOverLate-treatedInTime'
    return { kind, referring: WHOLE_BREACH, treating: NOTHING }
  }
  const kind = 'breach-handedOverLate-treatedLate'
  return { kind, referring: HALF_BREACH, treating: HALF_BREACH }
}

/** One trust at both ends owns it whole. [IPT-6] */
export function whole(breached: boolean): Share {
  return breached ? WHOLE_BREACH : WHOLE_IN_TIME
}

/** Two trusts and no usable record of the transfer: half each. [IPT-7] */
export function half(breached: boolean): Share {
  return breached ? HALF_BREACH : HALF_IN_TIME
}
