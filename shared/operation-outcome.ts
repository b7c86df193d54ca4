import type { Issue } from './delivery.ts'
import { FHIR_SYSTEMS } from './fhir.ts'
import type { Problem } from './problem.ts'

/** A FHIR R4 OperationOutcome, as far as it is written here. */
export interface Outcome {
  readonly resourceType: 'OperationOutcome'
  readonly meta: { readonly profile: readonly string[] }
  readonly extension?: readonly { readonly url: string; readonly valueString: string }[]
  readonly issue: readonly OutcomeIssue[]
}

export interface OutcomeIssue {
  readonly severity: 'error' | 'warning' | 'information'
  readonly code: string
  readonly details: {
    readonly coding?: readonly { readonly system: string; readonly code: string }[]
    readonly text?: string
  }
  readonly diagnostics: string
  readonly expression?: readonly string[]
}

const PROFILE = 'https://fhir.hl7.org.uk/StructureDefinition/UKCore-OperationOutcome'
const MOST_ISSUES = 50
/** Extension in which the id of a delivery stands: of the refused one, or of the first on a duplicate. */
const DELIVERY_EXTENSION = 'urn:ptl:delivery'

/** IssueType of FHIR R4 for each code of ours. */
const ISSUE_TYPES: Readonly<Record<string, string>> = {
  'not-signed-in': 'login',
  'unknown-key': 'login',
  'not-yours': 'forbidden',
  'not-found': 'not-found',
  'too-slow': 'timeout',
  conflict: 'conflict',
  duplicate: 'duplicate',
  'out-of-date': 'conflict',
  'too-large': 'too-long',
  'unknown-content-type': 'not-supported',
  'bad-request': 'invalid',
  'bad-file': 'structure',
  'key-reused': 'business-rule',
  'precondition-required': 'required',
  'too-many': 'throttled',
  'not-ready': 'transient',
  bug: 'exception',
}

/** BaRS's words for what went wrong at a receiver, by HTTP status. */
const BARS_CODES: ReadonlyMap<number, string> = new Map([
  [401, 'REC_UNAUTHORIZED'],
  [403, 'REC_FORBIDDEN'],
  [404, 'REC_NOT_FOUND'],
  [409, 'REC_CONFLICT'],
  [422, 'REC_UNPROCESSABLE_ENTITY'],
  [429, 'REC_TOO_MANY_REQUESTS'],
  [500, 'REC_SERVER_ERROR'],
  [503, 'REC_UNAVAILABLE'],
])

/**
 * A problem as FHIR tells it: our words in `diagnostics`, and an issue for each of the refused records its receipt
 * names. Holds no value of a patient, since neither does. [FEED-77]
 */
export function problemOutcome(said: Problem & Readonly<Record<string, unknown>>): Outcome {
  const receipt = said['receipt'] as
    { readonly id?: unknown; readonly issues?: readonly Issue[] } | undefined
  const delivery = said['deliveryId'] ?? receipt?.id
  const main: OutcomeIssue = {
    severity: 'error',
    code: ISSUE_TYPES[said.code] ?? 'processing',
    details: {
      coding: [
        { system: FHIR_SYSTEMS.errorCode, code: BARS_CODES.get(said.status) ?? 'REC_BAD_REQUEST' },
      ],
      text: said.title,
    },
    diagnostics:
      said.code === 'duplicate' ? `${said.detail} The first is ${String(delivery)}.` : said.detail,
  }
  return outcome([main, ...rowIssues(receipt?.issues ?? [])], delivery)
}

/** An outcome of which nothing went wrong, or not all of it. @param delivery its id, where there is one */
export function outcome(issue: readonly OutcomeIssue[], delivery?: unknown): Outcome {
  return {
    resourceType: 'OperationOutcome',
    meta: { profile: [PROFILE] },
    ...(typeof delivery === 'string'
      ? { extension: [{ url: DELIVERY_EXTENSION, valueString: delivery }] }
      : {}),
    issue,
  }
}

/** Issues of records, each with its number, its field, what is wrong and how to mend it. */
export function rowIssues(issues: readonly Issue[]): OutcomeIssue[] {
  return issues.slice(0, MOST_ISSUES).map((one) => ({
    severity: one.severity === 'warns' ? 'warning' : 'error',
    code: one.severity === 'warns' ? 'informational' : 'invalid',
    details: { text: `${one.code} ${one.field}`.trim() },
    diagnostics: `${one.rowNumber === 0 ? 'The Bundle' : `Pathway ${one.rowNumber} of the Bundle`}: ${one.message} ${one.fix}`,
    // Names of our own facts are no paths of FHIR.
    ...(/^[A-Z][A-Za-z]*(\.|$)/.test(one.field) ? { expression: [one.field] } : {}),
  }))
}
