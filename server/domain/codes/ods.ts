import type { IsoDate } from '../../../shared/date.ts'

/** An organisation or a site of the Organisation Data Service, with its dates. [DQ-10] */
export interface DatedOrganisation {
  readonly code: string
  readonly openedOn: IsoDate | null
  /** The last day it was open; null while it is. */
  readonly closedOn: IsoDate | null
  readonly successor: string | null
}

export type OpenOn = 'open' | 'notYet' | 'closed'

/** Whether an organisation was open on a day: on its first and on its last day it was. [DQ-10] */
export function openOn(organisation: DatedOrganisation, on: IsoDate): OpenOn {
  if (organisation.openedOn !== null && on < organisation.openedOn) return 'notYet'
  return organisation.closedOn !== null && on > organisation.closedOn ? 'closed' : 'open'
}

/**
 * The code that answers for an organisation on a day: itself while open, else its successor, or that one's.
 * @returns null for an unknown code, one that had closed without a successor, or a circle of successors
 */
export function answersFor(
  table: ReadonlyMap<string, DatedOrganisation>,
  code: string,
  on: IsoDate,
): string | null {
  const visited = new Set<string>()
  let current = table.get(code)
  while (current !== undefined && !visited.has(current.code)) {
    if (openOn(current, on) !== 'closed') return current.code
    visited.add(current.code)
    current = current.successor === null ? undefined : table.get(current.successor)
  }
  return null
}

/** Characters that are written for each other in codes. `ROA` for `R0A` is the one seen in returns. */
const CONFUSED: readonly (readonly [string, string])[] = [
  ['O', '0'],
  ['I', '1'],
  ['S', '5'],
  ['B', '8'],
  ['Z', '2'],
]

/**
 * A known code that differs from an unknown one by characters easily taken for each other, one or several of
 * one kind. [DQ-12]
 * @returns null when nothing known is that near
 */
export function confusedWith(code: string, known: (code: string) => boolean): string | null {
  for (const [letter, digit] of CONFUSED) {
    for (let at = 0; at < code.length; at++) {
      const swapped = code[at] === letter ? digit : code[at] === digit ? letter : null
      if (swapped === null) continue
      const single = code.slice(0, at) + swapped + code.slice(at + 1)
      if (known(single)) return single
    }
    const allDigits = code.replaceAll(letter, digit)
    if (allDigits !== code && known(allDigits)) return allDigits
    const allLetters = code.replaceAll(digit, letter)
    if (allLetters !== code && known(allLetters)) return allLetters
  }
  return null
}
