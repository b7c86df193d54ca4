import type { RankPlace, RankReason } from '../../../shared/list.ts'
import type { Policy } from './policy.ts'

/** The one reason that gives most points, in a few words; the tier where it lifts. [RNK-11] */
export function because(place: RankPlace, policy: Policy): string {
  if (place.tier < policy.ordinaryTier) return place.tierReason
  const first = byPoints(place.reasons)[0]
  if (first === undefined || first.points === 0) {
    const next = nearest(place.reasons)
    return next === undefined ? 'No deadline runs' : `${next.label}: ${leftWords(next)}`
  }
  return `${first.label}: ${leftWords(first)}`
}

/**
 * A place in sentences: the tier, each reason's sum, the total. A reader can redo it by hand. [RNK-11]
 */
export function explainPlace(place: RankPlace, policy: Policy): string[] {
  const lines = [`Tier ${String(place.tier)}, ${place.tierReason}.`]
  for (const reason of byPoints(place.reasons)) {
    lines.push(`${reasonWords(reason, policy)}.`)
    // The only review date that facts carry: a code is reviewed when its time frame is over. [RNK-5]
    if (reason.kind === 'priority' && reason.daysLate > 0)
      lines.push(`${reason.label} is past its time frame and wants a review.`)
  }
  const terms = byPoints(place.reasons).filter((reason) => reason.points > 0)
  const sum = terms.map((reason) => String(reason.points)).join(' + ')
  const equals = terms.length > 1 ? `${sum} = ${String(place.points)}` : String(place.points)
  lines.push(`Points: ${equals}.`)
  return lines
}

/** A place with the two things that settle ties. */
export interface Contender {
  readonly place: RankPlace
  readonly waitDays: number
  readonly id: number
}

/** What put `first` above `second`, in a sentence: the first difference in the order decides. [RNK-11] */
export function whyAbove(first: Contender, second: Contender): string {
  const a = first.place
  const b = second.place
  if (a.tier !== b.tier) return `tier ${String(a.tier)} comes before tier ${String(b.tier)}`
  if (a.points !== b.points) return `${String(a.points)} points against ${String(b.points)}`
  if (first.waitDays !== second.waitDays)
    return `equal points; waited ${days(first.waitDays)} against ${String(second.waitDays)}`
  return 'equal points and equal wait; the entry listed first stays first'
}

function reasonWords(reason: RankReason, policy: Policy): string {
  const points = `${String(reason.points)} points`
  if (reason.kind === 'credit')
    return `${reason.label}: ${days(reason.daysLate)} credited x ${String(reason.weight)} = ${points}`
  const due = `${reason.label}, due ${reason.dueOn ?? 'on no date'}`
  if (reason.daysLate > 0) {
    const byLateness = Math.round(reason.daysLate * reason.weight * 100) / 100
    const before = Math.round((reason.points - byLateness) * 100) / 100
    const sum = `${days(reason.daysLate)} late x ${String(reason.weight)} = ${String(byLateness)}`
    return before > 0
      ? `${due}: ${sum}, and ${String(before)} for the days before it = ${points}`
      : `${due}: ${sum} points`
  }
  if (reason.points === 0)
    return `${due}: ${leftWords(reason)}, too far off to count under policy ${String(policy.version)}`
  const closer = Math.round((reason.points / reason.weight) * 100) / 100
  return `${due}: ${leftWords(reason)}, ${days(closer)} closer x ${String(reason.weight)} = ${points}`
}

function leftWords(reason: RankReason): string {
  if (reason.kind === 'credit') return `${days(reason.daysLate)} credited`
  if (reason.daysLate > 0) return `${days(reason.daysLate)} late`
  if (reason.daysLate === 0) return 'due today'
  return `${days(-reason.daysLate)} left`
}

/** Most points first; the soonest date, then the kind and label, settle equals. */
function byPoints(reasons: readonly RankReason[]): RankReason[] {
  return [...reasons].sort(
    (a, b) =>
      b.points - a.points ||
      b.daysLate - a.daysLate ||
      (a.kind + a.label < b.kind + b.label ? -1 : 1),
  )
}

function nearest(reasons: readonly RankReason[]): RankReason | undefined {
  return byPoints(reasons)[0]
}

function days(count: number): string {
  return count === 1 ? '1 day' : `${String(count)} days`
}
