import type { IsoDate } from '../../../shared/date.ts'
import { addDays, toDay } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import { RETURN_ROUTES } from '../../../shared/measures.ts'
import type { ReturnRoute, WeeklyReturnLine } from '../../../shared/measures.ts'
import type { Route, Tumour } from '../../../shared/vocabulary.ts'
import { bandOf } from '../clock/band.ts'
import { clocks } from '../clock/clock.ts'
import { dayOf } from '../clock/day.ts'
import { tumourOf } from '../clock/tumour.ts'
import { shown } from './suppress.ts'

const ROUTE_NAMES = Object.keys(RETURN_ROUTES) as ReturnRoute[]
const COUNTS = [
  'd0to28',
  'd29to62',
  'd63to104',
  'over104',
  'passed28',
  'passed62',
  'passed104',
  'treatedBy62',
  'treated63to104',
  'treatedOver104',
  'referrals',
  'upgrades',
  'seen',
] as const
type Counts = Record<(typeof COUNTS)[number], number>

/** A pathway for the return. `leftOn`: the day it left the list for a reason its facts do not give, null if it did not. */
export interface ReturnedPathway {
  readonly facts: EntryFacts
  readonly leftOn: IsoDate | null
}

/**
 * One trust's weekly return: who waited on the 62-day pathway on Sunday at 23:59, and what happened in the seven
 * days up to it, by route, without and with a decision to treat. The facts carry their dates, so a past Sunday is
 * counted by the same rules as the last. Rows without anybody are there too. [MEA-4; domain.md 4]
 */
export function weeklyReturn(
  pathways: Iterable<ReturnedPathway>,
  sunday: IsoDate,
): WeeklyReturnLine[] {
  const rows = new Map<string, Counts>()
  for (const pathway of pathways) count(pathway, sunday, rows)
  return (['withoutDtt', 'withDtt'] as const).flatMap((section) =>
    ROUTE_NAMES.map((route) => {
      const counts = rows.get(`${section} ${route}`) ?? noCounts()
      return { section, route, routeLabel: RETURN_ROUTES[route], ...counts }
    }),
  )
}

/** The Sunday that ended last, of the week before `asOf`'s; `asOf` itself is not over. */
export function lastSunday(asOf: IsoDate): IsoDate {
  return addDays(asOf, -(weekdayFromMonday(asOf) + 1))
}

/** The Sunday of the week that a day is in; weeks begin on Monday. */
export function sundayOf(day: IsoDate): IsoDate {
  return addDays(day, 6 - weekdayFromMonday(day))
}

/** The return is due on the Wednesday after its Sunday. [domain.md 4] */
export function dueOn(sunday: IsoDate): IsoDate {
  return addDays(sunday, 3)
}

/** A line of the return with its small counts null. [MEA-8] */
export function suppressedReturn(line: WeeklyReturnLine): WeeklyReturnLine {
  const hidden = { ...line }
  for (const name of COUNTS) hidden[name] = shown(line[name])
  return hidden
}

function count(pathway: ReturnedPathway, sunday: IsoDate, rows: Map<string, Counts>): void {
  const { facts, leftOn } = pathway
  const now = clocks(facts, sunday)
  const route = returnRoute(now.route, tumourOf(facts))
  if (route === null) return
  const endDay = toDay(sunday)
  const isInWeek = (date: IsoDate | undefined) => endDay - 7 < dayOf(date) && dayOf(date) <= endDay
  const section = dayOf(facts.dttOn) <= endDay ? 'withDtt' : 'withoutDtt'
  const counts = rowOf(rows, `${section} ${route}`)
  if (isInWeek(facts.upgradedOn) && route === 'upgrade') counts.upgrades += 1
  if (isInWeek(facts.receivedOn) && route !== 'upgrade') counts.referrals += 1
  if (isInWeek(facts.firstSeenOn)) counts.seen += 1

  const clock = now.rtt62
  if (clock === null) return
  if (clock.state === 'stopped') {
    const isTreated = clock.inStandard && clock.stopOn !== null && clock.stopOn === facts.treatedOn
    if (!isTreated || !isInWeek(clock.stopOn)) return
    if (clock.waitDays <= 62) counts.treatedBy62 += 1
    else if (clock.waitDays <= 104) counts.treated63to104 += 1
    else counts.treatedOver104 += 1
    return
  }
  if (leftOn !== null && leftOn <= sunday) return
  counts[bandOf(clock.waitDays)] += 1
  const before = clocks(facts, addDays(sunday, -7)).rtt62?.waitDays ?? -1
  for (const [edge, name] of PASSED) {
    if (before <= edge && clock.waitDays > edge) counts[name] += 1
  }
}

const PASSED = [
  [28, 'passed28'],
  [62, 'passed62'],
  [104, 'passed104'],
] as const

/** Screening is split by programme, told by the tumour group; null for a route the return does not have. */
function returnRoute(route: Route, tumour: Tumour): ReturnRoute | null {
  switch (route) {
    case 'usc':
    case 'breastSymptomatic':
    case 'upgrade':
      return route
    case 'screening':
      if (tumour === 'breast') return 'screeningBreast'
      if (tumour === 'lowerGi') return 'screeningBowel'
      return tumour === 'gynaecological' ? 'screeningCervical' : 'screeningOther'
    case 'unknown':
      return null
  }
}

function rowOf(rows: Map<string, Counts>, key: string): Counts {
  const known = rows.get(key)
  if (known !== undefined) return known
  const counts = noCounts()
  rows.set(key, counts)
  return counts
}

function noCounts(): Counts {
  return Object.fromEntries(COUNTS.map((name) => [name, 0])) as Counts
}

/** 0 on Monday; 1970-01-01 was a Thursday. */
function weekdayFromMonday(date: IsoDate): number {
  return (toDay(date) + 3) % 7
}
