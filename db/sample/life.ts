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
import type { TreatmentStart, Who } from './treatment.ts'
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
  const life = begun(who, referral.route, tumour, day)
  life.referralType = referral.referralType
  life.risk = risk
  life.cancer = cancer
  life.firstSeenAdjustmentDays = missed
  if (!cancer) {
    life.firstSeenDay = start + Math.min(seenWait, toldWait)
    life.toldDay = start + toldWait
    life.transfer = diagnosticTransfer(who, start, toldWait)
    return ended(life, random, endingAt(random()), life.toldDay)
  }
  const treated = treatmentStart(who, tumour, referral.route, start)
  const wait = treated.day - treated.pauseDays - start
  const told = Math.min(toldWait, Math.max(1, Math.floor(wait * (0.5 + 0.45 * random()))))
  life.firstSeenDay = start + Math.min(seenWait, told)
  return treatedLife(life, who, start + told, treated)
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
  const life = begun(who, 'upgrade', tumour, receivedDay)
  life.risk = UPGRADE_CONVERSION
  life.cancer = cancer
  life.upgradedDay = day
  life.firstSeenDay = receivedDay + Math.floor((day - receivedDay) * random())
  if (cancer) return treatedLife(life, who, toldDay, treated)
  life.toldDay = toldDay
  return ended(life, random, 'ruledOut', toldDay)
}

/** A second or later treatment: only the 31-day clock runs. */
function subsequentLife(who: Who, day: number): Life {
  const { random } = who
  const tumour = weighted(random, UPGRADES).tumour
  const pauseDays = random() < SUBSEQUENT_PAUSE_SHARE ? whole(random, 5, 21) : 0
  const life = begun(who, 'subsequent', tumour, day)
  life.risk = 1
  life.cancer = true
  life.dttDay = day
  life.treatedDay = day + dttWait(random) + pauseDays
  life.treatmentAdjustmentDays = pauseDays
  return ended(life, random, 'treated', life.treatedDay)
}

/** Somebody with cancer, told on `toldDay`: decided, handed over perhaps, and treated. */
function treatedLife(life: Draft, who: Who, toldDay: number, treated: TreatmentStart): Life {
  const decision = decided(who, toldDay, treated)
  life.toldDay = toldDay
  life.dttDay = decision.dttDay
  life.treatedDay = decision.treatedDay
  life.treatmentAdjustmentDays = decision.treatmentAdjustmentDays
  life.transfer = treatmentTransfer(who, life.tumour, toldDay, treated.day)
  return ended(life, who.random, 'treated', treated.day)
}

type Draft = { -readonly [Name in keyof Life]: Life[Name] }

/** All fields at once, and assigned later: spreading objects together took most of the time of a large list. */
function begun(who: Who, route: Life['route'], tumour: Tumour, receivedDay: number): Draft {
  return {
    id: who.id,
    route,
    referralType: null,
    tumour,
    trust: who.trust,
    risk: 0,
    cancer: false,
    receivedDay,
    upgradedDay: null,
    firstSeenDay: receivedDay,
    firstSeenAdjustmentDays: 0,
    toldDay: null,
    dttDay: null,
    treatedDay: null,
    treatmentAdjustmentDays: 0,
    transfer: null,
    ending: 'treated',
    endedDay: receivedDay,
    recordedDay: receivedDay,
  }
}

function ended(life: Draft, random: Random, ending: Ending, day: number): Life {
  life.ending = ending
  life.endedDay = day
  life.recordedDay = day + lag(random)
  return life
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
