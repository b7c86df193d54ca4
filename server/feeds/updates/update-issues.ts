import type { Issue } from '../../../shared/delivery.ts'
import type { EntryUpdate } from '../formats/update.ts'
import { soughtNumber } from './update-targets.ts'

/** Which record an issue is of. */
export function about({
  rowNumber,
  recordKey,
}: EntryUpdate): Pick<Issue, 'rowNumber' | 'recordKey'> {
  return { rowNumber, recordKey }
}

/** A hospital tells of everybody it knows; most are on no list of ours, and that is no fault. [FEED-53] */
export function nobodyFound(update: EntryUpdate): Issue {
  const hasNumber = soughtNumber(update) !== undefined
  return {
    ...about(update),
    field: 'PID-3',
    code: 'FEED-53',
    severity: 'warns',
    message: hasNumber
      ? 'No pathway of the trust is of this person; nothing was changed.'
      : 'The message has no NHS number, so nobody can be found by it; nothing was changed.',
    fix: hasNumber
      ? 'Nothing, if the person has no pathway here; else send the hospital number and date of birth of the pathway too.'
      : 'Send the NHS number in PID-3 with the type NH, or the pathway identifier in PV1-50.',
  }
}

/** A pathway that a snapshot or a removal closed is not opened by what merely happens on it. [FEED-55] */
export function staysClosed(update: EntryUpdate): Issue {
  return {
    ...about(update),
    field: '',
    code: 'FEED-55',
    severity: 'warns',
    message: 'The pathway was closed as no longer reported, or removed; it stays closed.',
    fix: 'Send it as a referral (REF^I12) or in an extract, if it is open.',
  }
}
