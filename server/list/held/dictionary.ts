/** Names met so far, numbered in the order they came. */
export interface Dictionary {
  /** The number of a name, given to it now if it has none. Past the limit all share the last, which has no name. */
  codeOf(name: string): number
  readonly find: (name: string) => number | undefined
  /** Null for a number nobody was given. */
  nameOf(code: number): string | null
  readonly size: () => number
}

/** @param limit one more than the highest number given */
export function dictionary(limit: number): Dictionary {
  const names: string[] = []
  const codes = new Map<string, number>()
  return {
    codeOf(name) {
      const known = codes.get(name)
      if (known !== undefined) return known
      if (names.length >= limit - 1) return limit - 1
      codes.set(name, names.length)
      names.push(name)
      return names.length - 1
    },
    find: (name) => codes.get(name),
    nameOf: (code) => names[code] ?? null,
    size: () => names.length,
  }
}
