import { randomUUID } from 'node:crypto'
import type { FeedNotice } from '../../shared/feed-health.ts'
import type { CapacityTouched, DeliveryNotice, LiveTopics } from '../../shared/protocol.ts'
import type { Topic } from '../../shared/vocabulary.ts'
import type { ListChange, LiveList, Viewer } from '../list/live-entry.ts'
import type { SuggestionBook } from '../reassignment/suggestions/book.ts'
import { openLiveHub } from './hub.ts'
import type { LiveHub } from './hub.ts'
import type { Wire } from './peer.ts'
import { openRowTexts } from './row-texts.ts'
import { openScope } from './scope.ts'
import { LIVE_LIMITS } from './session.ts'
import type { LiveLimits } from './session.ts'
import { capacityScope, feedsScope, listScope, measuresScope, suggestionsScope } from './topics.ts'
import type { ScopeSource } from './watched.ts'
import { feedHappeningOf, openHappenings, touchedBy } from './topics.ts'

export interface LiveOptions<P> {
  readonly wire: Wire<P>
  readonly list: LiveList
  /** Suggestions by viewer, read afresh at each round; tells when it has read changed ones. */
  readonly suggestions: Pick<SuggestionBook, 'visibleTo' | 'onChange'>
  readonly mayReadDeliveries: (viewer: Viewer, trust: string) => boolean
  readonly limits?: Partial<LiveLimits>
  readonly keptStates?: number
  readonly lingerMs?: number
  readonly restMs?: number
  readonly nowMs?: () => number
  readonly onError: (error: unknown) => void
}

/** Happenings remembered per topic: who was away longer is told to read again. */
const KEPT_HAPPENINGS = 1_000
/** Measures change with every entry; a chart needs to hear of it less often. */
const MEASURES_REST_MS = 2_000

/**
 * Ties the live list to the hub: what each topic shows to whom, and which change-log rows touch which topic.
 * @returns the hub; its `close` also stops listening to the list
 */
export function openLive<P>(options: LiveOptions<P>): LiveHub<P> {
  const { list } = options
  const touched = openHappenings<CapacityTouched | null>(KEPT_HAPPENINGS)
  const deliveries = openHappenings<DeliveryNotice | FeedNotice>(KEPT_HAPPENINGS)
  const measures = openHappenings<null>(1)
  const hub = openLiveHub({
    wire: options.wire,
    source: sourceOf(),
    stream: randomUUID(),
    limits: { ...LIVE_LIMITS, ...options.limits },
    lingerMs: options.lingerMs ?? 120_000,
    restMs: options.restMs ?? 10,
    nowMs: options.nowMs ?? (() => performance.now()),
    onError: options.onError,
  })
  let measuresTimer: NodeJS.Timeout | undefined
  const stopListening = [
    list.onChange(onChange),
    options.suggestions.onChange(() => hub.changed(['suggestions'])),
  ]

  return {
    ...hub,
    close() {
      for (const stop of stopListening) stop()
      clearTimeout(measuresTimer)
      hub.close()
    },
  }

  function onChange(change: ListChange): void {
    // What one person has looked at changes the windows of what is new to them, and nothing else.
    if (change.rows.length > 0 && change.rows.every((row) => row.kind === 'look')) {
      hub.changed(['list'])
      return
    }
    const topics = new Set<Topic>()
    if (change.reRanked || change.entryIds.size > 0) topics.add('list')
    for (const row of change.rows) {
      topics.add(row.topic)
      if (row.topic === 'capacity') touched.push(touchedBy(row))
      const happening = feedHappeningOf(row)
      if (happening !== null) deliveries.push(happening)
    }
    // the book tells when it has read them; measures have a pace of their own
    topics.delete('suggestions')
    topics.delete('measures')
    hub.changed([...topics])
    measuresTimer ??= setTimeout(() => {
      measuresTimer = undefined
      measures.push(null)
      hub.changed(['measures'])
    }, MEASURES_REST_MS).unref()
  }

  function sourceOf(): ScopeSource {
    const keep = options.keptStates ?? 64
    const written = openRowTexts()
    return {
      seq: () => list.seq,
      scope(topic, topics, viewer) {
        // What somebody may see depends on these two and on nothing else of them. [LIVE-3]
        const rights = `${viewer.role} ${viewer.organisation}`
        switch (topic) {
          case 'list': {
            const window = windowOf(topics)
            const { from, count } = window
            // What is new to one is not to another. [RNK-17]
            const looker = window.filter.changed === undefined ? '' : viewer.personId
            const filter = { ...window.filter, looker }
            const wanted = Object.entries(filter).sort(([a], [b]) => (a < b ? -1 : 1))
            return {
              key: JSON.stringify([topic, rights, wanted, from, count]),
              open: () => openScope(listScope(list, window, viewer, written), keep),
            }
          }
          case 'suggestions': {
            const kind = suggestionsScope(options.suggestions, viewer)
            return { key: `${topic} ${rights}`, open: () => openScope(kind, keep) }
          }
          case 'capacity':
            return { key: topic, open: () => openScope(capacityScope(touched), keep) }
          case 'feeds': {
            const mayLookInto = (trust: string) => options.mayReadDeliveries(viewer, trust)
            return {
              key: `${topic} ${rights}`,
              open: () => openScope(feedsScope(deliveries, mayLookInto), keep),
            }
          }
          case 'measures':
            return { key: topic, open: () => openScope(measuresScope(measures), keep) }
        }
      },
    }
  }
}

function windowOf(topics: LiveTopics) {
  if (topics.list === undefined || topics.list === false) throw new Error('no list window wanted')
  return topics.list
}
