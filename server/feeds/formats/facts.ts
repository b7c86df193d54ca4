import type { z } from 'zod'
import type { Issue } from '../../../shared/delivery.ts'
import type { EntryFacts, FactName, Identity } from '../../../shared/entry.ts'
import { entryFacts, identity as identitySchema } from '../../../shared/entry.ts'
import { isStorable } from '../../../shared/storable-text.ts'

/*
 * One way from a value to a fact, for every format. The rules are those of the zod schemas in shared/entry.ts; what
 * a field has said before is remembered, since codes, dates and sites come again in nearly every record.
 */

export type IdentityName = keyof Identity
export type FieldName = FactName | IdentityName

export const FACT_NAMES = Object.keys(entryFacts.shape) as readonly FactName[]
export const IDENTITY_NAMES = Object.keys(identitySchema.shape) as readonly IdentityName[]

/** Beyond the national set a wrong value costs the field, not the row: it is lost to nobody else's count. [FEED-7] */
const FIRST_LOCAL_FIELD: FactName = 'tumour'
const LOCAL_FIELDS: ReadonlySet<string> = new Set([
  ...FACT_NAMES.slice(FACT_NAMES.indexOf(FIRST_LOCAL_FIELD)),
  ...IDENTITY_NAMES.filter((name) => name !== 'nhsNumber'),
])

/** What a value became. `wants` says in words what the field takes. */
export type FieldResult =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly wants: string }

/** Checks one value of one field. The same field and value always give the same answer. */
export function checkField(field: FieldName, value: unknown): FieldResult {
  if (typeof value !== 'string') return checked(field, value)
  const remembered = MEMORY.get(field)
  const known = remembered?.get(value)
  if (known !== undefined) return known
  const result = checked(field, value)
  // Names, notes and keys are each said once; remembering them would only cost memory.
  if (remembered !== undefined && remembered.size < REMEMBERED && value.length <= 40) {
    remembered.set(value, result)
  }
  return result
}

/** The issue for a value that is not what the field takes. Never holds the value. [FEED-3, FEED-7] */
export function fieldIssue(
  rowNumber: number,
  recordKey: string,
  field: FieldName,
  source: string,
  wants: string,
): Issue {
  const local = LOCAL_FIELDS.has(field)
  return {
    rowNumber,
    recordKey,
    field: source,
    code: 'FEED-7',
    severity: local ? 'refuses-field' : 'refuses-row',
    message: `The value of ${source} cannot be read; it ${wants}.`,
    fix: local
      ? `Correct ${source} and send the row again; the rest of the row was taken.`
      : `Correct ${source} and send the row again.`,
  }
}

const REMEMBERED = 4_000
const NOT_REMEMBERED: ReadonlySet<string> = new Set([
  'localId',
  'ppid',
  'nhsNumber',
  'name',
  'hospitalNumber',
  'postcode',
  'trackingNote',
  'nextAction',
  'firstSeenDelayComment',
  'fdsDelayComment',
  'dttDelayComment',
  'rttDelayComment',
  'upgradeDelayComment',
])
const SCHEMAS: ReadonlyMap<string, z.ZodType> = new Map<string, z.ZodType>([
  ...Object.entries(entryFacts.shape),
  ...Object.entries(identitySchema.shape),
])
const MEMORY: ReadonlyMap<string, Map<string, FieldResult>> = new Map(
  [...SCHEMAS.keys()]
    .filter((field) => !NOT_REMEMBERED.has(field))
    .map((field) => [field, new Map<string, FieldResult>()]),
)

function checked(field: FieldName, value: unknown): FieldResult {
  const parsed = SCHEMAS.get(field)?.safeParse(value)
  if (parsed === undefined) return { ok: false, wants: 'is not a field of this feed' }
  if (!parsed.success) return { ok: false, wants: words(field, parsed.error) }
  if (!isStorable(parsed.data)) {
    return { ok: false, wants: 'holds a control character or half a character' }
  }
  return { ok: true, value: parsed.data }
}

function words(field: FieldName, error: z.ZodError): string {
  const first = error.issues[0]
  const path = first === undefined || first.path.length === 0 ? '' : ` at ${first.path.join('.')}`
  if (first?.code === 'invalid_value') {
    return `wants one of ${first.values.map(String).join(', ')}${path}`
  }
  const said = first?.message ?? ''
  if (said.startsWith('wants')) return `${said}${path}`
  const code = said.includes(CODE_PATTERN) ? 'wants a code of 1 to 4 letters or digits' : undefined
  return `${WANTS[field] ?? code ?? `wants another kind of value: ${said}`}${path}`
}

const CODE_PATTERN = '[A-Za-z0-9]{1,4}'
const WANTS: Readonly<Partial<Record<string, string>>> = {
  nhsNumber: 'wants ten digits',
  diagnosis: 'wants an ICD-10 code such as C34 or C341',
  localId: 'wants 1 to 64 characters',
  ppid: 'wants 1 to 20 characters',
  firstSeenAdjustmentDays: 'wants whole days, 0 to 999',
  treatmentAdjustmentDays: 'wants whole days, 0 to 999',
}

/** A cell of a text format as the schema wants it: numbers as numbers, marks of good writing taken out. [FEED-7] */
export function cellValue(field: FieldName, text: string): unknown {
  if (field === 'nhsNumber') return text.replaceAll(/[ -]/g, '')
  if (field === 'diagnosis') return text.replace('.', '')
  if (!NUMBER_FIELDS.has(field)) return text
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : text
}

const NUMBER_FIELDS: ReadonlySet<string> = new Set([
  'firstSeenAdjustmentDays',
  'treatmentAdjustmentDays',
  'riskScore',
  'fit',
  'ageYears',
  'deprivationDecile',
  'travelLimitMinutes',
  'performanceStatus',
  'bmi',
  'asa',
])

/** The facts in the order of the schema, whatever order they came in: the same facts then hash the same. */
export function inOrder(found: ReadonlyMap<string, unknown>): EntryFacts | null {
  const facts: Record<string, unknown> = {}
  for (const name of FACT_NAMES) {
    const value = found.get(name)
    if (value !== undefined) facts[name] = value
  }
  return typeof facts['localId'] === 'string' ? (facts as unknown as EntryFacts) : null
}
