import type { Issue } from '../../../shared/delivery.ts'

/**
 * One thing wrong with a record: an `Issue` before the feed adds where it stood. It says what kind of thing
 * was found, never the value of an identifier. [DQ-1]
 */
export type Finding = Omit<Issue, 'rowNumber' | 'recordKey'>
export type Severity = Finding['severity']
