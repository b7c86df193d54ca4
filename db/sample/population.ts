import type { DayNumber, IsoDate } from '../../shared/date.ts'
import { toDay } from '../../shared/date.ts'
import { allianceOf } from './alliance.ts'
import type { Alliance } from './alliance.ts'
import { lifeOf } from './life.ts'
import type { Life } from './life.ts'
import { MOST_PEOPLE } from './nhs-number.ts'

/** What is asked of the generator. The same answers always give the same alliance, to the byte. */
export interface SampleOptions {
  readonly seed: number
  /** The day the lists are extracted, in London. */
  readonly asOf: IsoDate
  /** Open pathways, exactly; 1 to 300,000. A transferred one stands on two lists. */
  readonly pathways: number
  readonly trusts: number
}

export const MOST_PATHWAYS = 300_000
/** Closed pathways of this many days stand behind the open list. */
export const HISTORY_DAYS = 730

/**
 * Two and a half years of arrivals, of which those still open on `asOf` are the list and those closed in the
 * last two years the history. Nothing is kept but which are open: every pathway is made again when asked for.
 *
 * Arrivals come at the rate at which, with the published waits, `pathways` are open at once: about 0.99 a
 * month for each open pathway, so 6,000 open have a history of about 145,000 rows. Pathway numbers run
 * backwards in time from 0, the newest arrival.
 */
export interface Population extends SampleOptions {
  readonly asOfDay: DayNumber
  readonly alliance: Alliance
  /** Numbers of the open pathways, newest arrival first. */
  readonly openIds: Int32Array
  /** Mean arrivals a day. */
  readonly arrivalsPerDay: number
  /** Closed pathways from this number on are not made: the 999 range has no more NHS numbers. */
  readonly historyEnd: number
  life(id: number): Life
  /** Open lives, newest first: all, or those one trust may report, its own and those handed over to it. */
  openLives(trust?: number): Generator<Life>
  /** Lives that ended in the last `HISTORY_DAYS`, by arrivals `fromAge` <= days before asOf < `toAge`. */
  closedLives(fromAge: number, toAge: number): Generator<Life>
  /** A number of its own for each person, below `MOST_PEOPLE`. */
  personIndex(id: number): number
}

/** No pathway stays open longer: the longest wait, adjustments and recording included. */
const LONGEST_OPEN_DAYS = 440
const ARRIVAL_DAYS = HISTORY_DAYS + LONGEST_OPEN_DAYS
const PROBES = 20_000
/** Referrals come on working days. Monday first; mean 1. */
const WEEKDAY_WEIGHTS = [1.42, 1.4, 1.36, 1.34, 1.28, 0.13, 0.07] as const

export function populationOf(options: SampleOptions): Population {
  const { seed, asOf, pathways } = options
  if (!Number.isInteger(pathways) || pathways < 1 || pathways > MOST_PATHWAYS) {
    throw new RangeError(`wants 1 to ${String(MOST_PATHWAYS)} pathways`)
  }
  const alliance = allianceOf(options.trusts)
  const asOfDay = toDay(asOf)
  const meanOpenDays = meanDaysOpen(seed, alliance)
  let surplus = 1 + 4 / Math.sqrt(pathways)
  for (;;) {
    const arrivalsPerDay = (pathways * surplus) / meanOpenDays
    const arrivals = arrivalsOf(asOfDay, arrivalsPerDay)
    const life = (id: number): Life => lifeOf(seed, id, arrivals.dayOf(id), alliance)
    const found = openAmong(life, arrivals, asOfDay)
    if (found.length >= pathways) {
      const open = thinned(found, pathways)
      return assemble(options, { alliance, asOfDay, arrivals, arrivalsPerDay, life }, open)
    }
    surplus *= 1.2
  }
}

/** True while the pathway stands on the list on a day. */
export function isOpenOn(life: Life, day: number): boolean {
  return (life.upgradedDay ?? life.receivedDay) <= day && day < life.recordedDay
}

interface Making {
  readonly alliance: Alliance
  readonly asOfDay: DayNumber
  readonly arrivals: Arrivals
  readonly arrivalsPerDay: number
  readonly life: (id: number) => Life
}

/** An open pathway: its number, its trust, and the trust it is handed to, or -1. */
type Found = readonly [id: number, trust: number, toTrust: number]

function assemble(options: SampleOptions, making: Making, open: readonly Found[]): Population {
  const { alliance, asOfDay, arrivals, arrivalsPerDay, life } = making
  const openIds = Int32Array.from(open, ([id]) => id)
  const trusts = Int8Array.from(open, ([, trust]) => trust)
  const toTrusts = Int8Array.from(open, ([, , toTrust]) => toTrust)
  const historyEnd = historyEndOf(arrivals.total, openIds)
  const lateOpen = openIds.findIndex((id) => id >= historyEnd)
  return {
    ...options,
    asOfDay,
    alliance,
    openIds,
    arrivalsPerDay,
    historyEnd,
    life,
    *openLives(trust) {
      for (const [at, id] of openIds.entries()) {
        if (trust === undefined || trusts[at] === trust || toTrusts[at] === trust) yield life(id)
      }
    },
    *closedLives(fromAge, toAge) {
      const end = Math.min(arrivals.firstOf(toAge), historyEnd)
      for (let id = arrivals.firstOf(fromAge); id < end; id++) {
        const one = life(id)
        if (one.recordedDay <= asOfDay && one.endedDay > asOfDay - HISTORY_DAYS) yield one
      }
    },
    personIndex(id) {
      if (id < historyEnd) return id
      return historyEnd + placeOf(openIds, id) - lateOpen
    },
  }
}

/** Everything before this number can have a person of its own, and the open pathways behind it too. */
function historyEndOf(total: number, openIds: Int32Array): number {
  if (total <= MOST_PEOPLE) return total
  const behind = openIds.filter((id) => id >= MOST_PEOPLE - openIds.length).length
  return MOST_PEOPLE - behind
}

interface Arrivals {
  readonly total: number
  /** First number of the arrivals of `age` days before asOf. */
  firstOf(age: number): number
  dayOf(id: number): number
}

function arrivalsOf(asOfDay: DayNumber, perDay: number): Arrivals {
  const firsts = new Int32Array(ARRIVAL_DAYS + 1)
  let sum = 0
  for (let age = 0; age < ARRIVAL_DAYS; age++) {
    // Day 0 was a Thursday; Monday is 0 here.
    const weekday = (((asOfDay - age + 3) % 7) + 7) % 7
    sum += perDay * (WEEKDAY_WEIGHTS[weekday] ?? 1)
    firsts[age + 1] = Math.round(sum)
  }
  return {
    total: firsts[ARRIVAL_DAYS] ?? 0,
    firstOf: (age) => firsts[Math.min(age, ARRIVAL_DAYS)] ?? 0,
    dayOf: (id) => asOfDay - ageOf(firsts, id),
  }
}

function ageOf(firsts: Int32Array, id: number): number {
  let low = 0
  let high = ARRIVAL_DAYS - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((firsts[middle] ?? 0) <= id) low = middle
    else high = middle - 1
  }
  return low
}

function openAmong(life: (id: number) => Life, arrivals: Arrivals, asOfDay: number): Found[] {
  const open: Found[] = []
  const end = arrivals.firstOf(LONGEST_OPEN_DAYS)
  for (let id = 0; id < end; id++) {
    const one = life(id)
    if (isOpenOn(one, asOfDay)) open.push([id, one.trust, one.transfer?.toTrust ?? -1])
  }
  return open
}

/** `wanted` of them, the surplus taken out evenly so that no age or trust loses more than another. */
function thinned<T>(all: readonly T[], wanted: number): T[] {
  return all.filter(
    (_, at) =>
      Math.floor((at * wanted) / all.length) !== Math.floor(((at - 1) * wanted) / all.length),
  )
}

/** Place of an id in an ascending array that holds it. */
function placeOf(ids: Int32Array, id: number): number {
  let low = 0
  let high = ids.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((ids[middle] ?? 0) < id) low = middle + 1
    else high = middle
  }
  return low
}

/** Mean days on the list, from lives that nobody lives. By Little's law it gives the rate of arrivals. */
function meanDaysOpen(seed: number, alliance: Alliance): number {
  let sum = 0
  for (let probe = 1; probe <= PROBES; probe++) {
    const life = lifeOf(seed, -probe, 0, alliance)
    sum += life.recordedDay - (life.upgradedDay ?? life.receivedDay)
  }
  return sum / PROBES
}
