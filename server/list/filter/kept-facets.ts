import type { FacetCounts } from '../../../shared/list.ts'
import type { Attributes } from '../held/attributes.ts'
import { countsOf, emptyTally, isOutgrown, tallyRows } from './facets.ts'
import type { Tally } from './facets.ts'
import { keptOf } from './keeping.ts'
import type { Keeping } from './keeping.ts'
import type { Narrowing } from './matching.ts'
import type { ViewFilter, ViewSource } from './views.ts'

/** Of some 6 KB each. */
const FACETS_LIMIT = 128
const NOT_NARROWED: Narrowing = { seen: null, withText: null, fresh: null }

/** Whose counts, of which rows. */
export interface FacetFilter extends ViewFilter {
  /** What is new to them is counted. */
  readonly personId: string
  /** False: owners are not told. [RNK-16] */
  readonly knowsOwners: boolean
}

export interface KeptFacets extends Keeping {
  /** Counts for the page's filter: kept from the last time where it can be. */
  of(filter: FacetFilter): FacetCounts
}

interface Kept {
  readonly filter: FacetFilter
  readonly tally: Tally
  /** As told last; null once something changed. */
  told: FacetCounts | null
}

/**
 * Counts of the filters that people look at: one pass over everybody at first, then a few sums for each change. The
 * 128 used last are kept.
 */
export function keptFacets(
  source: Pick<ViewSource, 'columns' | 'maySee' | 'matchesText' | 'isNewTo' | 'narrowing'> & {
    readonly attributes: Attributes
    /** By slot: 1 where it is new to this person; valid until asked again. */
    readonly newTo: (personId: string) => Uint8Array
  },
): KeptFacets {
  const { attributes, columns } = source
  const kept = new Map<string, Kept>()
  const keeping = {
    most: FACETS_LIMIT,
    make: build,
    letGo: (name: string): void => void kept.delete(name),
  }
  /** The one slot that changes, as the pass over many wants to be told of it. */
  let isNew = new Uint8Array(0)

  function build(filter: FacetFilter): Kept {
    const tally = emptyTally(attributes)
    const to = columns().count
    const rows = { from: 0, to, isNew: source.newTo(filter.personId), by: 1 } as const
    tallyRows(tally, columns(), filter.attributes, source.narrowing(filter), rows)
    return { filter, tally, told: null }
  }

  function isAmong(slot: number, { scope, text, ownTrust, newTo }: FacetFilter): boolean {
    return (
      source.maySee(slot, scope) &&
      (text === '' || source.matchesText(slot, text, ownTrust)) &&
      (newTo === null || source.isNewTo(slot, newTo))
    )
  }

  function change(slot: number, by: 1 | -1): void {
    const rows = columns()
    if (slot >= isNew.length) isNew = new Uint8Array(rows.words[0].length)
    const only = { from: slot, to: slot + 1, isNew, by }
    for (const [name, one] of kept) {
      const { filter, tally } = one
      if (isOutgrown(tally, attributes)) kept.delete(name)
      else if (isAmong(slot, filter)) {
        isNew[slot] = source.isNewTo(slot, filter.personId) ? 1 : 0
        tallyRows(tally, rows, filter.attributes, NOT_NARROWED, only)
        one.told = null
      }
    }
  }

  return {
    of(filter) {
      const one = keptOf(kept, filter, keeping)
      return (one.told ??= countsOf(one.tally, attributes, filter.knowsOwners))
    },
    remove: (slot) => change(slot, -1),
    insert: (slot) => change(slot, 1),
    forgetNewTo(personId) {
      for (const [name, { filter }] of kept) if (filter.personId === personId) kept.delete(name)
    },
    kept: () => kept.size,
    clear: () => kept.clear(),
  }
}
