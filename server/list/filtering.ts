import type { Band } from '../../shared/vocabulary.ts'
import { dayOf } from '../domain/clock/day.ts'
import type { Attributes } from './attributes.ts'
import { attributes, withDay } from './attributes.ts'
import type { HeldEntry } from './held-entry.ts'
import type { Looks } from './looks.ts'
import { looks } from './looks.ts'
import type { Columns } from './matching.ts'
import type { Narrowings } from './narrowing.ts'
import { narrowings } from './narrowing.ts'
import type { OrganisationSets } from './organisation-sets.ts'
import { organisationSets } from './organisation-sets.ts'
import type { Ranked } from './ranked.ts'
import type { SlotColumns } from './slot-columns.ts'
import { actionOn, dueDayOf } from './slot-columns.ts'
import { textSearch } from './text-search.ts'
import type { Views } from './views.ts'
import { views } from './views.ts'

/** What entries are filtered by: attributes, rights, text, and what is new to somebody; and the lists so cut out. */
export interface Filtering {
  readonly attributes: Attributes
  readonly organisations: OrganisationSets
  readonly looks: Looks
  readonly views: Views
  readonly narrowing: Narrowings
  /** Everything of a slot that filters look at; the views must be told apart. */
  write(slot: number, entry: HeldEntry, set: number, on: { band: Band | null; today: number }): void
  /** The same slot on another day. */
  moveOn(slot: number, on: { band: Band | null; today: number }): void
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

  return {
    attributes: codes,
    organisations,
    looks: seen,
    narrowing,
    views: views({
      columns,
      maySee: (slot, scope) => organisations.includes(flat().sets[slot] ?? 0, scope),
      matchesText: search.holds,
      isNewTo: (slot, personId) =>
        seen.isNew(personId, flat().ids[slot] ?? 0, flat().changedAt[slot] ?? 0),
      narrowing: narrowing.of,
      all,
      placeOf: (slot) => all.rank(flat().keys[slot] ?? 0, flat().ids[slot] ?? 0),
    }),
    write(slot, entry, set, { band, today }) {
      const { pseudonym, nextAction, trust, facts } = entry
      const to = flat()
      const nextText = nextAction?.text ?? null
      search.set(slot, { pseudonym, nextAction: nextText, trust, localId: facts.localId })
      to.sets[slot] = set
      to.changedAt[slot] = entry.changedAt
      const due = nextAction?.dueOn ?? null
      const dueDay = dueDayOf(nextAction === null ? undefined : due === null ? null : dayOf(due))
      to.dueDay[slot] = dueDay
      to.words[0][slot] = codes.pack(entry, band, actionOn(dueDay, today))
      to.words[1][slot] = codes.packMore(entry)
    },
    moveOn(slot, { band, today }) {
      const { words, dueDay } = flat()
      words[0][slot] = withDay(words[0][slot] ?? 0, band, actionOn(dueDay[slot] ?? 0, today))
    },
    grow: (capacity) => search.grow(capacity),
  }
}
