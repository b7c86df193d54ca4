import type { Database } from '../../db/client.ts'
import type { IsoDate } from '../../shared/date.ts'
import { addDays } from '../../shared/date.ts'
import type * as measures from '../../shared/measures.ts'
import type { RoadAnswer, RoadQuery } from '../../shared/road.ts'
import { balance, suppressedBalance } from '../domain/measure/balance.ts'
import { backlog, suppressedBacklog } from '../domain/measure/backlog.ts'
import { FORECAST_METHOD, forecast } from '../domain/measure/forecast.ts'
import { groupOf } from '../domain/measure/groups.ts'
import type { OpenWait } from '../domain/measure/open-wait.ts'
import { mean, round1 } from '../domain/measure/quantile.ts'
import { road, suppressedRoad } from '../domain/measure/road.ts'
import { stages, suppressedStage } from '../domain/measure/stages.ts'
import { monthBefore, standardLine, suppressedStandard } from '../domain/measure/standards.ts'
import { shown } from '../domain/measure/suppress.ts'
import type { LiveList } from '../list/live-entry.ts'
import { demandFlows, totalFlow } from './flow.ts'
import type { Fresh } from './fresh.ts'
import { readSlots, readStops, readTrusts } from './read.ts'
import { readRoad } from './read-road.ts'
import { matching, readWaits } from './waits.ts'

/** Every charts page asks for several of these at once: what they share is read once. */
const SHARED_REST_MS = 2_000
const TRUSTS_REST_MS = 60_000
const MONTHS_SHOWN = 13

export interface MeasureSources {
  readonly db: Database
  readonly list: LiveList
  readonly fresh: Fresh
}

export function trustNames({ db, list, fresh }: MeasureSources) {
  return fresh.get('trusts', list.seq, TRUSTS_REST_MS, () => readTrusts(db))
}

export function openWaits({ list, fresh }: MeasureSources): Promise<OpenWait[]> {
  // Another day, other waits: the day is part of what they are kept under.
  const key = `waits ${list.asOf()}`
  return fresh.get(key, list.seq, SHARED_REST_MS, () => readWaits(list))
}

/** What every answer begins with: how fresh it is. */
function freshness({ list }: MeasureSources): { seq: number; asOf: IsoDate } {
  return { seq: list.seq, asOf: list.asOf() }
}

export async function standardsOf(
  sources: MeasureSources,
  query: measures.StandardsQuery,
): Promise<measures.StandardsAnswer> {
  const fresh = freshness(sources)
  const to = query.to ?? fresh.asOf.slice(0, 7)
  const from = query.from ?? monthBefore(`${to}-01` as IsoDate, MONTHS_SHOWN - 1)
  const trusts = await trustNames(sources)
  const rows = await readStops(sources.db, query, from, to)
  const lines = rows.map((row) =>
    standardLine({ ...row, group: groupOf(query.by, row.code, trusts) }, fresh.asOf),
  )
  return { ...fresh, lines: query.suppress ? lines.map(suppressedStandard) : lines }
}

export async function backlogOf(
  sources: MeasureSources,
  query: measures.BacklogQuery,
): Promise<measures.BacklogAnswer> {
  const fresh = freshness(sources)
  const waits = matching(await openWaits(sources), query)
  const answer = backlog(waits, query.by, await trustNames(sources))
  return { ...fresh, ...(query.suppress ? suppressedBacklog(answer) : answer) }
}

export async function stagesOf(
  sources: MeasureSources,
  query: measures.MeasureQuery,
): Promise<measures.StagesAnswer> {
  const fresh = freshness(sources)
  const waits = matching(await openWaits(sources), query)
  const lines = stages(waits, await trustNames(sources))
  return { ...fresh, lines: query.suppress ? lines.map(suppressedStage) : lines }
}

export async function balanceOf(
  sources: MeasureSources,
  query: measures.BalanceQuery,
): Promise<measures.BalanceAnswer> {
  const fresh = freshness(sources)
  const { days } = query
  const waits = matching(await openWaits(sources), query)
  const until = addDays(fresh.asOf, days)
  const slots = await readSlots(sources.db, query.trust, fresh.asOf, until)
  const lines = balance(waits, slots, await trustNames(sources))
  return { ...fresh, days, lines: query.suppress ? lines.map(suppressedBalance) : lines }
}

export async function demandOf(
  sources: MeasureSources,
  query: measures.DemandQuery,
): Promise<measures.DemandAnswer> {
  const fresh = freshness(sources)
  const { weeks, lines } = await demandFlows(sources, query)
  const hide = (line: measures.DemandLine) => ({ ...line, queue: shown(line.queue) })
  return {
    ...fresh,
    standard: query.standard,
    weeks,
    lines: query.suppress ? lines.map(hide) : lines,
  }
}

export async function forecastOf(
  sources: MeasureSources,
  query: measures.MeasureQuery,
): Promise<measures.ForecastAnswer> {
  const fresh = freshness(sources)
  const waits = matching(await openWaits(sources), query)
  const { arrivals, departures, waiting } = await totalFlow(sources, query)
  const targetDays = waits.flatMap(({ rtt62TargetDay }) =>
    rtt62TargetDay === null ? [] : [rtt62TargetDay],
  )
  const lines = forecast(waiting, arrivals, departures, targetDays, fresh.asOf)
  const hide = (line: measures.ForecastLine) => ({
    ...line,
    past62IfNobodyTreated: shown(line.past62IfNobodyTreated),
  })
  return {
    ...fresh,
    method: FORECAST_METHOD,
    queueNow: query.suppress ? shown(waiting) : waiting,
    arrivalsPerWeek: round1(mean(arrivals)),
    departuresPerWeek: round1(mean(departures)),
    lines: query.suppress ? lines.map(hide) : lines,
  }
}

export async function roadOf(sources: MeasureSources, query: RoadQuery): Promise<RoadAnswer> {
  const fresh = freshness(sources)
  const moves = await readRoad(sources.db, query, addDays(fresh.asOf, -query.days))
  const counted = road(moves, await trustNames(sources))
  const { lines, all } = query.suppress ? suppressedRoad(counted) : counted
  return { ...fresh, days: query.days, lines: query.by === 'trust' ? lines : [], all }
}
