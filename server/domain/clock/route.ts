import type { EntryFacts } from '../../../shared/entry.ts'
import type { Route } from '../../../shared/vocabulary.ts'

const TWO_WEEK_WAIT = '3'
const URGENT = '2'
const SCREENING_PROGRAMME = '17'
const BREAST_SYMPTOMS = '16'

/** The facts that decide the route, so that a caller can ask for a day before the upgrade. */
type RouteFacts = Pick<
  EntryFacts,
  'priorityType' | 'referralSource' | 'referralType' | 'upgradedOn'
>

/**
 * How the person came onto the pathway. [CLK-2; NCL]
 *
 * Screening is asked first because an upgrade of a screening referral is not the upgrade route; an upgrade
 * next because no other route may carry an upgrade date.
 */
export function routeOf(facts: RouteFacts, upgraded = facts.upgradedOn !== undefined): Route {
  if (facts.referralSource === SCREENING_PROGRAMME) {
    return facts.priorityType === URGENT ? 'screening' : 'unknown'
  }
  if (upgraded) return 'upgrade'
  if (facts.priorityType !== TWO_WEEK_WAIT) return 'unknown'
  return facts.referralType === BREAST_SYMPTOMS ? 'breastSymptomatic' : 'usc'
}

/** Routes whose 28-day clock runs from receipt. An upgrade has none. [CLK-3] */
export function hasFasterDiagnosis(route: Route): boolean {
  return route === 'usc' || route === 'breastSymptomatic' || route === 'screening'
}
