import type { IsoDate } from '../../../shared/date.ts'

/** One national code. Retired codes stay in the list: old records carry them. [DQ-8] */
export interface NationalCode {
  readonly label: string
  /** The day from which it may no longer be used for what happens then. */
  readonly retiredOn?: IsoDate
}

/** A national code list: what the dictionary calls it, and its codes. */
export interface CodeList {
  readonly name: string
  readonly codes: ReadonlyMap<string, NationalCode>
}

/**
 * A list from pairs of code and label. `retired` gives the codes that were withdrawn, and when.
 * Source of every list: NHS Data Dictionary, Open Government Licence v3.
 */
export function codeList(
  name: string,
  labels: readonly (readonly [code: string, label: string])[],
  retired: Readonly<Record<string, string>> = {},
): CodeList {
  return {
    name,
    codes: new Map(
      labels.map(([code, label]) => {
        const retiredOn = retired[code]
        return [
          code,
          retiredOn === undefined ? { label } : { label, retiredOn: retiredOn as IsoDate },
        ]
      }),
    ),
  }
}

/** How a code stands on a day. */
export type CodeState = 'current' | 'retired' | 'unknown'

/**
 * @param on the day of the event the code describes; absent: a retired code is retired
 */
export function codeStateOn(list: CodeList, code: string, on?: IsoDate): CodeState {
  const known = list.codes.get(code)
  if (known === undefined) return 'unknown'
  if (known.retiredOn === undefined) return 'current'
  return on !== undefined && on < known.retiredOn ? 'current' : 'retired'
}
