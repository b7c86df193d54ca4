import type { Issue } from '../../../shared/delivery.ts'
import type { ReadRow } from './format.ts'
import { refusedRow, rowIssue } from './format.ts'

/** The code of what no sending again can mend: it is answered AR, all other refusals AE. [FEED-56] */
export const FEED_HL7_FORM = 'FEED-51'

export function refuse(
  rowNumber: number,
  recordKey: string,
  code: string,
  said: Pick<Issue, 'field' | 'message' | 'fix'>,
  misshapen = false,
): ReadRow {
  return refusedRow(
    rowNumber,
    recordKey,
    [rowIssue(rowNumber, recordKey, { code, ...said })],
    misshapen,
  )
}
