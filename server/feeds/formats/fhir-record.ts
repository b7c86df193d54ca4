import { z } from 'zod'
import type { Issue } from '../../../shared/delivery.ts'
import { FHIR_MAP } from '../../../shared/fhir.ts'
import type { FieldName } from './facts.ts'
import { checkField, fieldIssue } from './facts.ts'
import { inOrder } from './found-facts.ts'
import type { RecordKey } from './fhir-elements.ts'
import { anchorOf, elementValue, extensionValues, recordKeyOf } from './fhir-elements.ts'
import { plainReference } from './fhir-entry.ts'
import type { Pathway } from './fhir-pathway.ts'
import { sortPathway } from './fhir-pathway.ts'
import { PROBLEMS, ambiguousIssue, kindIssue, lacksIssue, strayIssue } from './fhir-problems.ts'
import type { PathwayResource, ReadCondition, ReadPatient } from './fhir-resources.ts'
import { pathwayResource, patientSchema } from './fhir-resources.ts'
import type { ReadRow } from './format.ts'
import { refusedRow, rowIssue } from './format.ts'
import { plainKey } from './json-split.ts'
import { identityOf } from './ptl-csv.ts'

/** A gathered pathway as `fhir-gather.ts` writes it. */
const gathered = z.object({
  remove: z.string().optional(),
  problem: z.string().optional(),
  stray: z.string().optional(),
  lacks: z.array(z.string()).default([]),
  codes: z.record(z.string(), z.string()).default({}),
  patient: z.unknown().optional(),
  entries: z
    .array(z.object({ fullUrl: z.unknown().optional(), resource: z.unknown().optional() }))
    .default([]),
})
type Gathered = z.infer<typeof gathered>

const FIELDS = (Object.keys(FHIR_MAP) as FieldName[]).filter(
  (field) => FHIR_MAP[field].kind !== 'extension',
)
const REMOVED = 'entered-in-error'
const FINISHED: ReadonlyMap<string, string> = new Map([
  ['finished', 'finished'],
  ['cancelled', 'cancelled'],
  ['revoked', 'referral revoked'],
])

/** Reads one gathered pathway; never throws. [FEED-71 to FEED-75] */
export function readPathway(text: string, rowNumber: number): ReadRow {
  const record = gathered.parse(JSON.parse(text))
  if (record.remove !== undefined) return readRemoval(record.remove, rowNumber)
  if (record.problem !== undefined) {
    const { misshapen, ...said } = PROBLEMS[record.problem] ?? PROBLEMS['noResource']
    return refusedRow(rowNumber, '', [rowIssue(rowNumber, '', said)], misshapen)
  }
  const issues: Issue[] = []
  const read = readResources(record, rowNumber, issues)
  const { pathway, ambiguities } = sortPathway(read.resources, { ...read, codes: record.codes })
  const key = recordKeyOf(pathway)
  const recordKey = key.ok && checkField('localId', key.key).ok ? key.key : ''
  if (issues.length > 0) return refusedRow(rowNumber, recordKey, keyed(issues, recordKey))
  const anchor = anchorOf(pathway)
  if (anchor === undefined) {
    const type = record.stray ?? read.resources[0]?.resourceType ?? 'ServiceRequest'
    return refusedRow(rowNumber, '', [strayIssue(rowNumber, type, record.lacks)])
  }
  if (recordKey === '')
    return refusedRow(rowNumber, '', [noKey(rowNumber, anchor.resourceType, key)])
  if (anchor.status === REMOVED) return readRemoval(recordKey, rowNumber)
  for (const element of record.lacks) issues.push(lacksIssue(rowNumber, recordKey, element))
  for (const one of ambiguities) issues.push(ambiguousIssue(rowNumber, recordKey, one))
  const subject = anchor.resourceType === 'EpisodeOfCare' ? anchor.patient : anchor.subject
  if (subject === undefined) {
    const element = anchor.resourceType === 'EpisodeOfCare' ? 'patient' : 'subject'
    issues.push(lacksIssue(rowNumber, recordKey, `${anchor.resourceType}.${element}`))
  }
  const found = readFields(pathway, rowNumber, recordKey, issues)
  const facts = inOrder(found)
  if (facts === null || issues.some(({ severity }) => severity === 'refuses-row')) {
    return refusedRow(rowNumber, recordKey, issues)
  }
  return { kind: 'entry', entry: { rowNumber, facts, identity: identityOf(found) }, issues }
}

function readResources(
  record: Gathered,
  rowNumber: number,
  issues: Issue[],
): {
  readonly resources: readonly PathwayResource[]
  readonly conditions: ReadonlyMap<string, ReadCondition>
  readonly patient: ReadPatient | undefined
} {
  const resources: PathwayResource[] = []
  const conditions = new Map<string, ReadCondition>()
  for (const { fullUrl, resource } of record.entries) {
    const parsed = pathwayResource.safeParse(resource)
    if (!parsed.success) {
      issues.push(kindIssue(rowNumber, typeOf(resource), parsed.error))
      continue
    }
    resources.push(parsed.data)
    if (parsed.data.resourceType !== 'Condition') continue
    const url = plainReference(fullUrl)
    if (url !== null) conditions.set(url, parsed.data)
    if (parsed.data.id !== undefined) conditions.set(`Condition/${parsed.data.id}`, parsed.data)
  }
  if (record.patient === undefined) return { resources, conditions, patient: undefined }
  const patient = patientSchema.safeParse(record.patient)
  if (!patient.success) issues.push(kindIssue(rowNumber, 'Patient', patient.error))
  return { resources, conditions, patient: patient.data }
}

function readFields(
  pathway: Pathway,
  rowNumber: number,
  recordKey: string,
  issues: Issue[],
): Map<string, unknown> {
  const found = new Map<string, unknown>()
  const take = (field: FieldName, said: unknown): void => {
    if (said === undefined) return
    const result = checkField(field, said)
    if (result.ok) found.set(field, result.value)
    else issues.push(fieldIssue(rowNumber, recordKey, field, field, result.wants))
  }
  for (const field of FIELDS) take(field, elementValue(field, pathway))
  for (const said of extensionValues(pathway)) {
    if (said.ok) take(said.field, said.value)
    else issues.push(extensionIssue(rowNumber, recordKey, plainKey(said.name), said.problem))
  }
  closeFinished(pathway, found)
  return found
}

/** A pathway that says it is over and not why is over all the same; one told or treated says why itself. [FEED-73] */
function closeFinished(pathway: Pathway, found: Map<string, unknown>): void {
  const said = ['closedOn', 'closedReason', 'treatedOn', 'toldOn'].some((name) => found.has(name))
  const reason = FINISHED.get(anchorOf(pathway)?.status ?? '')
  if (!said && reason !== undefined) found.set('closedReason', reason)
}

function readRemoval(localId: string, rowNumber: number): ReadRow {
  if (checkField('localId', localId).ok) {
    return { kind: 'removal', rowNumber, localId, reason: 'removed by the trust' }
  }
  return refusedRow(rowNumber, '', [noKey(rowNumber, 'EpisodeOfCare', null)])
}

function noKey(rowNumber: number, resource: string, found: RecordKey | null): Issue {
  const several = found?.ok === false && found.problem === 'several'
  return rowIssue(rowNumber, '', {
    field: `${resource}.identifier`,
    code: 'FEED-8',
    message: several
      ? 'The pathway has several identifiers and none of use "usual", so its record key cannot be told.'
      : 'The pathway has no identifier of 1 to 64 characters to serve as its record key.',
    fix: `Give ${resource}.identifier your own key of the record, with use "usual".`,
  })
}

function extensionIssue(
  rowNumber: number,
  recordKey: string,
  name: string,
  problem: 'unknown' | 'twice' | 'value',
): Issue {
  const field = `urn:ptl:fact:${name}`
  const said = {
    unknown: [
      'FEED-6',
      'is not known, or its fact has an element of its own',
      'Use the table of shared/PROTOCOL.md.',
    ],
    twice: ['FEED-7', 'is there more than once', 'Send it once.'],
    value: [
      'FEED-7',
      'has no value of the kind its fact wants',
      'Send the value[x] of the table of shared/PROTOCOL.md.',
    ],
  } as const
  const [code, what, fix] = said[problem]
  return rowIssue(rowNumber, recordKey, {
    field,
    code,
    message: `The extension ${field} ${what}.`,
    fix,
  })
}

function keyed(issues: readonly Issue[], recordKey: string): Issue[] {
  return issues.map((issue) => ({ ...issue, recordKey }))
}

function typeOf(resource: unknown): string {
  return typeof resource === 'object' && resource !== null && 'resourceType' in resource
    ? String(resource.resourceType)
    : 'entry'
}
