import type { FacetCounts, ListFilter, ListRow } from '../../shared/list.ts'
import { clocks as clocksOn } from '../domain/clock/clock.ts'
import { bandOf } from '../domain/clock/band.ts'
import { deadlines } from '../domain/rank/deadlines.ts'
import { place } from '../domain/rank/place.ts'
import type { Board } from './board.ts'
import { readCursor, writeCursor } from './cursor.ts'
import type { HeldEntry } from './held/held-entry.ts'
import type { CursorPage, LiveEntry, Page, Viewer } from './live-entry.ts'
import { listRow } from './row.ts'
import type { ListScope } from './scope.ts'
import { readsText, scopeOf } from './scope.ts'
import type { View } from './filter/views.ts'

/** Built rows kept at most, some 700 bytes each; past it all are forgotten, to be built again when asked for. */
const ROWS_KEPT = 400_000
const ROWS_A_TURN = 20
/** Free text may name somebody; that an action is set, and for when, names nobody. [RNK-16] */
const UNQUOTED = 'Set by the trust'

/** What can be asked of a board; the same answers the live list gives. */
export interface Reading {
  readonly page: (filter: ListFilter, from: number, count: number, viewer: Viewer) => Page
  readonly pageAfter: (
    filter: ListFilter,
    cursor: string,
    count: number,
    viewer: Viewer,
  ) => CursorPage
  readonly facets: (filter: ListFilter, viewer: Viewer) => FacetCounts
  readonly count: (filter: ListFilter, viewer: Viewer) => number
  readonly position: (id: number, filter: ListFilter, viewer: Viewer) => number
  readonly row: (id: number, viewer: Viewer) => ListRow | undefined
  readonly entry: (id: number) => LiveEntry | undefined
  readonly entries: () => Iterable<LiveEntry>
  readonly maySee: (id: number, viewer: Viewer) => boolean
  /** These rows differ now: build them again when asked. */
  readonly forget: (ids: ReadonlySet<number> | 'all') => void
  /** Builds the rows nobody has asked for yet, a few at each turn, from the top. */
  warm(): Iterable<void>
}

/** What can be asked of a board. @param isTrust decides what a read-only person sees */
export function reading(board: Board, isTrust: (organisation: string) => boolean): Reading {
  /** Rows as built, for those who care for people; and, where they differ, for those who read no free text. */
  const rows = {
    organisation: new Map<number, ListRow>(),
    all: new Map<number, ListRow>(),
  }

  function narrowedTo(filter: ListFilter, scope: ListScope, viewer: Viewer) {
    const text = (filter.text ?? '').trim().toLowerCase().replaceAll('\n', ' ')
    const ownTrust = text !== '' && readsText(scope) ? viewer.organisation : null
    return { scope, text, ownTrust, newTo: filter.changed === 'new' ? viewer.personId : null }
  }

  function viewOf(filter: ListFilter, scope: ListScope, viewer: Viewer): View {
    const attributes = board.filtering.attributes.filter(filter, readsText(scope))
    const narrowing = narrowedTo(filter, scope, viewer)
    const isAll =
      [...attributes.mask, ...attributes.impossible].every((bits) => bits === 0) &&
      narrowing.text === '' &&
      narrowing.newTo === null &&
      scope.kind === 'all'
    return isAll
      ? board.filtering.views.whole
      : board.filtering.views.view({ attributes, ...narrowing })
  }

  function rowAt(slot: number, rank: number, scope: ListScope): ListRow | undefined {
    const entry = board.entry(slot)
    if (entry === undefined) return undefined
    if (readsText(scope) || entry.nextAction === null) return wholeRow(slot, entry, rank)
    const known = rows.all.get(entry.id)
    if (known?.rank === rank) return known
    const row = known === undefined ? unquoted(wholeRow(slot, entry, rank)) : { ...known, rank }
    rows.all.set(entry.id, row)
    return row
  }

  function wholeRow(slot: number, entry: HeldEntry, rank: number): ListRow {
    const known = rows.organisation.get(entry.id)
    if (known?.rank === rank) return known
    const row = known === undefined ? built(slot, entry, rank) : { ...known, rank }
    if (rows.organisation.size >= ROWS_KEPT) {
      rows.organisation.clear()
      rows.all.clear()
    }
    rows.organisation.set(entry.id, row)
    return row
  }

  function built(slot: number, entry: HeldEntry, rank: number): ListRow {
    const waitDays = board.waitDays(slot)
    const clocks = clocksOn(entry.facts, board.asOf())
    const policy = board.policy()
    return listRow({
      entry,
      alsoAt: board.pathways.alsoAt(entry),
      clocks,
      place: place(entry.facts, clocks, policy, board.asOf(), entry.override),
      policy,
      waitDays,
      band: waitDays === null ? null : bandOf(waitDays),
      rank,
    })
  }

  /** @param from place of the first in the whole list, where they stand there one after another */
  function rowsOf(slots: readonly number[], scope: ListScope, from: number | null): ListRow[] {
    const found: ListRow[] = []
    for (const slot of slots) {
      const place = from === null ? board.filtering.views.whole.placeOf(slot) : from + found.length
      const row = rowAt(slot, place + 1, scope)
      if (row !== undefined) found.push(row)
    }
    return found
  }

  function live(slot: number): LiveEntry | undefined {
    const entry = board.entry(slot)
    if (entry === undefined) return undefined
    const { facts, override } = entry
    const asOf = board.asOf()
    const policy = board.policy()
    let clocks: LiveEntry['clocks'] | undefined
    const { id, trust, state, organisations, pseudonym, tumour, route } = entry
    const { step, stepInferred, suggestion, seq } = entry
    return {
      ...{ id, trust, state, facts, organisations, pseudonym, tumour, route },
      ...{ step, stepInferred, override, suggestion, seq },
      get alsoAt() {
        return board.pathways.alsoAt(entry)
      },
      get pathwayId() {
        const pathway = board.pathways.of(entry)
        return pathway.length < 2 ? null : (pathway[0] ?? null)
      },
      get clocks() {
        return (clocks ??= clocksOn(facts, asOf))
      },
      get place() {
        return place(facts, this.clocks, policy, asOf, override)
      },
      get deadlines() {
        return deadlines(facts, this.clocks, policy, asOf)
      },
    }
  }

  const scoped = (viewer: Viewer) => scopeOf(viewer, isTrust)
  return {
    page(filter, from, count, viewer) {
      const scope = scoped(viewer)
      const view = viewOf(filter, scope, viewer)
      const isWhole = view === board.filtering.views.whole
      const rows = rowsOf(view.slice(from, count), scope, isWhole ? from : null)
      return { total: view.size(), rows }
    },
    pageAfter(filter, cursor, count, viewer) {
      const scope = scoped(viewer)
      const view = viewOf(filter, scope, viewer)
      const after = cursor === '' ? { key: -1, id: -1 } : readCursor(cursor)
      // One more than asked for tells whether there are more.
      const slots = view.sliceAfter(after.key, after.id, count + 1)
      const found = rowsOf(slots.slice(0, count), scope, null)
      const last = slots.length > count ? found.at(-1) : undefined
      const slot = last === undefined ? undefined : board.slotOf(last.id)
      const nextCursor =
        last !== undefined && slot !== undefined
          ? writeCursor({ key: board.keyOf(slot), id: last.id })
          : null
      return { total: view.size(), rows: found, nextCursor }
    },
    facets(filter, viewer) {
      const scope = scoped(viewer)
      const whose = { personId: viewer.personId, knowsOwners: readsText(scope) }
      const attributes = board.filtering.attributes.filter(filter, whose.knowsOwners)
      return board.filtering.facets.of({
        attributes,
        ...narrowedTo(filter, scope, viewer),
        ...whose,
      })
    },
    count: (filter, viewer) => viewOf(filter, scoped(viewer), viewer).size(),
    position(id, filter, viewer) {
      const slot = board.slotOf(id)
      return slot === undefined ? -1 : viewOf(filter, scoped(viewer), viewer).placeOf(slot)
    },
    row(id, viewer) {
      const slot = board.slotOf(id)
      const scope = scoped(viewer)
      if (
        slot === undefined ||
        !board.filtering.organisations.includes(board.organisationSetOf(slot), scope)
      )
        return undefined
      return rowAt(slot, board.filtering.views.whole.placeOf(slot) + 1, scope)
    },
    entry(id) {
      const slot = board.slotOf(id)
      return slot === undefined ? undefined : live(slot)
    },
    *entries() {
      for (const slot of board.all.slice(0, board.size())) {
        const entry = live(slot)
        if (entry !== undefined) yield entry
      }
    },
    maySee(id, viewer) {
      const slot = board.slotOf(id)
      if (slot === undefined) return false
      return board.filtering.organisations.includes(board.organisationSetOf(slot), scoped(viewer))
    },
    forget(ids) {
      for (const kept of [rows.organisation, rows.all]) {
        if (ids === 'all') kept.clear()
        else for (const id of ids) kept.delete(id)
      }
    },
    *warm() {
      const size = Math.min(board.size(), ROWS_KEPT)
      for (let from = 0; from < size; from += ROWS_A_TURN) {
        for (const [at, slot] of board.all.slice(from, ROWS_A_TURN).entries())
          rowAt(slot, from + at + 1, { kind: 'all' })
        yield
      }
    },
  }
}

/** A row for who reads no free text: what is to be done next stays with those who are. [RNK-16] */
function unquoted(row: ListRow): ListRow {
  if (row.nextAction === null) return row
  return { ...row, nextAction: { ...row.nextAction, text: UNQUOTED, owner: null } }
}
