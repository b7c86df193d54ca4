import type { EntryFacts } from '../../../shared/entry.ts'
import { declinedTreatment } from './treatment.ts'

const COUNTED_END_REASONS: ReadonlySet<string> = new Set(['01', '02', '04'])
const EXCLUDED = '03'
const DIED = '01'

/**
 * Why a stopped 28-day clock is not in the standard; null when it is. [CLK-4]
 * @param byDecision stopped by the decision to treat, which needs no end reason of its own
 */
export function excludedFrom28(
  facts: EntryFacts,
  byDecision: boolean,
  breached: boolean,
): string | null {
  const reason = facts.fdsEndReason
  if (reason === EXCLUDED) {
    // Dying before being told does not undo a wait that was already too long.
    return facts.fdsExclusion === DIED && breached ? null : 'excluded from faster diagnosis'
  }
  if (byDecision) return null
  if (reason === undefined) return 'no end reason recorded'
  return COUNTED_END_REASONS.has(reason) ? null : 'end reason is not a national code'
}

/** Why a 31-day clock is not in the standard; null when it is. [CLK-8] */
export function excludedFrom31(facts: EntryFacts, treated: boolean): string | null {
  return treated && declinedTreatment(facts) ? 'all treatment declined' : null
}

/**
 * Why a 62-day clock is not in the standard; null when it is. [CLK-7, CLK-8]
 *
 * A running clock is always in it; a stopped one needs the record that the count is made from. A subsequent
 * treatment never comes here: it has no 62-day clock.
 */
export function excludedFrom62(
  facts: EntryFacts,
  treated: boolean,
  onUpgrade: boolean,
): string | null {
  if (!treated) return null
  if (declinedTreatment(facts)) return 'all treatment declined'
  if (facts.treatmentEvent === undefined) return 'no treatment event type recorded'
  if (facts.diagnosis === undefined) return 'no diagnosis recorded'
  if (facts.dttOn === undefined) return 'no decision to treat recorded'
  if (!onUpgrade && facts.firstSeenSite === undefined) return 'no first-seen organisation recorded'
  return null
}
