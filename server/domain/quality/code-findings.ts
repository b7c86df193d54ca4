import type { EntryFacts } from '../../../shared/entry.ts'
import type { CodedField } from '../codes/codes.ts'
import { CODED_FIELDS } from '../codes/codes.ts'
import type { Finding } from './finding.ts'

const UNKNOWN = new Map(CODED_FIELDS.map((coded) => [coded.field, unknown(coded)]))
const RETIRED = new Map(CODED_FIELDS.map((coded) => [coded.field, retired(coded)]))

/** Codes that are in no list, and codes used after they were withdrawn. [DQ-7, DQ-8] */
export function codeFindings(facts: EntryFacts, into: Finding[]): void {
  for (const { field, list, datedBy, nationalPart } of CODED_FIELDS) {
    const sent = facts[field]
    if (sent === undefined) continue
    const known = list.codes.get(nationalPart === undefined ? sent : nationalPart(sent))
    if (known === undefined) push(UNKNOWN.get(field), into)
    else if (known.retiredOn !== undefined) {
      const on = datedBy === undefined ? undefined : facts[datedBy]
      if (on === undefined || on >= known.retiredOn) push(RETIRED.get(field), into)
    }
  }
}

function push(finding: Finding | undefined, into: Finding[]): void {
  if (finding !== undefined) into.push(finding)
}

function unknown({ field, list }: CodedField): Finding {
  return {
    field,
    code: 'DQ-7',
    severity: 'refuses-field',
    message: `a code that is not in the national list ${list.name}`,
    fix: `send one of ${String(list.codes.size)} codes, from ${[...list.codes.keys()].slice(0, 3).join(', ')} on`,
  }
}

function retired({ field, list }: CodedField): Finding {
  return {
    field,
    code: 'DQ-8',
    severity: 'warns',
    message: `a code of ${list.name} that had been withdrawn by then`,
    fix: 'send the code that took its place',
  }
}
