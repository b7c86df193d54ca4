import type { EntryFacts } from '../../../shared/entry.ts'
import { hasFasterDiagnosis, routeOf } from '../clock/route.ts'
import { isSubsequent } from '../clock/treatment.ts'
import type { Scenario } from './mandation.ts'

const EXCLUDED = '03'
const DIRECT_ACCESS = '01'

/**
 * The official scenario a record is in, so that it can be asked for what that scenario wants. [DQ-13; DD]
 *
 * The record of a treating provider carries no referral codes of its own; there the faster diagnosis end
 * reason is the sign that the person came by an urgent or screening referral.
 * @returns null before the person is first seen: no scenario begins earlier
 */
export function scenarioOf(facts: EntryFacts): Scenario | null {
  return facts.treatedOn === undefined ? untreated(facts) : treated(facts)
}

function treated(facts: EntryFacts): Scenario {
  const route = routeOf(facts)
  const urgent =
    hasFasterDiagnosis(route) ||
    (facts.priorityType === undefined && facts.fdsEndReason !== undefined)
  if (isSubsequent(facts)) {
    if (route === 'upgrade') return '5'
    return urgent ? '3' : '7'
  }
  if (facts.iptReceivedOn !== undefined) return '2b'
  if (route === 'upgrade') return '4'
  return urgent ? '2a' : '6'
}

function untreated(facts: EntryFacts): Scenario | null {
  const sentOn = facts.iptRequestedOn !== undefined
  if (facts.firstSeenOn === undefined) {
    return sentOn && facts.iptReceivedOn !== undefined ? '1f' : null
  }
  if (!hasFasterDiagnosis(routeOf(facts))) return null
  if (facts.fdsEndReason === EXCLUDED) return '1g'
  if (facts.dttOn !== undefined) return '1d'
  if (facts.toldOn !== undefined) return '1b'
  if (sentOn) return '1e'
  return facts.diagnosticRoute === DIRECT_ACCESS ? '1c' : '1a'
}
