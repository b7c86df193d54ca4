import type { CloseName } from '../../shared/protocol.ts'
import type { Viewer } from '../list/live-entry.ts'

/** The network side of one socket. */
export interface Peer {
  /** Queues bytes that are whole frames. */
  write(frame: Buffer): void
  /** Bytes queued and not yet taken by the network. */
  backlogBytes(): number
  close(code: number, words: string): void
}

/** What the events of one socket call. */
export interface Member {
  readonly viewer: Viewer
  onText(text: string): void
  /** All that was queued has been taken. */
  onDrain(): void
  onPong(): void
  /** The socket is gone. */
  onClosed(): void
  end(because: CloseName): void
}
