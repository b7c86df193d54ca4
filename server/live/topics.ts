import type { DeliveryNotice, CapacityTouched, ListWindow } from '../../shared/protocol.ts'
import { capacityTouched, deliveryNotice } from '../../shared/protocol.ts'
import type { FeedNotice } from '../../shared/feed-health.ts'
import { feedNotice } from '../../shared/feed-health.ts'
import type { Suggestion } from '../../shared/suggestion.ts'
import type { ChangeRow, LiveList, Viewer } from '../list/live-entry.ts'
import type { SuggestionBook } from '../reassignment/suggestions/book.ts'
import { isSameValue, listDiff } from './list-diff.ts'
import type { WindowState } from './list-diff.ts'
import type { ScopeKind } from './scope.ts'

/** The rows of a window, as this viewer may see them at this moment. [LIVE-3, LIVE-5] */
export function listScope(
  list: LiveList,
  window: ListWindow,
  viewer: Viewer,
  written: (message: object) => string,
): ScopeKind<WindowState> {
  return {
    topic: 'list',
    written,
    load() {
      const { total, rows } = list.page(window.filter, window.from, window.count, viewer)
      return { asOf: list.asOf(), total, rows }
    },
    reset: ({ asOf, total, rows }) => ({ window, asOf, total, rows }),
    patch: (before, after) => listDiff(before, after) ?? 'same',
  }
}

/** Suggestions this viewer may see: the live ones and those lately ended. [LIVE-3] */
export function suggestionsScope(
  suggestions: Pick<SuggestionBook, 'visibleTo'>,
  viewer: Viewer,
): ScopeKind<ReadonlyMap<string, Suggestion>> {
  return {
    topic: 'suggestions',
    load: () => new Map(suggestions.visibleTo(viewer).map((item) => [item.id, item])),
    reset: (state) => ({ items: [...state.values()] }),
    patch(before, after) {
      const upserts = [...after.values()].filter((item) => !isSameValue(item, before.get(item.id)))
      const removes = [...before.keys()].filter((id) => !after.has(id))
      if (upserts.length === 0 && removes.length === 0) return 'same'
      return {
        ...(upserts.length === 0 ? {} : { upserts }),
        ...(removes.length === 0 ? {} : { removes }),
      }
    },
  }
}

/** Things that happened, numbered from 0; only the last `keep` are remembered. */
export interface Happenings<T> {
  push(item: T): void
  count(): number
  /** Those from number `from` on, or null when some of them are forgotten. */
  since(from: number): readonly T[] | null
}

export function openHappenings<T>(keep: number): Happenings<T> {
  const kept: T[] = []
  let count = 0
  return {
    push(item) {
      kept.push(item)
      count += 1
      if (kept.length > keep) kept.shift()
    },
    count: () => count,
    since: (from) => (from < count - kept.length ? null : kept.slice(from - count + kept.length)),
  }
}

/** Which kinds of slots changed, or null for new prices: the numbers are read over HTTP. [LIVE-9] */
export function capacityScope(touched: Happenings<CapacityTouched | null>): ScopeKind<number> {
  return happeningScope('capacity', touched, (items) => {
    const distinct = new Map<string, CapacityTouched>()
    for (const item of items) if (item !== null) distinct.set(`${item.site} ${item.step}`, item)
    return { touched: [...distinct.values()] }
  })
}

/** Deliveries and alarms of the trusts this viewer may look into; the last word on each delivery. [LIVE-3, LIVE-9] */
export function feedsScope(
  happened: Happenings<DeliveryNotice | FeedNotice>,
  mayLookInto: (trust: string) => boolean,
): ScopeKind<number> {
  return happeningScope('feeds', happened, (items) => {
    const latest = new Map<string, DeliveryNotice>()
    const notices: FeedNotice[] = []
    for (const item of items) {
      if (!mayLookInto(item.trust)) continue
      if ('notice' in item) notices.push(item)
      else latest.set(item.id, item)
    }
    if (latest.size === 0 && notices.length === 0) return 'same'
    const deliveries = [...latest.values()].reverse()
    return notices.length === 0 ? { deliveries } : { deliveries, notices }
  })
}

/** Nothing but "the measures are others now". [LIVE-9] */
export function measuresScope(changes: Happenings<null>): ScopeKind<number> {
  return happeningScope('measures', changes, () => ({}))
}

/** The slots a change-log row of this topic touched; null for a new plan, whose prices are for all slots. */
export function touchedBy(row: ChangeRow): CapacityTouched | null {
  const result = capacityTouched.safeParse(row.payload)
  return result.success ? result.data : null
}

/** The delivery or the alarm that a change-log row tells of, or null. */
export function feedHappeningOf(row: ChangeRow): DeliveryNotice | FeedNotice | null {
  if (row.topic !== 'feeds') return null
  const schema = row.kind === 'delivery' ? deliveryNotice : feedNotice
  const result = schema.safeParse(row.payload)
  return result.success ? result.data : null
}

function happeningScope<T>(
  topic: 'capacity' | 'feeds' | 'measures',
  happenings: Happenings<T>,
  body: (items: readonly T[]) => object | 'same',
): ScopeKind<number> {
  return {
    topic,
    load: () => happenings.count(),
    reset: () => ({}),
    patch(before, after) {
      const items = happenings.since(before)
      if (items === null) return 'reset'
      const until = items.slice(0, after - before)
      return until.length === 0 ? 'same' : body(until)
    },
  }
}
