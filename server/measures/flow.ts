import { addDays, toDay } from '../../shared/date.ts'
import type { DemandLine, DemandQuery, MeasureQuery } from '../../shared/measures.ts'
import { demandLine } from '../domain/measure/demand.ts'
import { grouped, groupOf } from '../domain/measure/groups.ts'
import type { OpenWait, RunningClock } from '../domain/measure/open-wait.ts'
import { lastSunday } from '../domain/measure/weekly-return.ts'
import type { MeasureSources } from './answers.ts'
import { openWaits, trustNames } from './answers.ts'
import { readFlow } from './read.ts'
import type { FlowRow } from './read.ts'
import { matching } from './waits.ts'

/** Whole weeks that rates are taken from. */
const WEEKS = 12
const TARGET_WAIT_DAYS = { fds28: 28, dtt31: 31 } as const

interface Flow {
  readonly code: string
  readonly arrivals: number[]
  readonly departures: number[]
  readonly waits: number[]
}

/** Demand and capacity of every queue asked for. [MEA-6] */
export async function demandFlows(
  sources: MeasureSources,
  query: DemandQuery,
): Promise<{ weeks: number; lines: DemandLine[] }> {
  const trusts = await trustNames(sources)
  const flows = await readFlows(sources, query)
  const targetWaitWeeks = Math.round((TARGET_WAIT_DAYS[query.standard] / 7) * 1000) / 1000
  const lines = flows.map((flow) => {
    const group = groupOf(query.by, flow.code, trusts) ?? { code: flow.code, name: flow.code }
    return demandLine({ ...flow, group }, targetWaitWeeks)
  })
  return { weeks: WEEKS, lines }
}

/** The queue of people not yet told, all groups together. [MEA-7] */
export async function totalFlow(sources: MeasureSources, query: MeasureQuery) {
  const flows = await readFlows(sources, { ...query, standard: 'fds28', by: 'trust' })
  const sum = (of: (flow: Flow) => number[]) =>
    Array.from({ length: WEEKS }, (_, week) =>
      flows.reduce((total, flow) => total + (of(flow)[week] ?? 0), 0),
    )
  return {
    arrivals: sum((flow) => flow.arrivals),
    departures: sum((flow) => flow.departures),
    waiting: flows.reduce((total, flow) => total + flow.waits.length, 0),
  }
}

/** Arrivals are clocks started: those still running, from the list, and those stopped since, from the stops. */
async function readFlows(sources: MeasureSources, query: DemandQuery): Promise<Flow[]> {
  const { db, list } = sources
  const { standard, by, trust, tumour } = query
  const until = addDays(lastSunday(list.asOf()), 1)
  const from = addDays(until, -7 * WEEKS)
  const waits = matching(await openWaits(sources), query)
  const { departures, starts } = await readFlow(db, { standard, by, trust, tumour }, from, until)
  const weekOf = (day: number) => Math.floor((day - toDay(from)) / 7)

  const flows = new Map<string, Flow>()
  const flowOf = (code: string) => {
    const known = flows.get(code)
    if (known !== undefined) return known
    const none = () => Array.from({ length: WEEKS }, () => 0)
    const flow = { code, arrivals: none(), departures: none(), waits: [] }
    flows.set(code, flow)
    return flow
  }
  for (const [code, members] of grouped(waits, (wait) => wait[by])) {
    for (const clock of members.flatMap((wait) => runningOf(wait, standard))) {
      const flow = flowOf(code)
      flow.waits.push(clock.waitDays)
      add(flow.arrivals, weekOf(clock.startDay), 1)
    }
  }
  const addRows = (rows: readonly FlowRow[], side: 'arrivals' | 'departures') => {
    for (const { code, weekFrom, people } of rows)
      add(flowOf(code)[side], weekOf(toDay(weekFrom)), people)
  }
  addRows(starts, 'arrivals')
  addRows(departures, 'departures')
  return [...flows.values()].sort((a, b) => (a.code < b.code ? -1 : 1))
}

function runningOf(wait: OpenWait, standard: 'fds28' | 'dtt31'): RunningClock[] {
  const clock = wait[standard]
  return clock === null ? [] : [clock]
}

/** Adds to a week of the series; weeks before or after it are nobody's. */
function add(series: number[], week: number, people: number): void {
  const now = series[week]
  if (now !== undefined) series[week] = now + people
}
