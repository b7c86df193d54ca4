import type { DemandLine } from '../../../shared/measures.ts'
import type { Group } from './groups.ts'
import { mean, round1, variance } from './quantile.ts'
import * as queues from './queue.ts'

/** A queue and what came and went, week by week, oldest first. */
export interface QueueFlow {
  readonly group: Group
  readonly arrivals: readonly number[]
  readonly departures: readonly number[]
  /** Days each person in the queue has waited. */
  readonly waits: readonly number[]
}

/** Demand, capacity and what it would take, for one queue. [MEA-6] */
export function demandLine(flow: QueueFlow, targetWaitWeeks: number): DemandLine {
  const demand = mean(flow.arrivals)
  const capacity = mean(flow.departures)
  const demandVariation = variation(flow.arrivals)
  const capacityVariation = variation(flow.departures)
  const queue = flow.waits.length
  const wanted = queues.targetQueue(demand, targetWaitWeeks)
  const meanWaitWeeks = queue === 0 ? null : mean(flow.waits) / 7
  const relief = queue > wanted ? queues.reliefCapacity(demand, queue, wanted) : null
  const variations = { demand: demandVariation, capacity: capacityVariation }
  const figures = {
    demandPerWeek: round1(demand),
    capacityPerWeek: round1(capacity),
    demandVariation: round3(demandVariation),
    capacityVariation: round3(capacityVariation),
    queue,
    meanWaitWeeks: meanWaitWeeks === null ? null : round1(meanWaitWeeks),
    targetWaitWeeks,
    load: capacity === 0 ? null : round3(queues.load(demand, capacity)),
    targetQueue: round1(wanted),
    reliefCapacityPerWeek: relief === null ? null : round1(relief),
    targetCapacityPerWeek: round1(
      queues.targetCapacity(demand, targetWaitWeeks, queues.QUEUE_FACTOR, variations),
    ),
    pressure:
      meanWaitWeeks === null ? null : round3(queues.pressure(meanWaitWeeks, targetWaitWeeks)),
  }
  return { group: flow.group, ...figures, words: inWords(figures) }
}

function inWords(figures: Omit<DemandLine, 'group' | 'words'>): string {
  const { demandPerWeek, capacityPerWeek, reliefCapacityPerWeek, load } = figures
  const flow = `${String(demandPerWeek)} come and ${String(capacityPerWeek)} go a week`
  if (load === null) return `${flow}; nobody left the queue, so no load can be given.`
  const trend = load > 1 ? 'the queue grows' : 'the queue does not grow'
  if (reliefCapacityPerWeek === null) return `${flow}: ${trend}, and it is short enough.`
  const weeks = String(queues.WEEKS_TO_TARGET)
  return `${flow}: ${trend}; ${String(reliefCapacityPerWeek)} a week would bring it to its target in ${weeks} weeks.`
}

function variation(counts: readonly number[]): number {
  const middle = mean(counts)
  return middle === 0 ? 0 : Math.sqrt(variance(counts)) / middle
}

function round3(value: number): number {
  return Math.round(value * 1000) / 1000
}
