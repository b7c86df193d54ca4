import type { AttributeFilter } from './attributes.ts'
import type { Ranked } from './ranked.ts'
import { ranked } from './ranked.ts'
import type { ListScope } from './scope.ts'

const VIEWS_LIMIT = 64

/** Which rows a view holds. */
export interface ViewFilter {
  readonly attributes: AttributeFilter
  readonly scope: ListScope
  /** In lower case; '' for none. */
  readonly text: string
  /** The trust whose record keys and next actions the text may match; null: pseudonyms only. [RNK-16] */
  readonly ownTrust: string | null
}

/** What a view asks of the list it is cut from. */
export interface ViewSource {
  readonly ids: () => Float64Array
  readonly keys: () => Float64Array
  readonly attributesOf: (slot: number) => number
  readonly maySee: (slot: number, scope: ListScope) => boolean
  /** The same by number of the set of organisations, and that number by slot: for all slots at once. */
  readonly setsSeen: (scope: ListScope) => Uint8Array | null
  readonly setOf: (slot: number) => number
  readonly matchesText: (slot: number, text: string, ownTrust: string | null) => boolean
  /** The same for all slots at once. */
  readonly findText: (text: string, ownTrust: string | null) => Uint8Array
  /** Every slot in rank order. */
  readonly each: (visit: (slot: number) => void) => void
}

export interface Views {
  /** The rows that match, in rank order: kept from the last time where it can be. */
  view(filter: ViewFilter): Ranked
  /** To be called with the key a slot had while everything about it is still as it was. */
  remove(slot: number, key: number): void
  /** To be called once everything about a slot is as it will be. */
  insert(slot: number, key: number): void
  /** Forgets all: cheaper than following when much changes at once. */
  clear(): void
}

/**
 * Filtered lists that people look at, each kept in order as entries move, so that a page deep in a filter costs
 * what a page of the whole list costs. The 64 used last are kept.
 */
export function views(source: ViewSource): Views {
  const kept = new Map<string, { readonly filter: ViewFilter; readonly rows: Ranked }>()

  function matches(slot: number, { attributes, scope, text, ownTrust }: ViewFilter): boolean {
    return (
      !attributes.never &&
      (source.attributesOf(slot) & attributes.mask) === attributes.value &&
      source.maySee(slot, scope) &&
      (text === '' || source.matchesText(slot, text, ownTrust))
    )
  }

  function build(filter: ViewFilter): Ranked {
    const { mask, value, never } = filter.attributes
    const seen = source.setsSeen(filter.scope)
    const withText = filter.text === '' ? null : source.findText(filter.text, filter.ownTrust)
    const rows = ranked(source.ids)
    let found = new Int32Array(1024)
    let count = 0
    source.each((slot) => {
      if (never || (source.attributesOf(slot) & mask) !== value) return
      if (withText !== null && withText[slot] !== 1) return
      if (seen !== null && seen[source.setOf(slot)] !== 1) return
      if (count === found.length) {
        const wider = new Int32Array(found.length * 2)
        wider.set(found)
        found = wider
      }
      found[count] = slot
      count += 1
    })
    rows.load(found.subarray(0, count), source.keys())
    return rows
  }

  return {
    view(filter) {
      const name = JSON.stringify(filter)
      const known = kept.get(name)
      if (known !== undefined) {
        kept.delete(name)
        kept.set(name, known)
        return known.rows
      }
      const rows = build(filter)
      kept.set(name, { filter, rows })
      for (const oldest of kept.keys()) {
        if (kept.size <= VIEWS_LIMIT) break
        kept.delete(oldest)
      }
      return rows
    },
    remove(slot, key) {
      for (const { filter, rows } of kept.values()) {
        if (matches(slot, filter)) rows.remove(slot, key)
      }
    },
    insert(slot, key) {
      for (const { filter, rows } of kept.values()) {
        if (matches(slot, filter)) rows.insert(slot, key)
      }
    },
    clear: () => kept.clear(),
  }
}
