import type { Pathway } from './eligibility.ts'
import type { PlanPatient } from './model.ts'

/** Which entries report the same pathway, kept right as they come and go. [MOV-10] */
export interface Pathways {
  readonly of: (patient: PlanPatient) => Pathway
  /** An entry is now this, or gone. @returns the other entries whose pathway is not what it was */
  readonly put: (id: number, keyBefore: string | null, patient: PlanPatient | null) => number[]
}

/** Begins with no entries. An entry without a pathway key is a pathway of its own. */
export function openPathways(): Pathways {
  const reports = new Map<string, Map<number, string>>()
  const pathwayOf = new Map<string, Pathway>()

  function pathway(key: string): Pathway | undefined {
    const known = pathwayOf.get(key)
    if (known !== undefined) return known
    const entries = [...(reports.get(key) ?? [])].sort(([a], [b]) => a - b)
    const [lowest] = entries
    if (lowest === undefined) return undefined
    const made = { entryId: lowest[0], trusts: [...new Set(entries.map(([, trust]) => trust))] }
    pathwayOf.set(key, made)
    return made
  }

  return {
    of: (patient) =>
      (patient.pathwayKey === null ? undefined : pathway(patient.pathwayKey)) ?? {
        entryId: patient.id,
        trusts: [patient.trust],
      },
    put(id, keyBefore, patient) {
      const keyNow = patient?.pathwayKey ?? null
      if (keyBefore === keyNow) return []
      const others: number[] = []
      for (const key of [keyBefore, keyNow]) {
        if (key === null) continue
        const entries = reports.get(key) ?? new Map<number, string>()
        if (key === keyNow && patient !== null) entries.set(id, patient.trust)
        else entries.delete(id)
        if (entries.size === 0) reports.delete(key)
        else reports.set(key, entries)
        pathwayOf.delete(key)
        others.push(...entries.keys())
      }
      return others.filter((other) => other !== id)
    },
  }
}
