/** Up to when one person has seen the list, and since then single entries. Instants are milliseconds since 1970. */
export interface Look {
  readonly listAt: number
  readonly entries: ReadonlyMap<number, number>
}

/** What each person has seen, so that what changed since can be marked and filtered. [RNK-17] */
export interface Looks {
  /** Undefined for who never looked: to them everything is new. */
  readonly of: (personId: string) => Look | undefined
  /** They have seen the whole list as it stood: single entries seen before that are forgotten. */
  sawList(personId: string, at: number): void
  sawEntry(personId: string, entryId: number, at: number): void
  readonly isNew: (personId: string, entryId: number, changedAt: number) => boolean
}

export function looks(): Looks {
  const byPerson = new Map<string, { listAt: number; entries: Map<number, number> }>()

  function held(personId: string) {
    const known = byPerson.get(personId) ?? {
      listAt: -Infinity,
      entries: new Map<number, number>(),
    }
    byPerson.set(personId, known)
    return known
  }

  return {
    of: (personId) => byPerson.get(personId),
    sawList(personId, at) {
      const look = held(personId)
      // Told twice or late, an instant never goes back.
      look.listAt = Math.max(look.listAt, at)
      for (const [id, seenAt] of look.entries) if (seenAt <= look.listAt) look.entries.delete(id)
    },
    sawEntry(personId, entryId, at) {
      const look = held(personId)
      if (at > Math.max(look.listAt, look.entries.get(entryId) ?? -Infinity))
        look.entries.set(entryId, at)
    },
    isNew(personId, entryId, changedAt) {
      const look = byPerson.get(personId)
      if (look === undefined) return true
      return changedAt > look.listAt && changedAt > (look.entries.get(entryId) ?? -Infinity)
    },
  }
}
