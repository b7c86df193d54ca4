import { clientMessage } from '../../shared/protocol.ts'
import type { CloseName, LiveTopics, ResumePoint } from '../../shared/protocol.ts'

/*
 * What one socket may do next, decided without touching it: pure, every instant is an argument.
 */

/** Where a socket stands. Times are milliseconds on any one clock. */
export type Session =
  | { readonly phase: 'waiting'; readonly openedAtMs: number }
  | {
      readonly phase: 'live'
      /** Since when the reader has been behind; null while it keeps up. */
      readonly heldSinceMs: number | null
      /** When the unanswered ping went out; null when none is. */
      readonly pingedAtMs: number | null
      readonly countFromMs: number
      readonly messages: number
    }
  | { readonly phase: 'closed' }
export type OpenSession = Exclude<Session, { phase: 'closed' }>

export interface LiveLimits {
  /** A hello must come within this. [LIVE-1] */
  readonly helloMs: number
  /** Heartbeat and ping. [LIVE-10] */
  readonly heartbeatMs: number
  /** A reader behind for longer is let go. [LIVE-7] */
  readonly stallMs: number
  /** Bytes not yet taken by the network above which nothing more is queued. [LIVE-7] */
  readonly slowBytes: number
  /** Messages from one client in ten seconds. [LIVE-2] */
  readonly messagesPerTenSeconds: number
}

export const LIVE_LIMITS: LiveLimits = {
  helloMs: 5_000,
  heartbeatMs: 20_000,
  stallMs: 10_000,
  slowBytes: 65_536,
  messagesPerTenSeconds: 200,
}

export type MessageEffect =
  | { readonly kind: 'join'; readonly topics: LiveTopics; readonly resumeFrom: ResumePoint | null }
  | { readonly kind: 'change'; readonly topics: LiveTopics }
  | { readonly kind: 'close'; readonly because: CloseName }
export interface MessageStep {
  readonly session: Session
  readonly effect: MessageEffect
}

export const closed: Session = { phase: 'closed' }

export function openSession(nowMs: number): OpenSession {
  return { phase: 'waiting', openedAtMs: nowMs }
}

/**
 * A text from the client. First a hello, then subscribes; anything else closes as `badMessage`, too many in ten
 * seconds as `tooSlow`. [LIVE-1, LIVE-2]
 */
export function onMessage(
  session: OpenSession,
  text: string,
  nowMs: number,
  limits: LiveLimits,
): MessageStep {
  const message = parse(text)
  if (message === null) return closing('badMessage')
  if (session.phase === 'waiting') {
    if (message.type !== 'hello') return closing('badMessage')
    return {
      session: {
        phase: 'live',
        heldSinceMs: null,
        pingedAtMs: null,
        countFromMs: nowMs,
        messages: 0,
      },
      effect: { kind: 'join', topics: message.topics, resumeFrom: message.resumeFrom ?? null },
    }
  }
  if (message.type !== 'subscribe') return closing('badMessage')
  const isNewCount = nowMs - session.countFromMs >= 10_000
  const messages = isNewCount ? 1 : session.messages + 1
  if (messages > limits.messagesPerTenSeconds) return closing('tooSlow')
  return {
    session: { ...session, messages, countFromMs: isNewCount ? nowMs : session.countFromMs },
    effect: { kind: 'change', topics: message.topics },
  }
}

/** Whether one more frame may be queued behind `backlogBytes`. [LIVE-7] */
export function mayQueue(backlogBytes: number, limits: LiveLimits): boolean {
  return backlogBytes <= limits.slowBytes
}

/** The reader was found behind: remember since when. */
export function onHeld(session: OpenSession, nowMs: number): Session {
  if (session.phase !== 'live' || session.heldSinceMs !== null) return session
  return { ...session, heldSinceMs: nowMs }
}

/** The reader has taken all there was. */
export function onDrained(session: OpenSession): Session {
  if (session.phase !== 'live' || session.heldSinceMs === null) return session
  return { ...session, heldSinceMs: null }
}

export function onPong(session: OpenSession): Session {
  return session.phase === 'live' && session.pingedAtMs !== null
    ? { ...session, pingedAtMs: null }
    : session
}

export function onPinged(session: OpenSession, nowMs: number): Session {
  return session.phase === 'live' && session.pingedAtMs === null
    ? { ...session, pingedAtMs: nowMs }
    : session
}

/**
 * Time passes: who has not said hello, has not read, or does not answer, is to be closed.
 * @returns why, or null to go on [LIVE-1, LIVE-7, LIVE-10]
 */
export function overdue(session: OpenSession, nowMs: number, limits: LiveLimits): CloseName | null {
  if (session.phase === 'waiting') {
    return nowMs - session.openedAtMs >= limits.helloMs ? 'helloTimeout' : null
  }
  const { heldSinceMs, pingedAtMs } = session
  if (heldSinceMs !== null && nowMs - heldSinceMs >= limits.stallMs) return 'tooSlow'
  if (pingedAtMs !== null && nowMs - pingedAtMs >= limits.heartbeatMs * 2) return 'tooSlow'
  return null
}

function closing(because: CloseName): MessageStep {
  return { session: closed, effect: { kind: 'close', because } }
}

function parse(text: string): ReturnType<typeof clientMessage.parse> | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  const result = clientMessage.safeParse(value)
  return result.success ? result.data : null
}
