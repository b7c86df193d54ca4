/** An entry of the trust that a record may be of: by its key, or by its pathway identifier. */
export interface PathwayCandidate {
  readonly id: number
  readonly localId: string
  /** Closed by absence or by name: the trust does not speak of it any more. */
  readonly dropped: boolean
  readonly nhsNumber: string | undefined
}

/** A record as far as it says which pathway it is of. */
export interface PathwayRecord {
  readonly localId: string
  /** `issuer:ppid`; null where it has none. */
  readonly pathwayKey: string | null
  readonly nhsNumber: string | undefined
}

export type Target<C extends PathwayCandidate> =
  /** Goes by its own key, known or new. */
  | { readonly kind: 'own'; readonly entry: C | null }
  /** Is of an entry that has another key; `twin` is one of the record's key, kept beside it until now. */
  | { readonly kind: 'other'; readonly entry: C; readonly twin: C | null }
  /** Is of its own entry, and `twin` is the same pathway kept a second time under its identifier. */
  | { readonly kind: 'twin'; readonly entry: C; readonly twin: C }
  /** Takes over an entry that was known by its pathway identifier alone until now. */
  | { readonly kind: 'renames'; readonly entry: C }
  /** Nobody can tell: goes by its own key, and that is said. */
  | { readonly kind: 'unsure'; readonly entry: C | null; readonly why: 'several' | 'otherPerson' }

/** So many entries of one trust under one pathway identifier, and it is a stand-in. [IPT-14] */
export const MOST_OF_A_PATHWAY = 5

/**
 * Which entry of the trust a record is of. [FEED-25]
 *
 * The trust's own key counts first. A key that is the pathway identifier itself was made here, for want of one; an
 * entry with a key of the trust's own and the same identifier is then the same pathway, if it is the only one and of
 * no other NHS number. Two keys of the trust's own are two records by its own word.
 */
export function targetOf<C extends PathwayCandidate>(
  record: PathwayRecord,
  candidates: readonly C[],
): Target<C> {
  const { localId, pathwayKey } = record
  const exact = candidates.find((one) => one.localId === localId) ?? null
  if (pathwayKey === null) return { kind: 'own', entry: exact }
  const owned = liveOnes(candidates.filter((one) => one.localId !== pathwayKey))
  if (localId === pathwayKey) {
    const [owner, another] = owned
    if (owner === undefined) return { kind: 'own', entry: exact }
    if (another !== undefined) return { kind: 'unsure', entry: exact, why: 'several' }
    if (isOther(record, owner)) return { kind: 'unsure', entry: exact, why: 'otherPerson' }
    return { kind: 'other', entry: owner, twin: exact?.dropped === false ? exact : null }
  }
  const twin = candidates.find((one) => one.localId === pathwayKey && !one.dropped)
  const others = owned.filter((one) => one !== exact)
  if (twin === undefined || others.length > 0) return { kind: 'own', entry: exact }
  if (isOther(record, twin)) return { kind: 'unsure', entry: exact, why: 'otherPerson' }
  return exact === null ? { kind: 'renames', entry: twin } : { kind: 'twin', entry: exact, twin }
}

/** Those that the trust still speaks of; where it speaks of none, all. */
function liveOnes<C extends PathwayCandidate>(candidates: readonly C[]): readonly C[] {
  const live = candidates.filter(({ dropped }) => !dropped)
  return live.length === 0 ? candidates : live
}

function isOther(record: PathwayRecord, candidate: PathwayCandidate): boolean {
  return (
    record.nhsNumber !== undefined &&
    candidate.nhsNumber !== undefined &&
    record.nhsNumber !== candidate.nhsNumber
  )
}
