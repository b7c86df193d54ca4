/** What one person has seen, as numbers of the change log: no two changes share one, and none comes late. */
export interface Look {
  /** Up to which they have seen the whole list; -1 for never. */
  readonly listSeq: number
  /** Instant of that number, milliseconds since 1970; for people to read. */
  readonly listAt: number
  /** Single entries seen since, by id; those they changed themselves after they had seen them are among these. */
  readonly entries: ReadonlyMap<number, number>
}

/** The last change to an entry, where a person made it. */
export interface OwnChange {
  readonly by: string
  readonly seq: number
  /** Number of the last change before it that somebody else made. */
  readonly othersSeq: number
}

/** What each person has seen, so that what changed since can be marked and filtered. [RNK-17] */
export interface Looks {
  /** Undefined for who never looked: to them everything is new. */
  readonly of: (personId: string) => Look | undefined
  /** They have seen the whole list as it stood: single entries seen before that are forgotten. */
  sawList(personId: string, seq: number, at: number): void
  sawEntry(personId: string, entryId: number, seq: number): void
  /**
   * An entry has changed. What one changed oneself is not new to oneself; what others changed before stays new.
   * @param by null where no person did it
   * @param lastSeq number of the change before
   * @returns to whom it may be new or not new in another way than its number says: not to be in anything kept for them
   */
  changed(entryId: number, seq: number, by: string | null, lastSeq: number): readonly string[]
  /** Last changes that people made, read anew. */
  setOwn(changes: Iterable<readonly [entryId: number, OwnChange]>): void
  /** @param changedSeq number of the entry's last change */
  readonly isNew: (personId: string, entryId: number, changedSeq: number) => boolean
}

const NEVER = -1

/** Begins with nobody having looked. */
export function looks(): Looks {
  const byPerson = new Map<
    string,
    { listSeq: number; listAt: number; entries: Map<number, number> }
  >()
  const own = new Map<number, OwnChange>()

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
    of(personId) {
      const look = byPerson.get(personId)
      if (look === undefined) return undefined
      const entries = new Map(look.entries)
      for (const [id, { by, seq, othersSeq }] of own) {
        const seen = Math.max(look.listSeq, entries.get(id) ?? NEVER)
        if (by === personId && seq > seen && othersSeq <= seen) entries.set(id, seq)
      }
      return { ...look, entries }
    },
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
      const seen = Math.max(look.listSeq, look.entries.get(entryId) ?? NEVER)
      if (changedSeq <= seen) return false
      const last = own.get(entryId)
      return last?.by !== personId || last.seq !== changedSeq || last.othersSeq > seen
    },
    changed(entryId, seq, by, lastSeq) {
      const last = own.get(entryId)
      if (by === null) own.delete(entryId)
      else own.set(entryId, { by, seq, othersSeq: last?.by === by ? last.othersSeq : lastSeq })
      return [last?.by ?? null, by].filter((one) => one !== null)
    },
    setOwn(changes) {
      own.clear()
      for (const [entryId, change] of changes) own.set(entryId, change)
    },
  }
}
