import type { EntryUpdate, HeldEntry, PathwayId, PersonSigns } from '../formats/update.ts'
import type { WorkingEntry } from './held-entries.ts'

/** The keys under which a trust may have a pathway of this identifier. [FEED-53] */
export function keysOf({ id, issuer, isOwnKey }: PathwayId, trust: string): readonly string[] {
  const named = `${issuer ?? trust}:${id}`
  return isOwnKey && (issuer === null || issuer === trust) ? [named, id] : [named]
}

/** The NHS number by which a message's person is looked for; undefined where it gives none. */
export function soughtNumber(update: EntryUpdate): string | undefined {
  if (update.needsPathway) return undefined
  return update.formerly?.nhsNumber ?? update.person.nhsNumber
}

/** Working entries by what messages know them by. Kept up while messages change them. */
export interface TargetIndex {
  add(entry: WorkingEntry): void
  /** Notes that an entry may have got another NHS number. */
  refresh(entry: WorkingEntry): void
  /** The one pathway of these identifiers, by the best that finds any. `many` when it finds more than one. */
  pathway(update: EntryUpdate): WorkingEntry | 'many' | null
  /** Pathways of the person, by NHS number and a second sign. */
  people(update: EntryUpdate): readonly WorkingEntry[]
}

export function openIndex(trust: string): TargetIndex {
  const byRecordKey = new Map<string, WorkingEntry>()
  const byPathway = new Map<string, Set<WorkingEntry>>()
  const byNumber = new Map<string, Set<WorkingEntry>>()
  function refresh(entry: WorkingEntry): void {
    const { nhsNumber } = entry.held.identity
    if (nhsNumber !== undefined) put(byNumber, nhsNumber, entry)
  }
  return {
    refresh,
    add(entry) {
      byRecordKey.set(entry.held.facts.localId, entry)
      if (entry.pathwayKey !== null) put(byPathway, entry.pathwayKey, entry)
      refresh(entry)
    },
    pathway(update) {
      for (const key of update.pathway.flatMap((id) => keysOf(id, trust))) {
        // A trust may have a pathway twice, from two of its systems: what goes by this very key is the one meant.
        const own = byRecordKey.get(key)
        if (own !== undefined) return own
        const [found, another] = byPathway.get(key) ?? []
        if (found !== undefined) return another === undefined ? found : 'many'
      }
      return null
    },
    people(update) {
      const number = soughtNumber(update)
      if (number === undefined) return []
      return [...(byNumber.get(number) ?? [])].filter(
        ({ held }) =>
          held.identity.nhsNumber === number &&
          isSame(held.identity, update.person, update.formerly),
      )
    },
  }
}

/**
 * Whether an entry of the NHS number is the person meant. The number alone is believed where nothing else is known to
 * compare; otherwise the hospital number or the date of birth must be the same. [FEED-53]
 *
 * A merge names the numbers it takes away: where it names a hospital number, that is the one the entry must have.
 */
function isSame(
  known: HeldEntry['identity'],
  said: PersonSigns,
  formerly: PersonSigns | null,
): boolean {
  if (formerly !== null && formerly.nhsNumber === undefined) {
    return formerly.hospitalNumber !== undefined && known.hospitalNumber === formerly.hospitalNumber
  }
  const numbers = [known.hospitalNumber, formerly?.hospitalNumber ?? said.hospitalNumber]
  const births = [known.dateOfBirth, said.dateOfBirth]
  const compared = [numbers, births].filter((pair) => !pair.includes(undefined))
  return compared.length === 0 || compared.some(([a, b]) => a === b)
}

function put<K>(map: Map<K, Set<WorkingEntry>>, key: K, entry: WorkingEntry): void {
  const set = map.get(key)
  if (set === undefined) map.set(key, new Set([entry]))
  else set.add(entry)
}
