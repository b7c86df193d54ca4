import type { IsoDate } from '../../../shared/date.ts'
import type { EntryFacts } from '../../../shared/entry.ts'
import { dayOf } from './day.ts'
import { hasFasterDiagnosis, routeOf } from './route.ts'
import { awaitsSubsequent, declinedTreatment } from './treatment.ts'

export type OpenState =
  | { readonly open: true }
  | { readonly open: false; readonly reason: string; readonly on: IsoDate | null }

const OPEN: OpenState = { open: true }
const TREATED_STATUS: ReadonlySet<string> = new Set(['08', '21', '22', '29', '36'])
const NO_TREATMENT_STATUS: ReadonlySet<string> = new Set(['07', '18', '26', '33'])
const NO_NEW_CANCER_STATUS = '03'

/** What ends a pathway when the person is told, by end reason. [CLK-18] */
const TOLD_ENDS: Readonly<Record<string, string>> = {
  '02': 'cancer ruled out',
  '04': 'interval scan planned',
}
/** What ends it when the person left the faster diagnosis pathway, by exclusion reason. [CLK-18] */
const EXCLUSION_ENDS: Readonly<Record<string, string>> = {
  '01': 'died',
  '02': 'declined all diagnostic investigations',
  '03': 'declined all appointments',
  '04': 'opted for private diagnostics',
  '05': 'repeatedly did not attend or cancelled',
  '06': 'not eligible for NHS treatment',
  '07': 'opted not to continue',
}

/**
 * Whether a pathway still waits for something, and if not why and since when. [CLK-18]
 *
 * In doubt a pathway stays open: a person wrongly on the list is looked at, one wrongly off it is lost.
 * @returns `on` null where the facts say that it ended and not when
 */
export function openState(facts: EntryFacts): OpenState {
  if (facts.closedOn !== undefined || facts.closedReason !== undefined) {
    return closed(facts.closedReason ?? 'closed by the trust', facts.closedOn)
  }
  const treated = treatedState(facts)
  if (treated !== null) return treated
  // A decision to treat, or an upgrade after the answer, means the person is waiting again.
  if (facts.dttOn !== undefined) return statusState(facts)
  if (dayOf(facts.upgradedOn) > dayOf(facts.toldOn)) return statusState(facts)
  return toldState(facts) ?? statusState(facts)
}

function treatedState(facts: EntryFacts): OpenState | null {
  const treated = dayOf(facts.treatedOn)
  if (!Number.isNaN(treated)) {
    // Treatment before referral is a wrong date, reported by DQ; it ends nothing.
    if (treated < dayOf(facts.receivedOn)) return null
    const nextDecided = Math.max(dayOf(facts.dttOn) || -Infinity, dayOf(facts.ecadOn) || -Infinity)
    if (awaitsSubsequent(facts) && nextDecided > treated) return null
    return closed(declinedTreatment(facts) ? 'treatment declined' : 'treated', facts.treatedOn)
  }
  return TREATED_STATUS.has(facts.patientStatus ?? '') ? closed('treated', undefined) : null
}

function toldState(facts: EntryFacts): OpenState | null {
  const reason = facts.fdsEndReason ?? ''
  if (reason === '03') {
    const why = EXCLUSION_ENDS[facts.fdsExclusion ?? ''] ?? 'left the diagnostic pathway'
    return closed(why, facts.toldOn)
  }
  const why = TOLD_ENDS[reason]
  // Without a date there is no sign that the person has been told.
  return why === undefined || facts.toldOn === undefined ? null : closed(why, facts.toldOn)
}

function statusState(facts: EntryFacts): OpenState {
  const status = facts.patientStatus ?? ''
  const owedAnAnswer =
    hasFasterDiagnosis(routeOf(facts)) && facts.toldOn === undefined && facts.dttOn === undefined
  if (owedAnAnswer) return OPEN
  if (NO_TREATMENT_STATUS.has(status)) return closed('no NHS treatment planned', facts.toldOn)
  if (status === NO_NEW_CANCER_STATUS && facts.dttOn === undefined) {
    return closed('no new cancer found', facts.toldOn)
  }
  return OPEN
}

function closed(reason: string, on: IsoDate | undefined): OpenState {
  return { open: false, reason, on: on ?? null }
}
