import type { EntryFacts, FactName } from '../../../shared/entry.ts'
import { STEPS, TUMOURS } from '../../../shared/vocabulary.ts'
import { CODED_FIELDS } from './codes.ts'

/** A field whose values come from a list, so that a trust's own code can be given a meaning. */
export interface MappableField {
  readonly field: FactName
  readonly options: readonly { readonly code: string; readonly label: string }[]
}

/** Every such field: those held against a national list, and tumour group, step and sex. [FEED-44] */
export const MAPPABLE_FIELDS: readonly MappableField[] = [
  ...CODED_FIELDS.map(({ field, list }) => ({
    field,
    options: [...list.codes].map(([code, { label }]) => ({ code, label })),
  })),
  { field: 'tumour', options: labelled(TUMOURS) },
  { field: 'step', options: labelled(STEPS) },
  { field: 'sex', options: labelled({ female: 'Female', male: 'Male', other: 'Other' }) },
]

const CODES: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  MAPPABLE_FIELDS.map(({ field, options }) => [field, new Set(options.map(({ code }) => code))]),
)

/** Whether a trust may say what its own codes of a field mean. [FEED-44] */
export function isMappable(field: string): field is FactName {
  return CODES.has(field)
}

/** Whether a code is one of its field's own: such a one is never given another meaning. [FEED-44] */
export function isListed(field: string, code: string): boolean {
  return CODES.get(field)?.has(code) === true
}

/** What a trust means by its own codes. */
export interface CodeMap {
  readonly size: number
  /** The listed code, or undefined where the trust has said nothing. */
  meaning(field: string, code: string): string | undefined
}

/** What a trust has said, to be asked code by code; of two words on one code the last counts. */
export function codeMap(
  rows: readonly { readonly field: string; readonly from: string; readonly to: string }[],
): CodeMap {
  const meanings = new Map(rows.map(({ field, from, to }) => [`${field}\n${from}`, to]))
  return {
    size: meanings.size,
    meaning: (field, code) => meanings.get(`${field}\n${code}`),
  }
}

/** The facts with each of the trust's own codes replaced by what it means; the same object when there is none. */
export function translated(facts: EntryFacts, map: CodeMap): EntryFacts {
  if (map.size === 0) return facts
  let made: Record<string, unknown> | null = null
  for (const { field } of CODED_FIELDS) {
    const code = facts[field]
    const to = code === undefined ? undefined : map.meaning(field, code)
    if (to === undefined) continue
    made ??= { ...facts }
    made[field] = to
  }
  return made === null ? facts : (made as unknown as EntryFacts)
}

function labelled(words: Readonly<Record<string, string>>) {
  return Object.entries(words).map(([code, label]) => ({ code, label }))
}
