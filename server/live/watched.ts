import type { LiveTopics } from '../../shared/protocol.ts'
import type { Topic } from '../../shared/vocabulary.ts'
import type { Viewer } from '../list/live-entry.ts'
import type { Scope } from './scope.ts'

/** What there is to watch. */
export interface ScopeSource {
  /** Change log number reached. */
  seq(): number
  /** Everybody with the same key is told the same bytes; `open` makes the scope for the first of them. */
  scope(topic: Topic, topics: LiveTopics, viewer: Viewer): { key: string; open: () => Scope }
}

/** A scope and how many sockets look at it. */
export interface Watched {
  readonly scope: Scope
  /** Of the scope, after the last read. */
  version: number
  /** Times it was read. */
  reads: number
  followers: number
  /** Something may differ: it is to be read again. */
  isDirty: boolean
  /** To be read in this round, when the first of those who follow is come to. */
  isDue: boolean
  /** Since when nobody looks; null while somebody does. */
  idleSinceMs: number | null
}

export interface WatchedScopes {
  /** The scope of a topic for this viewer, made when nobody has it yet. */
  of(topic: Topic, topics: LiveTopics, viewer: Viewer): Watched
  soil(topics: readonly Topic[]): void
  /** Those to be read again, for somebody. */
  due(): readonly Watched[]
  /** Reads one again. A scope that cannot be read must not silence the others: it stays dirty, for the next tick. */
  read(watched: Watched): void
  forgetIdle(nowMs: number, lingerMs: number): void
  count(): number
  clear(): void
}

export function openWatchedScopes(
  source: ScopeSource,
  onError: (error: unknown) => void,
): WatchedScopes {
  const scopes = new Map<string, Watched>()
  return {
    of(topic, topics, viewer) {
      const { key, open } = source.scope(topic, topics, viewer)
      const known = scopes.get(key)
      if (known !== undefined) return known
      const watched: Watched = {
        scope: open(),
        version: 0,
        reads: 0,
        followers: 0,
        isDirty: true,
        isDue: false,
        idleSinceMs: null,
      }
      scopes.set(key, watched)
      return watched
    },
    soil(topics) {
      for (const watched of scopes.values()) {
        if (topics.includes(watched.scope.topic)) watched.isDirty = true
      }
    },
    due: () => [...scopes.values()].filter(({ isDirty, followers }) => isDirty && followers > 0),
    read(watched) {
      watched.isDirty = false
      watched.isDue = false
      try {
        watched.scope.refresh(source.seq())
        watched.version = watched.scope.version()
        watched.reads += 1
      } catch (error) {
        watched.isDirty = true
        onError(error)
      }
    },
    forgetIdle(nowMs, lingerMs) {
      for (const [key, { idleSinceMs }] of scopes) {
        if (idleSinceMs !== null && nowMs - idleSinceMs >= lingerMs) scopes.delete(key)
      }
    },
    count: () => scopes.size,
    clear: () => scopes.clear(),
  }
}
