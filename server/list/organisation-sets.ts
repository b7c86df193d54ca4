import type { ListScope } from './scope.ts'

const NOT_ASKED = 0
const ABSENT = 1
const PRESENT = 2

/** Sets of organisations, each kept once and numbered: thousands of pathways share a few hundred of them. */
export interface OrganisationSets {
  /** @returns the number of the set; order and repeats do not matter */
  numberOf(organisations: readonly string[]): number
  of(set: number): readonly string[]
  includes(set: number, scope: ListScope): boolean
}

export function organisationSets(): OrganisationSets {
  const sets: (readonly string[])[] = []
  const numbers = new Map<string, number>()
  /** For each organisation asked about: what is known of each set. */
  const answers = new Map<string, Uint8Array>()

  function answersFor(code: string): Uint8Array {
    const known = answers.get(code)
    if (known !== undefined && known.length >= sets.length) return known
    const wider = new Uint8Array(Math.max(256, sets.length * 2))
    if (known !== undefined) wider.set(known)
    answers.set(code, wider)
    return wider
  }

  return {
    numberOf(organisations) {
      const asGiven = organisations.join(' ')
      const known = numbers.get(asGiven)
      if (known !== undefined) return known
      const sorted = [...new Set(organisations)].sort()
      const name = sorted.join(' ')
      const number = numbers.get(name) ?? sets.push(sorted) - 1
      numbers.set(name, number)
      numbers.set(asGiven, number)
      return number
    },
    of: (set) => sets[set] ?? [],
    includes(set, scope) {
      if (scope.kind === 'all') return true
      const answer = answersFor(scope.code)
      const known = answer[set] ?? NOT_ASKED
      if (known !== NOT_ASKED) return known === PRESENT
      const present = sets[set]?.includes(scope.code) === true
      answer[set] = present ? PRESENT : ABSENT
      return present
    },
  }
}
