import type { AttributeFilter } from '../held/attributes.ts'
import { keptOf } from './keeping.ts'
import type { Keeping } from './keeping.ts'
import type { Columns, Narrowing } from './matching.ts'
import { setMatching } from './matching.ts'
import type { Ranked } from '../order/ranked.ts'
import type { ListScope } from '../scope.ts'

/** Of some 40 KB each at 300,000 entries. */
const VIEWS_LIMIT = 128
/** Arrays of views let go, to be used again: collecting them as garbage stops the loop for longer than a look takes. */
const SPARES_LIMIT = 32

/** Rows of the list, in rank order, until another is asked for. Places count from 0 among these rows only. */
export interface View {
  readonly size: () => number
  /** The slots from place `from`, fewer at the end. */
  slice(from: number, count: number): number[]
  /** The first slots after (key, id), whether or not that is here itself. */
  sliceAfter(key: number, id: number, count: number): number[]
  /** Place of a slot; -1 when it is not here. */
  placeOf(slot: number): number
}

/** Which rows a view holds. */
export interface ViewFilter {
  readonly attributes: AttributeFilter
  readonly scope: ListScope
  /** In lower case; '' for none. */
  readonly text: string
  /** The trust whose record keys and next actions the text may match; null: pseudonyms only. [RNK-16] */
  readonly ownTrust: string | null
  /** Only what changed since this person looked; null: whether or not it did. [RNK-17] */
  readonly newTo: string | null
}

/** What a view asks of the list it is cut from. */
export interface ViewSource {
  readonly columns: () => Columns
  readonly maySee: (slot: number, scope: ListScope) => boolean
  readonly matchesText: (slot: number, text: string, ownTrust: string | null) => boolean
  readonly isNewTo: (slot: number, personId: string) => boolean
  /** The same three for all slots at once. */
  readonly narrowing: (filter: Omit<ViewFilter, 'attributes'>) => Narrowing
  /** Everybody, in rank order. */
  readonly all: Ranked
  /** Place of a slot among everybody. */
  readonly placeOf: (slot: number) => number
}

export interface Views extends Keeping {
  /** Everybody. */
  readonly whole: View
  /** The rows that match: kept from the last time where it can be. */
  view(filter: ViewFilter): View
}

interface Kept {
  readonly filter: ViewFilter
  bits: Uint32Array
  total: number
  readonly view: View
}

/**
 * Filtered lists that people look at: a bit for each slot, kept right as entries change. Rows are found by walking
 * the order of everybody past the bits, so a filter asked for the first time needs no sorting and no memory to speak
 * of. The 128 used last are kept.
 */
export function views(source: ViewSource): Views {
  const kept = new Map<string, Kept>()
  const spares: Uint32Array[] = []
  const { all, placeOf } = source
  const keeping = { most: VIEWS_LIMIT, make: build, letGo }

  /** @param word the slot's own two words: they are looked up once for all views */
  function matches(slot: number, word: readonly [number, number], filter: ViewFilter): boolean {
    const { attributes, scope, text, ownTrust, newTo } = filter
    const { mask, value, impossible } = attributes
    return (
      (((word[0] ^ value[0]) & mask[0]) | impossible[0]) === 0 &&
      (((word[1] ^ value[1]) & mask[1]) | impossible[1]) === 0 &&
      source.maySee(slot, scope) &&
      (text === '' || source.matchesText(slot, text, ownTrust)) &&
      (newTo === null || source.isNewTo(slot, newTo))
    )
  }

  function build(filter: ViewFilter): Kept {
    const columns = source.columns()
    const bits = emptyBits((columns.words[0].length >>> 5) + 1)
    const total = setMatching(columns, filter.attributes, source.narrowing(filter), bits)
    const made: Kept = { filter, bits, total, view: viewOf(() => made) }
    return made
  }

  function emptyBits(length: number): Uint32Array {
    const spare = spares.pop()
    return spare?.length === length ? spare.fill(0) : new Uint32Array(length)
  }

  function letGo(name: string, { bits }: Kept): void {
    kept.delete(name)
    if (spares.length < SPARES_LIMIT) spares.push(bits)
  }

  function viewOf(of: () => Kept): View {
    return {
      size: () => of().total,
      slice: (from, count) => all.pick(of().bits, 0, from, count),
      // Ids are whole: half a step past one is after it and before the next.
      sliceAfter: (key, id, count) => all.pick(of().bits, all.rank(key, id + 0.5), 0, count),
      placeOf: (slot) => (has(of().bits, slot) ? all.tally(of().bits, placeOf(slot)) : -1),
    }
  }

  return {
    whole: {
      size: () => all.size(),
      slice: (from, count) => all.slice(from, count),
      sliceAfter: (key, id, count) => all.slice(all.rank(key, id + 0.5), count),
      placeOf,
    },
    view(filter) {
      return keptOf(kept, filter, keeping).view
    },
    remove(slot) {
      for (const view of kept.values()) {
        if (!has(view.bits, slot)) continue
        view.bits[slot >>> 5] = (view.bits[slot >>> 5] ?? 0) & ~(1 << (slot & 31))
        view.total -= 1
      }
    },
    insert(slot) {
      const { words } = source.columns()
      const word = [words[0][slot] ?? 0, words[1][slot] ?? 0] as const
      for (const view of kept.values()) {
        if (has(view.bits, slot) || !matches(slot, word, view.filter)) continue
        if (slot >>> 5 >= view.bits.length) view.bits = roomier(view.bits, slot)
        view.bits[slot >>> 5] = (view.bits[slot >>> 5] ?? 0) | (1 << (slot & 31))
        view.total += 1
      }
    },
    forgetNewTo(personId) {
      for (const [name, view] of kept) if (view.filter.newTo === personId) letGo(name, view)
    },
    kept: () => kept.size,
    clear() {
      for (const [name, view] of kept) letGo(name, view)
    },
  }
}

function has(bits: Uint32Array, slot: number): boolean {
  return (((bits[slot >>> 5] ?? 0) >>> (slot & 31)) & 1) === 1
}

function roomier(bits: Uint32Array, slot: number): Uint32Array {
  const wider = new Uint32Array(2 * ((slot >>> 5) + 1))
  wider.set(bits)
  return wider
}
