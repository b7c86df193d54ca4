import type { LinkRecord } from '../../domain/transfer/linking.ts'
import { LINK_LIMIT, decisionKey, pathwaysOf } from '../../domain/transfer/linking.ts'

/** What a person decided of an entry and another. [IPT-13] */
export interface LinkDecision {
  readonly otherId: number
  readonly decision: 'same' | 'different'
}

/** An entry as linking looks at it. */
export interface Linkable extends LinkRecord {
  readonly pathwayKey: string | null
  readonly decisions: readonly LinkDecision[]
}

/**
 * Which entries of the list are one pathway: those that rules and people link for certain. [IPT-10 to IPT-14]
 *
 * Entries that share a pathway identifier or an NHS number, or were confirmed as one, are held against each other
 * when first asked about; nearly everybody shares nothing with anybody and costs two look-ups.
 */
export interface Pathways {
  /** Takes an entry in. */
  add(entry: Linkable): void
  /** Takes it out, given as it was added. */
  remove(entry: Linkable): void
  /** Entries whose pathway may hang on this one, itself left out; asked for before and after it changes. */
  near(entry: Linkable): readonly number[]
  /** Ids of the entry's pathway, ascending, its own among them. */
  of(entry: Linkable): readonly number[]
  /** Other trusts that report it, sorted. */
  alsoAt(entry: Linkable): readonly string[]
}

const NOBODY: readonly never[] = []

/** @param entryOf the entry of an id as it is held now */
export function pathways(entryOf: (id: number) => Linkable | undefined): Pathways {
  const byKey = shelves()
  const byPerson = shelves()
  const known = new Map<number, readonly number[]>()

  function isAlone({ pathwayKey, nhsHash, decisions }: Linkable): boolean {
    return decisions.length === 0 && byKey.count(pathwayKey) < 2 && byPerson.count(nhsHash) < 2
  }

  /** Everything that shared identifiers and confirmations lead to, this one first. */
  function reachable(entry: Linkable): readonly Linkable[] {
    const found = new Map([[entry.id, entry]])
    for (const { pathwayKey, nhsHash, decisions } of found.values()) {
      const ids = [
        ...byKey.of(pathwayKey),
        ...byPerson.of(nhsHash),
        ...decisions.map(({ otherId }) => otherId),
      ]
      for (const id of ids) {
        const other = found.has(id) ? undefined : entryOf(id)
        if (other !== undefined) found.set(id, other)
      }
    }
    return [...found.values()]
  }

  function grouped(entry: Linkable): readonly number[] {
    const records = reachable(entry)
    const decisions = new Map(
      records.flatMap(({ id, decisions: made }) =>
        made.map(({ otherId, decision }) => [decisionKey(id, otherId), decision] as const),
      ),
    )
    for (const group of pathwaysOf(records, decisions)) {
      for (const id of group) known.set(id, group)
    }
    return known.get(entry.id) ?? [entry.id]
  }

  const of = (entry: Linkable) =>
    isAlone(entry) ? [entry.id] : (known.get(entry.id) ?? grouped(entry))

  return {
    add(entry) {
      byKey.put(entry.pathwayKey, entry.id)
      byPerson.put(entry.nhsHash, entry.id)
    },
    remove(entry) {
      byKey.take(entry.pathwayKey, entry.id)
      byPerson.take(entry.nhsHash, entry.id)
      known.delete(entry.id)
    },
    near(entry) {
      if (isAlone(entry)) return NOBODY
      const ids = reachable(entry).map(({ id }) => id)
      for (const id of ids) known.delete(id)
      return ids.filter((id) => id !== entry.id)
    },
    of,
    alsoAt(entry) {
      const group = of(entry)
      if (group.length < 2) return NOBODY
      const trusts = group.map((id) => entryOf(id)?.trust ?? entry.trust)
      return [...new Set(trusts)].filter((trust) => trust !== entry.trust).sort()
    },
  }
}

interface Shelves {
  put(key: string | null, id: number): void
  take(key: string | null, id: number): void
  /** None where so many share it that it tells nobody apart. [IPT-14] */
  of(key: string | null): readonly number[]
  count(key: string | null): number
}

/** Ids by what they share; one alone is kept bare, since 300,000 are. */
function shelves(): Shelves {
  const idsOf = new Map<string, number | Set<number>>()
  return {
    put(key, id) {
      if (key === null) return
      const there = idsOf.get(key)
      if (there === undefined) idsOf.set(key, id)
      else if (typeof there !== 'number') there.add(id)
      else if (there !== id) idsOf.set(key, new Set([there, id]))
    },
    take(key, id) {
      const there = key === null ? undefined : idsOf.get(key)
      if (key === null || there === undefined) return
      if (there === id) idsOf.delete(key)
      else if (typeof there !== 'number' && there.delete(id) && there.size === 0) idsOf.delete(key)
    },
    of(key) {
      const there = key === null ? undefined : idsOf.get(key)
      if (there === undefined || typeof there === 'number') return NOBODY
      return there.size > LINK_LIMIT ? NOBODY : [...there]
    },
    count(key) {
      const there = key === null ? undefined : idsOf.get(key)
      if (there === undefined) return 0
      return typeof there === 'number' ? 1 : there.size
    },
  }
}
