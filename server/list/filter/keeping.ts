/** What is kept of the list under a filter, and follows each change of it rather than being made anew. */
export interface Keeping {
  /** A slot is no longer what it was: to be called while everything about it still is. */
  remove(slot: number): void
  /** To be called once everything about a slot is as it will be. */
  insert(slot: number): void
  /** What is new to this person is no longer what it was. */
  forgetNewTo(personId: string): void
  /** Of how many filters. */
  readonly kept: () => number
  /** Forgets all: cheaper than following when much changes at once. */
  clear(): void
}

/**
 * What is kept under this filter, now the last used; those used longest ago are let go.
 * @param make what to keep where nothing is
 */
export function keptOf<Filter extends object, Kept>(
  kept: Map<string, Kept>,
  filter: Filter,
  options: {
    readonly most: number
    readonly make: (filter: Filter) => Kept
    readonly letGo: (name: string, kept: Kept) => void
  },
): Kept {
  const name = JSON.stringify(filter)
  const one = kept.get(name) ?? options.make(filter)
  kept.delete(name)
  kept.set(name, one)
  for (const [oldest, another] of kept) {
    if (kept.size <= options.most) break
    options.letGo(oldest, another)
  }
  return one
}
