import type { ClockSummary, ListRow, RankPlace } from '../../shared/list.ts'
import type { Band } from '../../shared/vocabulary.ts'
import type { Clock, Clocks } from '../domain/clock/clock.ts'
import { because } from '../domain/rank/explain.ts'
import type { Policy } from '../domain/rank/policy.ts'
import type { HeldEntry } from './held/held-entry.ts'

/**
 * A row of the list for a day. @param rank place in the whole list, 1 first
 */
export function listRow(of: {
  readonly entry: HeldEntry
  readonly alsoAt: readonly string[]
  readonly clocks: Clocks
  readonly place: RankPlace
  readonly policy: Policy
  readonly waitDays: number | null
  readonly band: Band | null
  readonly rank: number
}): ListRow {
  const { entry, clocks, place } = of
  const facts = entry.facts
  return {
    id: entry.id,
    pseudonym: entry.pseudonym,
    trust: entry.trust,
    alsoAt: [...of.alsoAt],
    tumour: entry.tumour,
    route: entry.route,
    step: entry.step,
    stepInferred: entry.stepInferred,
    stepBookedOn: facts.stepBookedOn ?? null,
    receivedOn: facts.receivedOn ?? null,
    waitDays: of.waitDays,
    band: of.band,
    clocks: {
      fds28: summary(clocks.fds28),
      dtt31: summary(clocks.dtt31),
      rtt62: summary(clocks.rtt62),
    },
    nextBreach: nextBreach(clocks),
    priority:
      facts.priority === undefined
        ? null
        : { scale: facts.priority.scale, code: facts.priority.code },
    nextAction: entry.nextAction,
    escalation: entry.escalation,
    suggestion: entry.suggestion,
    rank: of.rank,
    tier: place.tier,
    points: place.points,
    because: because(place, of.policy),
    changedAt: new Date(entry.changedAt).toISOString(),
    seq: entry.seq,
  }
}

function summary(clock: Clock | null): ClockSummary | null {
  if (clock === null) return null
  const { waitDays, targetOn, daysToTarget, state, breached } = clock
  return { waitDays, targetOn, daysToTarget, state, breached }
}

/** The running clock whose breach date is soonest. */
export function nextBreach(clocks: Clocks): ListRow['nextBreach'] {
  let soonest: Clock | null = null
  for (const clock of [clocks.fds28, clocks.dtt31, clocks.rtt62]) {
    if (clock?.state !== 'running') continue
    if (soonest === null || clock.breachOn < soonest.breachOn) soonest = clock
  }
  if (soonest === null) return null
  return { standard: soonest.standard, on: soonest.breachOn, daysLeft: soonest.daysToTarget }
}
