/** What one person has seen, as numbers of the change log: no two changes share one, and none comes late. */
export interface Look {
  /** Up to which they have seen the whole list; -1 for never. */
  readonly listSeq: number
  /** Instant of that number, milliseconds since 1970; for people to read. */
  readonly listAt: number
  /** Single entries seen since, by id. */
  readonly entries: ReadonlyMap<number, number>
}

/** What each person has seen, so that what changed since can be marked and filtered. [RNK-17] */
export interface Looks {
  /** Undefined for who never looked: to them everything is new. */
  readonly of: (personId: string) => Look | undefined
  /** They have seen the whole list as it stood: single entries seen before that are forgotten. */
  sawList(personId: string, seq: number, at: number): void
  sawEntry(personId: string, entryId: number, seq: number): void
  /** @param changedSeq number of the entry's last change */
  readonly isNew: (personId: string, entryId: number, changedSeq: number) => boolean
}

const NEVER = -1

export function looks(): Looks {
  const byPerson = new Map<
    string,
    { listSeq: number; listAt: number; entries: Map<number, number> }
  >()

  function held(personId: string) {
    const known = byPerson.get(personId) ?? {
      listSeq: NEVER,
      listAt: -Infinity,
      entries: new Map<number, number>(),
    }
    byPerson.set(personId, known)
    return known
  }

  return {
    of: (personId) => byPerson.get(personId),
    sawList(personId, seq, at) {
      const look = held(personId)
      // Told twice or late, nobody has seen less than before.
      look.listSeq = Math.max(look.listSeq, seq)
      look.listAt = Math.max(look.listAt, at)
      for (const [id, seen] of look.entries) if (seen <= look.listSeq) look.entries.delete(id)
    },
    sawEntry(personId, entryId, seq) {
      const look = held(personId)
      if (seq > Math.max(look.listSeq, look.entries.get(entryId) ?? NEVER))
        look.entries.set(entryId, seq)
    },
    isNew(personId, entryId, changedSeq) {
      const look = byPerson.get(personId)
      if (look === undefined) return true
      return changedSeq > look.listSeq && changedSeq > (look.entries.get(entryId) ?? NEVER)
    },
  }
}
