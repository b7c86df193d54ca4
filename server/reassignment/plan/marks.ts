/** What changed since the planning thread was last told: ids to read anew, and nothing else. */
export interface Marked {
  readonly entries: Set<number>
  readonly suggestions: Set<string>
  readonly buckets: Map<string, { site: string; step: string; days: Set<string> }>
}

export function nothing(): Marked {
  return { entries: new Set(), suggestions: new Set(), buckets: new Map() }
}

/** Notes the days of a change of capacity. */
export function markBuckets(marked: Marked, payload: unknown): void {
  const [site] = texts(payload, 'site')
  const [step] = texts(payload, 'step')
  if (site === undefined || step === undefined) return
  const key = `${site} ${step}`
  const known = marked.buckets.get(key) ?? { site, step, days: new Set<string>() }
  for (const day of texts(payload, 'days')) known.days.add(day)
  marked.buckets.set(key, known)
}

/** The texts a payload has under a name, one or many. */
export function texts(payload: unknown, name: string): string[] {
  if (typeof payload !== 'object' || payload === null) return []
  const value: unknown = (payload as Record<string, unknown>)[name]
  return (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string')
}
