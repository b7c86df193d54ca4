import type { Band } from '../../../shared/vocabulary.ts'
import { dayOf } from '../../domain/clock/day.ts'
import type { Attributes } from '../held/attributes.ts'
import { ACTION_BITS, attributes, bandBits } from '../held/attributes.ts'
import type { HeldEntry } from '../held/held-entry.ts'
import type { KeptFacets } from './kept-facets.ts'
import { keptFacets } from './kept-facets.ts'
import type { Looks } from '../looks/looks.ts'
import { looks } from '../looks/looks.ts'
import type { Columns } from './matching.ts'
import { narrowings } from './narrowing.ts'
import type { OrganisationSets } from '../held/organisation-sets.ts'
import { moveWordsOn } from './new-day.ts'
import { organisationSets } from '../held/organisation-sets.ts'
import type { Ranked } from '../order/ranked.ts'
import type { ListScope } from '../scope.ts'
import type { SlotColumns } from '../held/slot-columns.ts'
import { actionAs, dueDayOf } from '../held/slot-columns.ts'
import { textSearch } from './text-search.ts'
import type { Views } from './views.ts'
import { views } from './views.ts'

/** What entries are filtered by: attributes, rights, text, and what is new to somebody; and the lists so cut out. */
export interface Filtering {
  readonly attributes: Attributes
  readonly organisations: OrganisationSets
  readonly looks: Looks
  /** Ask here for one; that slots change is told below. */
  readonly views: Pick<Views, 'whole' | 'view'>
  readonly facets: Pick<KeptFacets, 'of'>
  /** Everything of a slot that filters look at; between `remove` and `insert`. */
  write(slot: number, entry: HeldEntry, set: number, on: { band: Band | null; today: number }): void
  /** All slots on another day. @param waitDaysOn NaN where there is no wait */
  moveOn(today: number, waitDaysOn: (slot: number, day: number) => number): void
  /** A slot is no longer what it was: in nothing that is kept until `insert`. To be called while it still is. */
  remove(slot: number): void
  /** To be called once everything about a slot is as it will be. */
  insert(slot: number): void
  /** What is new to this person is no longer what it was. */
  forgetNewTo(personId: string): void
  /** Lists and counts kept now, each of which follows every change. */
  kept(): number
  /** Forgets all that is kept: cheaper than following when much changes at once. */
  clear(): void
  grow(capacity: number): void
}

export function filtering(source: {
  readonly flat: () => SlotColumns
  readonly columns: () => Columns
  readonly slotOf: (id: number) => number | undefined
  readonly all: Ranked
}): Filtering {
  const { flat, columns, slotOf, all } = source
  const codes = attributes()
  const organisations = organisationSets()
  const seen = looks()
  const search = textSearch(flat().capacity)
  const narrowing = narrowings({ columns, organisations, search, looks: seen, slotOf })
  const rows = {
    columns,
    maySee: (slot: number, scope: ListScope) =>
      organisations.includes(flat().sets[slot] ?? 0, scope),
    matchesText: search.holds,
    isNewTo: (slot: number, personId: string) =>
      seen.isNew(personId, flat().ids[slot] ?? 0, flat().seqs[slot] ?? 0),
    narrowing: narrowing.of,
  }
  const placeOf = (slot: number) => all.rank(flat().keys[slot] ?? 0, flat().ids[slot] ?? 0)
  const lists = views({ ...rows, all, placeOf })
  const counts = keptFacets({ ...rows, attributes: codes, newTo: narrowing.newTo })

  return {
    attributes: codes,
    organisations,
    looks: seen,
    views: lists,
    facets: counts,
    remove(slot) {
      lists.remove(slot)
      counts.remove(slot)
    },
    insert(slot) {
      lists.insert(slot)
      counts.insert(slot)
    },
    forgetNewTo(personId) {
      lists.forgetNewTo(personId)
      counts.forgetNewTo(personId)
    },
    kept: () => lists.kept() + counts.kept(),
    clear() {
      lists.clear()
      counts.clear()
    },
    write(slot, entry, set, { band, today }) {
      const { pseudonym, nextAction, trust, facts } = entry
      const to = flat()
      const nextText = nextAction?.text ?? null
      search.set(slot, { pseudonym, nextAction: nextText, trust, localId: facts.localId })
      to.sets[slot] = set
      to.seqs[slot] = entry.seq
      const due = nextAction?.dueOn ?? null
      const dueDay = dueDayOf(nextAction === null ? undefined : due === null ? null : dayOf(due))
      to.dueDay[slot] = dueDay
      to.words[0][slot] = codes.pack(entry) | bandBits(band) | actionAs(ACTION_BITS, dueDay, today)
      to.words[1][slot] = codes.packMore(entry)
    },
    moveOn: (today, waitDaysOn) => moveWordsOn(columns(), flat().dueDay, today, waitDaysOn),
    grow: (capacity) => search.grow(capacity),
  }
}
