import type { Tumour } from '../../shared/vocabulary.ts'
import type { Alliance } from './alliance.ts'
import { DTT_IN_TIME, RTT_BAND_ENDS, TREATED_BY_WAIT, publishedCancer } from './figures.ts'
import type { RttRoute } from './figures.ts'
import type { Transfer } from './life.ts'
import { normal, normalShare, whole } from './random.ts'
import type { Random } from './random.ts'
import { TUMOUR_SHAPES } from './tumours.ts'
import { waitAt } from './waits.ts'

/** One life in the making: its numbers, its trust, and how slow things go for it (standard normal). */
export interface Who {
  readonly random: Random
  readonly id: number
  readonly trust: number
  readonly slowness: number
  readonly alliance: Alliance
}

export interface TreatmentStart {
  readonly day: number
  /** Days the person paused after the decision to treat; the wait without them is `day - pauseDays - start`. */
  readonly pauseDays: number
}

/** How much of one wait of a person tells of their next. */
const WAIT_LINK = 0.75
const TAIL_MEAN_DAYS = 36
export const TAIL_MAX_DAYS = 260
const PAUSE_SHARE = 0.04
/** Share of first treatments on the very day of the decision. */
const SAME_DAY_SHARE = 0.14
/**
 * A decision cannot come before the person was told, which shortens some drawn waits: the draw leaves more
 * late than published so that what remains is as published.
 */
const DRAWN_LATE_SHARE = (1 - DTT_IN_TIME) * 2.6
const DIAGNOSTIC_TRANSFER_SHARE = 0.008
const CENTRE_SHARE = 0.85

export function treatmentStart(
  who: Who,
  tumour: Tumour,
  route: RttRoute,
  start: number,
): TreatmentStart {
  const { random } = who
  const type = publishedCancer(tumour)
  const bands = TREATED_BY_WAIT[route][type] ?? TREATED_BY_WAIT.usc[type] ?? []
  const link = WAIT_LINK * who.slowness + Math.sqrt(1 - WAIT_LINK ** 2) * normal(random)
  const wait = waitAt(normalShare(link), bands, RTT_BAND_ENDS, TAIL_MEAN_DAYS, TAIL_MAX_DAYS)
  const pauseDays = random() < PAUSE_SHARE ? whole(random, 5, 21) : 0
  return { day: start + wait + pauseDays, pauseDays }
}

/** Decision to treat, treatment and pause of somebody told on `toldDay`. The pause lies after the decision. */
export function decided(
  who: Who,
  toldDay: number,
  treated: TreatmentStart,
): { dttDay: number; treatedDay: number; treatmentAdjustmentDays: number } {
  const latest = treated.day - treated.pauseDays
  const drawn = dttWait(who.random, DRAWN_LATE_SHARE)
  const most = latest - toldDay
  const wait = drawn <= most ? drawn : Math.floor(most * who.random())
  return {
    dttDay: latest - wait,
    treatedDay: treated.day,
    treatmentAdjustmentDays: treated.pauseDays,
  }
}

/** Days from decision to treatment. @param lateShare part that waits longer than 31 days */
export function dttWait(random: Random, lateShare = 1 - DTT_IN_TIME): number {
  const u = random()
  if (u < lateShare) return 32 + Math.min(60, Math.floor(-Math.log(1 - random()) * 11))
  if (u < lateShare + SAME_DAY_SHARE) return 0
  return whole(random, 1, 31)
}

export function diagnosticTransfer(who: Who, start: number, wait: number): Transfer | null {
  if (wait < 14 || who.random() >= DIAGNOSTIC_TRANSFER_SHARE) return null
  const toTrust = anotherTrust(who, 0.4)
  if (toTrust === null) return null
  const requestedDay = start + Math.floor(wait * 0.45)
  return {
    toTrust,
    requestedDay,
    receivedDay: requestedDay + whole(who.random, 0, 3),
    purpose: 'diagnosis',
  }
}

export function treatmentTransfer(
  who: Who,
  tumour: Tumour,
  toldDay: number,
  treatedDay: number,
): Transfer | null {
  const isCentre = who.alliance.centres.includes(who.trust)
  const share = TUMOUR_SHAPES[tumour].transferShare * (isCentre ? 0.15 : 1)
  if (treatedDay - toldDay < 8 || who.random() >= share) return null
  const toTrust = anotherTrust(who, CENTRE_SHARE)
  if (toTrust === null) return null
  const requestedDay = toldDay + Math.floor((treatedDay - toldDay) * (0.05 + 0.3 * who.random()))
  return {
    toTrust,
    requestedDay,
    receivedDay: requestedDay + whole(who.random, 0, 4),
    purpose: 'treatment',
  }
}

function anotherTrust(who: Who, centreShare: number): number | null {
  const { alliance, random, trust } = who
  const trusts = alliance.trusts.length
  if (trusts < 2) return null
  const centres = alliance.centres.filter((centre) => centre !== trust)
  const centre = centres[Math.floor(random() * centres.length)]
  if (centre !== undefined && random() < centreShare) return centre
  return (trust + whole(random, 1, trusts - 1)) % trusts
}
