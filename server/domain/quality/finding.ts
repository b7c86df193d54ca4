import type { Issue } from '../../../shared/delivery.ts'

/**
 * One thing wrong with a record: an `Issue` before the feed adds where it stood. It says what kind of thing
 * was found, never the value of an identifier. [DQ-1]
 */
export type Finding = Omit<Issue, 'rowNumber' | 'recordKey'>
export type Severity = Finding['severity']

/** What a finding says, less the field it is about. */
export type FindingText = Omit<Finding, 'field'>

export function finding(field: string, text: FindingText): Finding {
  return {
    field,
    code: text.code,
    severity: text.severity,
    message: text.message,
    fix: text.fix,
  }
}
