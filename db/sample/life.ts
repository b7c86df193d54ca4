import type { Tumour } from '../../shared/vocabulary.ts'
import type { Alliance } from './alliance.ts'
import { FDS_BAND_ENDS, SEEN_BAND_ENDS, UPGRADES, UPGRADE_CONVERSION } from './figures.ts'
import { entranceAt } from './entrance.ts'
import type { ReferralFigures, RttRoute } from './figures.ts'
import { normal, normalShare, randomOf, weighted, whole } from './random.ts'
import type { Random } from './random.ts'
import {
  TAIL_MAX_DAYS,
  decided,
  diagnosticTransfer,
  dttWait,
  treatmentStart,
  treatmentTransfer,
} from './treatment.ts'
import type { Who } from './treatment.ts'
import { waitAt } from './waits.ts'

/** How a pathway ends. `excluded` is FDS end reason 03. */
export type Ending = 'treated' | 'ruledOut' | 'intervalScan' | 'excluded'

/**
 * The whole life of one pathway, end included, whatever day it is seen on. Small, because a large alliance
 * makes millions: everything that does not decide its days is made later, from the same number.
 */
export interface Life {
  readonly id: number
  readonly route: RttRoute | 'subsequent'
  readonly referralType: string | null
  readonly tumour: Tumour
  /** Index into the alliance's trusts. */
  readonly trust: number
  /** Probability of cancer when referred; calibrated, since `cancer` is drawn with it. */
  readonly risk: number
  readonly cancer: boolean
  readonly receivedDay: number
  readonly upgradedDay: number | null
  readonly firstSeenDay: number
  /** Days taken off for a missed first appointment. */
  readonly firstSeenAdjustmentDays: number
  readonly toldDay: number | null
  readonly dttDay: number | null
  readonly treatedDay: number | null
  readonly treatmentAdjustmentDays: number
  readonly transfer: Transfer | null
  readonly ending: Ending
  /** Day of the last event of the pathway. */
  readonly endedDay: number
  /** Day from which the trust's system knows of the end: closed from here on. */
  readonly recordedDay: number
}

export interface Transfer {
  /** Index of the receiving trust. */
  readonly toTrust: number
  readonly requestedDay: number
  readonly receivedDay: number
  readonly purpose: 'diagnosis' | 'treatment'
}

const LIFE_STREAM = 1
/** The part of a person's waits that their trust explains, as a correlation. */
const TRUST_PART = 0.35
const TOLD_TAIL_MEAN_DAYS = 22
const MISSED_FIRST_SHARE = 0.035
const SUBSEQUENT_PAUSE_SHARE = 0.03
/** Outcomes are recorded some days after the fact; mean days. */
const RECORDING_LAG_DAYS = 4
const RECORDING_LAG_MAX_DAYS = 21

/** The life of pathway `id` of `seed`, whose clock of the alliance's list starts on `day`. */
export function lifeOf(seed: number, id: number, day: number, alliance: Alliance): Life {
  const random = randomOf(seed, id, LIFE_STREAM)
  const entrance = entranceAt(random())
  const trust = trustAt(alliance, random())
  const strain = alliance.trusts[trust]?.strain ?? 0
  const slowness = TRUST_PART * strain + Math.sqrt(1 - TRUST_PART ** 2) * normal(random)
  const who = { random, id, trust, slowness, alliance }
  if (entrance.referral === null) {
    return entrance.route === 'subsequent' ? subsequentLife(who, day) : upgradedLife(who, day)
  }
  return referredLife(who, day, entrance.referral, entrance.conversion)
}

function referredLife(who: Who, day: number, referral: ReferralFigures, conversion: number): Life {
  const { random } = who
  // The mean of exp(N(-s²/2, s)) is 1: risks scatter and their mean stays the published conversion.
  const scatter = conversion > 0.3 ? 0.35 : 0.9
  const risk = Math.min(0.97, conversion * Math.exp(scatter * normal(random) - scatter ** 2 / 2))
  const cancer = random() < risk
  const tumour = weighted(random, cancer ? referral.treated : referral.suspected).tumour
  const missed = random() < MISSED_FIRST_SHARE ? whole(random, 4, 16) : 0
  const start = day + missed
  const seenWait = waitAt(random(), referral.seen, SEEN_BAND_ENDS, 9, 60)
  const toldWait = waitAt(
    normalShare(who.slowness),
    referral.told,
    FDS_BAND_ENDS,
    TOLD_TAIL_MEAN_DAYS,
    TAIL_MAX_DAYS,
  )
  const base = {
    id: who.id,
    route: referral.route,
    referralType: referral.referralType,
    tumour,
    trust: who.trust,
    risk,
    cancer,
    receivedDay: day,
    upgradedDay: null,
    firstSeenAdjustmentDays: missed,
  }
  if (!cancer) {
    const toldDay = start + toldWait
    return {
      ...base,
      firstSeenDay: start + Math.min(seenWait, toldWait),
      toldDay,
      dttDay: null,
      treatedDay: null,
      treatmentAdjustmentDays: 0,
      transfer: diagnosticTransfer(who, start, toldWait),
      ending: endingAt(random()),
      endedDay: toldDay,
      recordedDay: toldDay + lag(random),
    }
  }
  const treated = treatmentStart(who, tumour, referral.route, start)
  const wait = treated.day - treated.pauseDays - start
  const told = Math.min(toldWait, Math.max(1, Math.floor(wait * (0.5 + 0.45 * random()))))
  return {
    ...base,
    firstSeenDay: start + Math.min(seenWait, told),
    toldDay: start + told,
    ...decided(who, start + told, treated),
    transfer: treatmentTransfer(who, tumour, start + told, treated.day),
    ending: 'treated',
    endedDay: treated.day,
    recordedDay: treated.day + lag(random),
  }
}

/** Somebody already under the hospital's care, suspected of cancer on `day`. */
function upgradedLife(who: Who, day: number): Life {
  const { random } = who
  const tumour = weighted(random, UPGRADES).tumour
  const cancer = random() < UPGRADE_CONVERSION
  const receivedDay = day - whole(random, 0, 40)
  const treated = treatmentStart(who, tumour, 'upgrade', day)
  const wait = treated.day - treated.pauseDays - day
  const toldDay = day + Math.floor(wait * (0.3 + 0.5 * random()))
  const base = {
    id: who.id,
    route: 'upgrade',
    referralType: null,
    tumour,
    trust: who.trust,
    risk: UPGRADE_CONVERSION,
    cancer,
    receivedDay,
    upgradedDay: day,
    firstSeenDay: receivedDay + Math.floor((day - receivedDay) * random()),
    firstSeenAdjustmentDays: 0,
    toldDay,
  } as const
  if (!cancer) {
    return {
      ...base,
      dttDay: null,
      treatedDay: null,
      treatmentAdjustmentDays: 0,
      transfer: null,
      ending: 'ruledOut',
      endedDay: toldDay,
      recordedDay: toldDay + lag(random),
    }
  }
  return {
    ...base,
    ...decided(who, toldDay, treated),
    transfer: treatmentTransfer(who, tumour, toldDay, treated.day),
    ending: 'treated',
    endedDay: treated.day,
    recordedDay: treated.day + lag(random),
  }
}

/** A second or later treatment: only the 31-day clock runs. */
function subsequentLife(who: Who, day: number): Life {
  const { random } = who
  const tumour = weighted(random, UPGRADES).tumour
  const pauseDays = random() < SUBSEQUENT_PAUSE_SHARE ? whole(random, 5, 21) : 0
  const treatedDay = day + dttWait(random) + pauseDays
  return {
    id: who.id,
    route: 'subsequent',
    referralType: null,
    tumour,
    trust: who.trust,
    risk: 1,
    cancer: true,
    receivedDay: day,
    upgradedDay: null,
    firstSeenDay: day,
    firstSeenAdjustmentDays: 0,
    toldDay: null,
    dttDay: day,
    treatedDay,
    treatmentAdjustmentDays: pauseDays,
    transfer: null,
    ending: 'treated',
    endedDay: treatedDay,
    recordedDay: treatedDay + lag(random),
  }
}

function trustAt(alliance: Alliance, u: number): number {
  let left = u
  for (const [index, trust] of alliance.trusts.entries()) {
    left -= trust.share
    if (left < 0) return index
  }
  return alliance.trusts.length - 1
}

/** How a pathway without cancer ends. Shares are an assumption. */
function endingAt(u: number): Ending {
  if (u < 0.97) return 'ruledOut'
  return u < 0.992 ? 'excluded' : 'intervalScan'
}

function lag(random: Random): number {
  return Math.min(
    RECORDING_LAG_MAX_DAYS,
    Math.floor(-Math.log(1 - random()) * RECORDING_LAG_DAYS) + 1,
  )
}
