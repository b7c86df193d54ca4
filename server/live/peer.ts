import type { CloseName } from '../../shared/protocol.ts'
import type { Viewer } from '../list/live-entry.ts'
import type { Session } from './session.ts'

/**
 * The network under the sockets. It is handed in once and told which socket is meant: functions of its own for each
 * of 5,000 idle sockets would be most of what they cost.
 * @template P what the network knows a socket by; best what it writes to, since a broadcast comes by it
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
  /** Where the first of what it watches stands among all that is watched; below 0 when it watches nothing. */
  firstSeat: number
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
