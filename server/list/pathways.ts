/** Which entries are one pathway, reported by several trusts: those with an equal `issuer:ppid`. */
export interface Pathways {
  /** @returns ids of the others in the pathway: their rows differ now */
  add(id: number, trust: string, pathwayKey: string | null): readonly number[]
  remove(id: number, pathwayKey: string | null): readonly number[]
  /** Other trusts that report it, sorted. */
  alsoAt(id: number, trust: string, pathwayKey: string | null): readonly string[]
}

const NOBODY: readonly never[] = []

export function pathways(): Pathways {
  const trustsByKey = new Map<string, Map<number, string>>()

  function othersOf(reports: ReadonlyMap<number, string>, id: number): readonly number[] {
    return reports.size < 2 ? NOBODY : [...reports.keys()].filter((other) => other !== id)
  }

  return {
    add(id, trust, pathwayKey) {
      if (pathwayKey === null) return NOBODY
      const reports = trustsByKey.get(pathwayKey) ?? new Map<number, string>()
      trustsByKey.set(pathwayKey, reports)
      if (reports.get(id) === trust) return NOBODY
      reports.set(id, trust)
      return othersOf(reports, id)
    },
    remove(id, pathwayKey) {
      const reports = pathwayKey === null ? undefined : trustsByKey.get(pathwayKey)
      if (pathwayKey === null || reports?.delete(id) !== true) return NOBODY
      if (reports.size === 0) trustsByKey.delete(pathwayKey)
      return [...reports.keys()]
    },
    alsoAt(id, trust, pathwayKey) {
      const reports = pathwayKey === null ? undefined : trustsByKey.get(pathwayKey)
      if (reports === undefined || reports.size < 2) return NOBODY
      const others = [...reports].filter(([other, at]) => other !== id && at !== trust)
      return [...new Set(others.map(([, at]) => at))].sort()
    },
  }
}
