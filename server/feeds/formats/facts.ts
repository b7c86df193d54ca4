import type { z } from 'zod'
import type { Issue } from '../../../shared/delivery.ts'
import type { FactName, Identity } from '../../../shared/entry.ts'
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

/** A value that its field takes. */
export interface TakenField {
  readonly ok: true
  readonly field: FieldName
  readonly value: unknown
  /** `"field":value` as JSON: an object of facts is written by putting those of its fields together. */
  readonly json: string
  /** Place of the field among the facts, or in the identity. */
  readonly place: number
}

/** What a value became. `wants` says in words what the field takes. */
export type FieldResult = TakenField | { readonly ok: false; readonly wants: string }

/** How the values of one field are checked. */
export interface Field {
  readonly name: FieldName
  readonly isFact: boolean
  readonly place: number
  readonly schema: z.ZodType
  /** What is right beyond doubt, for values said once each: the schema takes ten times as long to say so. */
  readonly plainlyRight: RegExp | undefined
  /** What values became; null where each is said once, and remembering would only cost memory. */
  readonly memory: Map<unknown, FieldResult> | null
}

/** How a field is checked; undefined for a name that is no field's. */
export function fieldNamed(name: string): Field | undefined {
  return FIELDS.get(name)
}

/** Checks one value of one field. The same field and value always give the same answer. */
export function checkField(name: FieldName, value: unknown): FieldResult {
  const field = FIELDS.get(name)
  return field === undefined ? NO_FIELD : checkValue(field, value)
}

/** The same for a field that was looked up before. */
export function checkValue(field: Field, value: unknown): FieldResult {
  if (typeof value === 'object') return checked(field, value)
  const { memory, plainlyRight } = field
  if (memory === null) {
    const isRight = typeof value === 'string' && plainlyRight?.test(value) === true
    return isRight ? taken(field, value) : checked(field, value)
  }
  const known = memory.get(value)
  if (known !== undefined) return known
  const result = checked(field, value)
  const isShort = typeof value !== 'string' || value.length <= LONGEST_REMEMBERED
  if (isShort && memory.size < REMEMBERED) memory.set(value, result)
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
      ? `Correct ${source} and send the row again; by itself it costs this field and not the row.`
      : `Correct ${source} and send the row again.`,
  }
}

/** Values of one field that are remembered. */
const REMEMBERED = 4_000
const LONGEST_REMEMBERED = 40
/** Names, notes and keys. */
const SAID_ONCE: ReadonlySet<string> = new Set([
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
const PLAIN_TEXT = /^[\x20-\x7e]{1,1000}$/
const PLAINLY_RIGHT: ReadonlyMap<string, RegExp> = new Map([
  ['localId', /^[\x20-\x7e]{1,64}$/],
  ['ppid', /^[\x20-\x7e]{1,20}$/],
  ['nhsNumber', /^[0-9]{10}$/],
  ['name', /^[\x20-\x7e]{1,200}$/],
  ['hospitalNumber', /^[\x20-\x7e]{1,40}$/],
  ['postcode', /^[\x20-\x7e]{2,10}$/],
  ['trackingNote', PLAIN_TEXT],
  ['nextAction', PLAIN_TEXT],
  ['firstSeenDelayComment', PLAIN_TEXT],
  ['fdsDelayComment', PLAIN_TEXT],
  ['dttDelayComment', PLAIN_TEXT],
  ['rttDelayComment', PLAIN_TEXT],
  ['upgradeDelayComment', PLAIN_TEXT],
])
const NO_FIELD: FieldResult = { ok: false, wants: 'is not a field of this feed' }
const FIELDS: ReadonlyMap<string, Field> = new Map([
  ...fieldsOf(FACT_NAMES, entryFacts.shape, true),
  ...fieldsOf(IDENTITY_NAMES, identitySchema.shape, false),
])

function fieldsOf<Name extends FieldName>(
  names: readonly Name[],
  schemas: Readonly<Record<Name, z.ZodType>>,
  isFact: boolean,
): [string, Field][] {
  return names.map((name, place) => [
    name,
    {
      name,
      isFact,
      place,
      schema: schemas[name],
      plainlyRight: PLAINLY_RIGHT.get(name),
      memory: SAID_ONCE.has(name) ? null : new Map<unknown, FieldResult>(),
    },
  ])
}

function checked(field: Field, value: unknown): FieldResult {
  const parsed = field.schema.safeParse(value)
  if (!parsed.success) return { ok: false, wants: words(field.name, parsed.error) }
  if (!isStorable(parsed.data)) {
    return { ok: false, wants: 'holds a control character or half a character' }
  }
  return taken(field, parsed.data)
}

/** A value known to be right, as `checkValue` would give it. */
export function taken({ name, place }: Field, value: unknown): TakenField {
  return { ok: true, field: name, value, json: `"${name}":${JSON.stringify(value)}`, place }
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
  if (field === 'nhsNumber') return DIGITS.test(text) ? text : text.replaceAll(/[ -]/g, '')
  if (field === 'diagnosis') return text.replace('.', '')
  if (!NUMBER_FIELDS.has(field)) return text
  return /^\d{1,9}(\.\d{1,9})?$/.test(text) ? Number(text) : text
}

const DIGITS = /^[0-9]+$/
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
