import type { CloseName, ListWindow, CapacityTouched, DeliveryNotice } from './protocol.ts'
import type { ListPatch, PatchMessage, ResetMessage } from './protocol.ts'
import type { IsoDate } from './date.ts'
import type { ListRow } from './list.ts'
import type { Suggestion } from './suggestion.ts'

/** What a client holds, exactly as the server does; each part is null until its first reset. */
export interface LiveState {
  readonly connection: LiveConnection
  readonly list: LiveListState | null
  readonly suggestions: {
    readonly seq: number
    /** Live suggestions the viewer may see, by id. */
    readonly byId: ReadonlyMap<string, Suggestion>
  } | null
  /** `touched` is what the last message named, null after a reset: read it all again. */
  readonly capacity: {
    readonly seq: number
    readonly touched: readonly CapacityTouched[] | null
  } | null
  /** Newest first, at most `KEPT_DELIVERIES`. */
  readonly feeds: { readonly seq: number; readonly deliveries: readonly DeliveryNotice[] } | null
  readonly measures: { readonly seq: number } | null
}

export type LiveConnection =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live'; readonly stream: string }
  /** Lost; tries again by itself in `retryInMs`. What is shown is `seq` old. */
  | { readonly kind: 'waiting'; readonly retryInMs: number }
  /** Closed for good: by the caller (null) or with a code after which coming back is no use. */
  | { readonly kind: 'ended'; readonly because: CloseName | null }

export interface LiveListState {
  readonly seq: number
  readonly window: ListWindow
  readonly asOf: IsoDate
  readonly total: number
  readonly rows: readonly ListRow[]
}

export const KEPT_DELIVERIES = 50

export const emptyLiveState: LiveState = {
  connection: { kind: 'connecting' },
  list: null,
  suggestions: null,
  capacity: null,
  feeds: null,
  measures: null,
}

/** The state after a reset: the topic's part is replaced whole. */
export function applyReset(state: LiveState, reset: ResetMessage): LiveState {
  const { seq } = reset
  switch (reset.topic) {
    case 'list': {
      const { window, asOf, total, rows } = reset
      return { ...state, list: { seq, window, asOf, total, rows } }
    }
    case 'suggestions':
      return {
        ...state,
        suggestions: { seq, byId: new Map(reset.items.map((item) => [item.id, item])) },
      }
    case 'capacity':
      return { ...state, capacity: { seq, touched: null } }
    case 'feeds':
      return { ...state, feeds: { seq, deliveries: [] } }
    case 'measures':
      return { ...state, measures: { seq } }
  }
}

/**
 * The state after a patch, or null when the patch does not fit what is held: the caller must then ask for a
 * reset, never guess. A patch to a topic not held is passed over: its reset is on the way. [LIVE-4]
 */
export function applyPatch(state: LiveState, patch: PatchMessage): LiveState | null {
  const held = state[patch.topic]
  if (held === null) return state
  if (held.seq !== patch.baseSeq) return null
  const { seq } = patch
  switch (patch.topic) {
    case 'list': {
      const list = state.list === null ? null : applyListPatch(state.list, patch)
      return list === null ? null : { ...state, list }
    }
    case 'suggestions': {
      const byId = new Map(state.suggestions?.byId)
      for (const id of patch.removes ?? []) byId.delete(id)
      for (const item of patch.upserts ?? []) byId.set(item.id, item)
      return { ...state, suggestions: { seq, byId } }
    }
    case 'capacity':
      return { ...state, capacity: { seq, touched: patch.touched } }
    case 'feeds': {
      const named = new Set(patch.deliveries.map((delivery) => delivery.id))
      const older = (state.feeds?.deliveries ?? []).filter((delivery) => !named.has(delivery.id))
      const deliveries = [...patch.deliveries, ...older].slice(0, KEPT_DELIVERIES)
      return { ...state, feeds: { seq, deliveries } }
    }
    case 'measures':
      return { ...state, measures: { seq } }
  }
}

/**
 * A list window after a patch; rows that did not change keep their identity, so a page redraws only what moved.
 * @returns null when the patch names a row that is not held. [LIVE-5]
 */
export function applyListPatch(held: LiveListState, patch: ListPatch): LiveListState | null {
  const byId = new Map(held.rows.map((row) => [row.id, row]))
  for (const row of patch.rows ?? []) byId.set(row.id, row)
  const order = patch.order ?? held.rows.map((row) => row.id)
  const rows: ListRow[] = []
  for (const [position, id] of order.entries()) {
    const row = byId.get(id)
    const rank = patch.ranks?.[position] ?? held.rows[position]?.rank
    if (row === undefined || rank === undefined) return null
    rows.push(row.rank === rank ? row : { ...row, rank })
  }
  return {
    seq: patch.seq,
    window: held.window,
    asOf: patch.asOf ?? held.asOf,
    total: patch.total ?? held.total,
    rows,
  }
}
