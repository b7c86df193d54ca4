import type { ListFilter, ListRow } from '../../shared/list.ts'
import { clocks as clocksOn } from '../domain/clock/clock.ts'
import { bandOf } from '../domain/clock/band.ts'
import { deadlines } from '../domain/rank/deadlines.ts'
import { place } from '../domain/rank/place.ts'
import type { Board } from './board.ts'
import { readCursor, writeCursor } from './cursor.ts'
import { facets, packedScope, packedView } from './facets.ts'
import type { HeldEntry } from './held-entry.ts'
import type { CursorPage, Facets, LiveEntry, Page, Viewer } from './live-entry.ts'
import type { Ranked } from './ranked.ts'
import { listRow } from './row.ts'
import type { ListScope } from './scope.ts'
import { scopeOf } from './scope.ts'

/** Built rows kept at most; past it all are forgotten, which costs a few microseconds each to build again. */
const ROWS_KEPT = 20_000
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
  readonly facets: (filter: ListFilter, viewer: Viewer) => Facets
  readonly count: (filter: ListFilter, viewer: Viewer) => number
  readonly position: (id: number, filter: ListFilter, viewer: Viewer) => number
  readonly row: (id: number, viewer: Viewer) => ListRow | undefined
  readonly entry: (id: number) => LiveEntry | undefined
  readonly entries: () => Iterable<LiveEntry>
  readonly maySee: (id: number, viewer: Viewer) => boolean
  /** These rows differ now: build them again when asked. */
  readonly forget: (ids: ReadonlySet<number> | 'all') => void
}

export function reading(board: Board, isTrust: (organisation: string) => boolean): Reading {
  /** Rows as built, for those on the pathway and for those who oversee all. */
  const rows = {
    organisation: new Map<number, ListRow>(),
    all: new Map<number, ListRow>(),
  }

  function viewOf(filter: ListFilter, scope: ListScope, viewer: Viewer): Ranked {
    const attributes = board.attributes.filter(filter)
    const text = (filter.text ?? '').trim().toLowerCase()
    if (attributes.mask === 0 && !attributes.never && text === '' && scope.kind === 'all')
      return board.all
    const ownTrust = text !== '' && scope.kind === 'organisation' ? viewer.organisation : null
    return board.views.view({ attributes, scope, text, ownTrust })
  }

  function rowAt(slot: number, rank: number, scope: ListScope): ListRow | undefined {
    const entry = board.entry(slot)
    if (entry === undefined) return undefined
    const kept = rows[scope.kind]
    const known = kept.get(entry.id)
    if (known?.rank === rank) return known
    const whole = known ?? built(slot, entry, rank)
    const row =
      known !== undefined ? { ...known, rank } : scope.kind === 'all' ? unquoted(whole) : whole
    if (kept.size >= ROWS_KEPT) kept.clear()
    kept.set(entry.id, row)
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

  function rowsOf(view: Ranked, from: number, count: number, scope: ListScope): ListRow[] {
    const whole = view === board.all
    const found: ListRow[] = []
    for (const slot of view.slice(from, count)) {
      const rank = whole ? from + found.length : placeOf(slot, board.all)
      const row = rowAt(slot, rank + 1, scope)
      if (row !== undefined) found.push(row)
    }
    return found
  }

  function placeOf(slot: number, view: Ranked): number {
    return view.rank(board.keyOf(slot), board.entry(slot)?.id ?? 0)
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
      return { total: view.size(), rows: rowsOf(view, from, count, scope) }
    },
    pageAfter(filter, cursor, count, viewer) {
      const scope = scoped(viewer)
      const view = viewOf(filter, scope, viewer)
      const after = cursor === '' ? null : readCursor(cursor)
      // Ids are whole: half a step past one is after it and before the next.
      const from = after === null ? 0 : view.rank(after.key, after.id + 0.5)
      const found = rowsOf(view, from, count, scope)
      const last = found.at(-1)
      const more = last !== undefined && from + found.length < view.size()
      const slot = last === undefined ? undefined : board.slotOf(last.id)
      const nextCursor =
        more && slot !== undefined ? writeCursor({ key: board.keyOf(slot), id: last.id }) : null
      return { total: view.size(), rows: found, nextCursor }
    },
    facets(filter, viewer) {
      const scope = scoped(viewer)
      if ((filter.text ?? '').trim() === '') return facets(board, filter, packedScope(board, scope))
      const matching = viewOf({ text: filter.text }, scope, viewer)
      return facets(board, filter, packedView(board, matching))
    },
    count: (filter, viewer) => viewOf(filter, scoped(viewer), viewer).size(),
    position(id, filter, viewer) {
      const slot = board.slotOf(id)
      if (slot === undefined) return -1
      const view = viewOf(filter, scoped(viewer), viewer)
      const at = placeOf(slot, view)
      return view.slice(at, 1)[0] === slot ? at : -1
    },
    row(id, viewer) {
      const slot = board.slotOf(id)
      const scope = scoped(viewer)
      if (slot === undefined || !board.organisations.includes(board.organisationSetOf(slot), scope))
        return undefined
      return rowAt(slot, placeOf(slot, board.all) + 1, scope)
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
      return board.organisations.includes(board.organisationSetOf(slot), scoped(viewer))
    },
    forget(ids) {
      for (const kept of [rows.organisation, rows.all]) {
        if (ids === 'all') kept.clear()
        else for (const id of ids) kept.delete(id)
      }
    },
  }
}

/** A row for who is not on the pathway: what is to be done next stays with those who are. [RNK-16] */
function unquoted(row: ListRow): ListRow {
  if (row.nextAction === null) return row
  return { ...row, nextAction: { ...row.nextAction, text: UNQUOTED, owner: null } }
}
