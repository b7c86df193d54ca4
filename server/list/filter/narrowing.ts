import type { Looks } from '../looks/looks.ts'
import type { Columns, Narrowing } from './matching.ts'
import { markedNew } from './matching.ts'
import type { OrganisationSets } from '../held/organisation-sets.ts'
import type { TextSearch } from './text-search.ts'
import type { ViewFilter } from './views.ts'

/** Everything that narrows a list besides the attributes of its rows: rights, text, and what is new to somebody. */
export interface Narrowings {
  /** Valid until asked for again. */
  readonly of: (filter: Omit<ViewFilter, 'attributes'>) => Narrowing
  readonly newTo: (personId: string) => Uint8Array
}

/** The same scratch array serves one question after another: none may be kept. */
export function narrowings(source: {
  readonly columns: () => Columns
  readonly organisations: OrganisationSets
  readonly search: Pick<TextSearch, 'find'>
  readonly looks: Looks
  readonly slotOf: (id: number) => number | undefined
}): Narrowings {
  let fresh = new Uint8Array(0)

  function newTo(personId: string): Uint8Array {
    const columns = source.columns()
    if (fresh.length < columns.count) fresh = new Uint8Array(columns.words[0].length)
    return markedNew(columns, source.looks.of(personId), source.slotOf, fresh)
  }

  return {
    newTo,
    of: (filter) => ({
      seen: source.organisations.flags(filter.scope),
      withText: filter.text === '' ? null : source.search.find(filter.text, filter.ownTrust),
      fresh: filter.newTo === null ? null : newTo(filter.newTo),
    }),
  }
}
