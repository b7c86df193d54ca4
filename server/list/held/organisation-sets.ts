import type { ListScope } from '../scope.ts'

/** Sets of organisations, each kept once and numbered: thousands of pathways share a few hundred of them. */
export interface OrganisationSets {
  /** @returns the number of the set; order and repeats do not matter */
  numberOf(organisations: readonly string[]): number
  of(set: number): readonly string[]
  includes(set: number, scope: ListScope): boolean
  /** By set: 1 where the scope sees it. Null: it sees all. */
  readonly flags: (scope: ListScope) => Uint8Array | null
}

/** Begins with no sets; none is ever forgotten. */
export function organisationSets(): OrganisationSets {
  const sets: (readonly string[])[] = []
  const numbers = new Map<string, number>()
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
    includes: (set, scope) => scope.kind === 'all' || sets[set]?.includes(scope.code) === true,
    flags(scope) {
      if (scope.kind === 'all') return null
      return Uint8Array.from(sets, (of) => (of.includes(scope.code) ? 1 : 0))
    },
  }
}
