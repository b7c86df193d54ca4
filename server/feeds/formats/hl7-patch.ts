import type { IsoDate } from '../../../shared/date.ts'
import type { Issue } from '../../../shared/delivery.ts'
import type { Identity } from '../../../shared/entry.ts'
import type { FieldName } from './facts.ts'
import { FACT_NAMES, IDENTITY_NAMES, cellValue, checkField, fieldIssue } from './facts.ts'
import { inOrder } from './found-facts.ts'
import { HL7_NULL } from './hl7-message.ts'
import { hl7Date } from './hl7-time.ts'
import { identityOf } from './ptl-csv.ts'
import type { HeldEntry } from './update.ts'

/** Fields a message sets, and, as undefined, fields it takes away. */
export type Patch = ReadonlyMap<FieldName, unknown>

/** Gathers what a message says, field by field. */
export interface PatchBook {
  /** `''` says nothing, `""` takes the field away, a date is read as HL7 writes it. @param source as in `PID-7` */
  take(field: FieldName, source: string, text: string): void
  set(field: FieldName, value: unknown): void
  readonly patch: Patch
  /** Which record an issue is of. */
  readonly about: { readonly rowNumber: number; readonly recordKey: string }
  /** Values that no field can hold. */
  readonly issues: readonly Issue[]
}

export function openPatch(rowNumber: number, recordKey: string): PatchBook {
  const patch = new Map<FieldName, unknown>()
  const issues: Issue[] = []
  return {
    take(field, source, text) {
      if (text === '') return
      if (text === HL7_NULL) {
        patch.set(field, undefined)
        return
      }
      const value = DATES.has(field) ? (hl7Date(text) ?? text) : cellValue(field, text)
      const result = checkField(field, value)
      if (result.ok) patch.set(field, result.value)
      else issues.push(fieldIssue(rowNumber, recordKey, field, source, result.wants))
    },
    set: (field, value) => void patch.set(field, value),
    patch,
    about: { rowNumber, recordKey },
    issues,
  }
}

/** An entry with a patch applied, its members in the order of the schema, so that the same facts hash the same. */
export function patched(held: HeldEntry, patch: Patch): HeldEntry {
  if (patch.size === 0) return held
  const facts = new Map<string, unknown>(Object.entries(held.facts))
  const identity = new Map<string, unknown>(Object.entries(held.identity))
  for (const [field, value] of patch) {
    const into = IDENTITY.has(field) ? identity : facts
    if (value === undefined) into.delete(field)
    else into.set(field, value)
  }
  return { facts: inOrder(facts) ?? held.facts, identity: identityOf(identity) }
}

/** A patch out of pairs. */
export function patchOf(...fields: readonly (readonly [FieldName, unknown])[]): Patch {
  return new Map(fields)
}

/** The day of a timestamp field, or of the message where the field says none. */
export function dayOr(text: string, otherwise: IsoDate): IsoDate {
  return hl7Date(text) ?? otherwise
}

const IDENTITY: ReadonlySet<FieldName> = new Set<keyof Identity>(IDENTITY_NAMES)
const DATES: ReadonlySet<FieldName> = new Set<FieldName>([
  ...FACT_NAMES.filter((name) => name.endsWith('On')),
  'dateOfBirth',
])
