import type { Topic } from '../../shared/vocabulary.ts'
import { textFrame } from './frame.ts'

/** How the state of one topic is read and put on the wire. `S` is a snapshot: never changed once taken. */
export interface ScopeKind<S> {
  readonly topic: Topic
  /** The state now, as the people of this scope may see it. [LIVE-3] */
  load(): S
  reset(state: S): object
  /** Writes a message out, where something knows how to do it faster than `JSON.stringify` does. */
  readonly written?: (message: object) => string
  /** Body of a patch; 'same' when nothing changed, 'reset' when `before` is too old to patch from. */
  patch(before: S, after: S): object | 'same' | 'reset'
}

/**
 * What everybody with the same rights looking at the same thing shares: the state, its recent past, and the frames
 * already encoded. A position is a `version`; the wire carries `seq`.
 */
export interface Scope {
  readonly topic: Topic
  /** 0 until first loaded. */
  version(): number
  /** Reads the state again. @returns true when it changed */
  refresh(seq: number): boolean
  /** The version a client that holds `seq` stands at; null below the floor. [LIVE-6] */
  versionAt(seq: number): number | null
  /** One frame from a version (null: from nothing) to now, encoded once; null when there is nothing to tell. */
  frameFrom(version: number | null): { readonly frame: Buffer; readonly isReset: boolean } | null
}

interface Snapshot<S> {
  readonly version: number
  readonly seq: number
  /** Two states under one number (midnight moves people, and no change did it) are no place to resume from. */
  resumable: boolean
  state: S
  /** What turned the state before into this one. */
  readonly fromLast: object | 'reset'
}

/** @param keep how many past states can be patched from: the floor. */
export function openScope<S>(kind: ScopeKind<S>, keep: number): Scope {
  const past: Snapshot<S>[] = []
  const frames = new Map<number, { frame: Buffer; isReset: boolean } | null>()
  let current: Snapshot<S> | null = null

  return {
    topic: kind.topic,
    version: () => current?.version ?? 0,
    refresh(seq) {
      const state = kind.load()
      if (current === null) {
        current = { version: 1, seq, resumable: true, state, fromLast: 'reset' }
        past.push(current)
        return true
      }
      const fromLast = kind.patch(current.state, state)
      if (fromLast === 'same') {
        current.state = state
        return false
      }
      const isNewNumber = seq > current.seq
      if (!isNewNumber) current.resumable = false
      const version = current.version + 1
      current = { version, seq, resumable: isNewNumber, state, fromLast }
      past.push(current)
      if (past.length > keep) past.shift()
      frames.clear()
      return true
    },
    versionAt: (seq) => past.find((one) => one.seq === seq && one.resumable)?.version ?? null,
    frameFrom(version) {
      if (current === null || version === current.version) return null
      const key = version ?? 0
      const made = frames.get(key)
      if (made !== undefined) return made
      const frame = encode(current, past.find((one) => one.version === version) ?? null)
      frames.set(key, frame)
      return frame
    },
  }

  function framed(message: object): Buffer {
    return textFrame(kind.written?.(message) ?? JSON.stringify(message))
  }

  function encode(now: Snapshot<S>, base: Snapshot<S> | null) {
    const { topic } = kind
    const isLast = base?.version === now.version - 1
    const body = base === null ? 'reset' : isLast ? now.fromLast : kind.patch(base.state, now.state)
    if (base === null || body === 'reset') {
      const message = { type: 'reset', topic, seq: now.seq, ...kind.reset(now.state) }
      return { frame: framed(message), isReset: true }
    }
    // Changed and changed back while a reader was behind: nothing differs, yet its number must move on.
    const rest = body === 'same' ? {} : body
    const message = { type: 'patch', topic, seq: now.seq, baseSeq: base.seq, ...rest }
    return { frame: framed(message), isReset: false }
  }
}
