import type { EntryFacts, Identity, WrittenFacts } from '../../../shared/entry.ts'
import type { TakenField } from './facts.ts'
import { FACT_NAMES } from './facts.ts'

/*
 * What was found in a record, put together: the same facts read the same and hash the same, whatever order they came in.
 */

/** The facts in the order of the schema, whatever order they came in: the same facts then hash the same. */
export function inOrder(found: ReadonlyMap<string, unknown>): EntryFacts | null {
  const facts: Record<string, unknown> = {}
  for (const name of FACT_NAMES) {
    const value = found.get(name)
    if (value !== undefined) facts[name] = value
  }
  return typeof facts['localId'] === 'string' ? (facts as unknown as EntryFacts) : null
}

/**
 * Facts of the fields found, in the order of the schema whatever order they came in, and their JSON.
 * @param found `localId` among them, each once; put in order
 */
export function factsOf(found: TakenField[]): WrittenFacts {
  sortFields(found)
  const facts: Record<string, unknown> = {}
  const parts: string[] = []
  for (const { field, value, json } of found) {
    facts[field] = value
    parts.push(json)
  }
  return { facts: facts as unknown as EntryFacts, parts }
}

/** Who it is, of the fields found, in the order of the schema. @param found each once; put in order */
export function identityOfFields(found: TakenField[]): Identity {
  sortFields(found)
  const identity: Record<string, unknown> = {}
  for (const { field, value } of found) identity[field] = value
  return identity
}

/** Senders mostly keep to the order of the schema, which costs one look. */
function sortFields(found: TakenField[]): void {
  let before = -1
  for (const { place } of found) {
    if (place < before) {
      found.sort((a, b) => a.place - b.place)
      return
    }
    before = place
  }
}
