import type { IsoDate } from '../../../shared/date.ts'
import type { Issue } from '../../../shared/delivery.ts'
import type { EntryFacts, Identity, ParsedEntry, WrittenFacts } from '../../../shared/entry.ts'
import type { Tumour } from '../../../shared/vocabulary.ts'
import { openState } from '../../domain/clock/open.ts'
import { tumourOf } from '../../domain/clock/tumour.ts'
import type { CheckContext } from '../../domain/quality/check.ts'
import { checkEntry, refusedFields } from '../../domain/quality/check.ts'
import { organisationsOn } from '../../domain/transfer/organisations.ts'
import type { ClockStop } from '../../domain/transfer/stops.ts'
import { clockStops } from '../../domain/transfer/stops.ts'

/** What the domain makes of a record: everything the database keeps of it beside its facts. */
export interface JudgedEntry {
  readonly rowNumber: number
  readonly facts: EntryFacts
  /** Its text as read; absent, or of other facts, when what was read is not what is kept. */
  readonly written: WrittenFacts | undefined
  readonly identity: Identity
  readonly state: 'open' | 'closed'
  readonly closedReason: string | null
  readonly tumour: Tumour
  readonly organisations: readonly string[]
  /** `issuer:ppid`, which survives a transfer. */
  readonly pathwayKey: string | null
  readonly stops: readonly ClockStop[]
}

export type Judgement =
  | { readonly taken: true; readonly entry: JudgedEntry; readonly issues: readonly Issue[] }
  | { readonly taken: false; readonly issues: readonly Issue[] }

/** The code of a record that was erased. */
export const ERASED = 'IG-14'

/** Holds a record against the rules of its kind: refuses it, takes fields out of it, or takes it as it is. [FEED-3] */
export function judge(parsed: ParsedEntry, context: CheckContext): Judgement {
  const { rowNumber } = parsed
  const recordKey = parsed.facts.localId
  const certificate = context.erasedBy?.(recordKey)
  if (certificate !== undefined) return { taken: false, issues: [erased(rowNumber, certificate)] }
  const findings = checkEntry(parsed.facts, parsed.identity, context)
  const issues =
    findings.length === 0
      ? NO_ISSUES
      : findings.map((finding): Issue => ({ rowNumber, recordKey, ...finding }))
  if (issues.some(({ severity }) => severity === 'refuses-row')) return { taken: false, issues }
  const refused = findings.length === 0 ? NONE : refusedFields(findings)
  const facts = without(parsed.facts, refused)
  const identity = without(parsed.identity, refused)
  const open = openState(facts)
  const asOf: IsoDate = context.asOf
  return {
    taken: true,
    issues,
    entry: {
      rowNumber,
      facts,
      written: parsed.written,
      identity,
      state: open.open ? 'open' : 'closed',
      closedReason: open.open ? null : open.reason,
      tumour: tumourOf(facts),
      organisations: organisationsOn(facts, context.trust, context.organisationOfSite),
      pathwayKey:
        facts.ppid === undefined || facts.ppidIssuer === undefined
          ? null
          : `${facts.ppidIssuer}:${facts.ppid}`,
      stops: clockStops(facts, context.trust, context.organisationOfSite, asOf),
    },
  }
}

/** Its key is not repeated: that went with the erasure. [IG-14] */
function erased(rowNumber: number, certificate: string): Issue {
  return {
    rowNumber,
    recordKey: '',
    field: 'localId',
    code: ERASED,
    severity: 'refuses-row',
    message: `this pathway was erased here, by certificate ${certificate}, and is not taken in again`,
    fix: 'leave it out of the extract; if care goes on, have the auditor lift the erasure and send it again',
  }
}

const NONE: ReadonlySet<string> = new Set()
const NO_ISSUES: readonly Issue[] = []

function without<T extends object>(record: T, fields: ReadonlySet<string>): T {
  if (fields.size === 0) return record
  return Object.fromEntries(Object.entries(record).filter(([name]) => !fields.has(name))) as T
}
