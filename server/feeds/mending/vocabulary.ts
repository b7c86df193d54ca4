import { MAPPABLE_FIELDS, isListed, isMappable } from '../../domain/codes/mappable.ts'
import { PTL_COLUMNS, ptlColumn, ptlMeaning } from '../formats/ptl-columns.ts'

/** What a trust's own column names stand under, beside the fields of its own codes. */
export const COLUMN = 'column'

/** Whether a trust may say what it means by codes of this field, or by names of columns. [FEED-44] */
export function hasMeanings(field: string): boolean {
  return field === COLUMN || isMappable(field)
}

/** Whether everybody knows this code or name already: such a one is never given another meaning. */
export function isKnown(field: string, code: string): boolean {
  return field === COLUMN ? ptlColumn(code) !== undefined : isListed(field, code)
}

/** Whether a code or name may be given this meaning. */
export function isMeaning(field: string, to: string): boolean {
  return field === COLUMN ? ptlMeaning(to) !== undefined : isListed(field, to)
}

/** What may be chosen for each of these fields. */
export function meaningsOf(
  fields: ReadonlySet<string>,
): Record<string, { code: string; label: string }[]> {
  const all = [...MAPPABLE_FIELDS, { field: COLUMN, options: PTL_COLUMNS }]
  return Object.fromEntries(
    all
      .filter(({ field }) => fields.has(field))
      .map(({ field, options }) => [field, options.map((one) => ({ ...one }))]),
  )
}
