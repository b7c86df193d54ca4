import type { CloseName } from '../../shared/protocol.ts'
import type { Viewer } from '../list/live-entry.ts'
import type { Session } from './session.ts'
import type { Watched } from './watched.ts'

/**
 * The network under the sockets. It is handed in once and told which socket is meant: functions of its own for each
 * of 5,000 idle sockets would be most of what they cost.
 * @template P what the network knows a socket by
 */
export interface Wire<P> {
  /** Queues bytes that are whole frames. */
  write(peer: P, frame: Buffer): void
  /** Bytes queued and not yet taken by the network. */
  backlogBytes(peer: P): number
  close(peer: P, code: number, words: string): void
}

/** A socket of somebody known, as the hub keeps it. */
export interface Member<P> {
  readonly peer: P
  readonly viewer: Viewer
  session: Session
  /** The first of what it watches, at most one a topic; the others hang on it. */
  first: Place<P> | null
  /** Where it stands among all who watch something. */
  at: number
}

/** What a socket watches and the version it holds; null wants a reset. */
export interface Place<P> {
  readonly member: Member<P>
  /** The member's: read at every frame, and so kept at hand. */
  readonly peer: P
  readonly watched: Watched
  version: number | null
  /** Reads there had been before it watched: what was read earlier is not for it. [LIVE-3] */
  readonly readsBefore: number
  /** What the same socket watches besides. */
  next: Place<P> | null
}

/** What the events of a socket call. */
export interface Members<P> {
  /** A socket has come, for somebody known. */
  join(peer: P, viewer: Viewer): Member<P>
  onText(member: Member<P>, text: string): void
  /** All that was queued has been taken. */
  onDrain(member: Member<P>): void
  onPong(member: Member<P>): void
  /** The socket is gone. */
  onClosed(member: Member<P>): void
  end(member: Member<P>, because: CloseName): void
}
