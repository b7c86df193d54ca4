import type { Issue } from '../../../shared/delivery.ts'
import type { EntryFacts, Identity, ParsedEntry } from '../../../shared/entry.ts'
import type { FieldName } from '../formats/facts.ts'
import { IDENTITY_NAMES } from '../formats/facts.ts'
import { inOrder } from '../formats/found-facts.ts'

/** What is known of an entry that a record is of. */
export interface KnownFacts {
  /** Facts that the record's format has no place for; null when there are none. */
  readonly kept: Partial<EntryFacts> | null
  /** Who it is as known; null when nobody is named, or it cannot be opened here. */
  readonly identity: Identity | null
}

/** A record with what it could not say, as told last by a source that could. */
export interface KeptEntry {
  readonly entry: ParsedEntry
  /** Fields of it that the record did not say. */
  readonly keptFields: ReadonlySet<string>
}

/**
 * Puts a record together with what its format cannot say. A format replaces the facts that it can carry, an empty one
 * too; the rest stays. [FEED-24]
 * @param carries fields that the format has a place for; null: every one
 */
export function withKept(
  said: ParsedEntry,
  known: KnownFacts,
  carries: ReadonlySet<FieldName> | null,
): KeptEntry {
  if (carries === null) return { entry: said, keptFields: NONE }
  const identity = keptIdentity(said.identity, known.identity, carries)
  const kept = Object.entries(known.kept ?? {})
  const facts =
    kept.length === 0 ? said.facts : inOrder(new Map([...Object.entries(said.facts), ...kept]))
  const keptFields = new Set(kept.map(([name]) => name))
  for (const name of IDENTITY_NAMES) {
    if (identity[name] !== undefined && said.identity[name] === undefined) keptFields.add(name)
  }
  return { entry: { ...said, facts: facts ?? said.facts, identity }, keptFields }
}

/**
 * What is to be told of a record that was judged with kept facts. Whoever sent the record cannot mend those, so a
 * warning of one is left to the source that told it, and one that no longer fits is told as dropped. [FEED-24]
 */
export function issuesOfKept(
  issues: readonly Issue[],
  keptFields: ReadonlySet<string>,
): readonly Issue[] {
  if (keptFields.size === 0) return issues
  return issues.flatMap((issue): readonly Issue[] => {
    if (!keptFields.has(issue.field)) return [issue]
    if (issue.severity !== 'refuses-field') return []
    const message = `${issue.field}, told by another feed, no longer fits this record and was dropped: ${issue.message}`
    const fix = `Send ${issue.field} again by the feed that has it, if it still holds.`
    return [{ ...issue, code: 'FEED-24', severity: 'warns', message, fix }]
  })
}

const NONE: ReadonlySet<string> = new Set()

/**
 * A record that names nobody leaves who is known. One with another NHS number is of somebody else, and a name known
 * under the former number is not theirs.
 */
function keptIdentity(
  said: Identity,
  known: Identity | null,
  carries: ReadonlySet<FieldName>,
): Identity {
  if (known === null) return said
  if (Object.keys(said).length === 0) return known
  const { nhsNumber } = known
  if (said.nhsNumber !== undefined && nhsNumber !== undefined && said.nhsNumber !== nhsNumber) {
    return said
  }
  const identity: Record<string, string> = {}
  for (const name of IDENTITY_NAMES) {
    const value = said[name] ?? (carries.has(name) ? undefined : known[name])
    if (value !== undefined) identity[name] = value
  }
  return identity
}
