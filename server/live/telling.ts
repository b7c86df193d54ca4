import { openJoins } from './frame.ts'
import type { Member, Wire } from './peer.ts'
import { timeSlices } from './round.ts'
import type { Seats } from './seats.ts'
import { FROM_NOTHING } from './seats.ts'
import * as sessions from './session.ts'
import type { LiveLimits } from './session.ts'
import type { WatchedScopes } from './watched.ts'

/** Work done on the event loop before others get their turn. */
const SLICE_MS = 5
/** Sockets told between two looks at the clock. */
const SEATS_A_LOOK = 16

export interface Telling<P> {
  /** Brings everybody up to date who can take it. */
  readonly run: () => Promise<void>
  /** A reader that was behind has taken all there was. @returns whether it was behind */
  drained(member: Member<P>): boolean
  forget(member: Member<P>): void
  readonly tally: Readonly<TellingTally>
}

export interface TellingTally {
  patches: number
  resets: number
  /** Times a frame was withheld from a slow reader. */
  held: number
}

/**
 * One state read and one frame encoded a scope, one write a socket. A reader with much unread is passed over: it gets
 * one patch for all it missed as soon as it can take it, and whoever takes something is not stalled. [LIVE-7, LIVE-8]
 */
export function openTelling<P>(given: {
  readonly seats: Seats<P>
  readonly scopes: WatchedScopes
  readonly wire: Wire<P>
  readonly limits: LiveLimits
  readonly nowMs: () => number
}): Telling<P> {
  const { seats, scopes, wire, limits, nowMs } = given
  const { columns } = seats
  const together = openJoins()
  const tally: TellingTally = { patches: 0, resets: 0, held: 0 }
  const behind = new Map<P, Member<P>>()

  /**
   * Walks the sockets in the order they came, which is about how they lie in memory. A scope is read when the first
   * that follows it is come to, once a round: the first frame is out before the last scope is read.
   */
  async function run(): Promise<void> {
    const giveWay = timeSlices(SLICE_MS)
    const due = scopes.due()
    for (const watched of due) watched.isDue = true
    for (let seat = 0; seat < seats.count(); seat++) {
      if (columns.isFirst[seat] === 1) tell(seat)
      const turn = seat % SEATS_A_LOOK === 0 ? giveWay() : undefined
      if (turn !== undefined) await turn
    }
    for (const { firstSeat } of seats.takeReseated()) if (firstSeat >= 0) tell(firstSeat)
    together.clear()
    // Those whose last follower left meanwhile.
    for (const watched of due) watched.isDue = false
  }

  /** All that a socket is to be told, in one write. Only a live session watches anything: there is no more to ask. */
  function tell(first: number): void {
    let told = frameFor(first)
    for (let seat = columns.nexts[first] ?? -1; seat >= 0; seat = columns.nexts[seat] ?? -1) {
      const frame = frameFor(seat)
      if (frame !== null) told = told === null ? frame : together.of(told, frame)
    }
    const peer = columns.peers[first]
    if (told === null || peer === undefined) return
    wire.write(peer, told)
  }

  /** What brings a seat up to date, which from then on it is; null when it is, or when its reader is behind. */
  function frameFor(seat: number): Buffer | null {
    const watched = columns.watched[seat]
    const peer = columns.peers[seat]
    if (watched === undefined || peer === undefined) return null
    if (watched.isDue) scopes.read(watched)
    const version = columns.versions[seat] ?? FROM_NOTHING
    if (version === watched.version || columns.readsBefore[seat] === watched.reads) return null
    const made = watched.scope.frameFrom(version === FROM_NOTHING ? null : version)
    if (made === null) return null
    if (!sessions.mayQueue(wire.backlogBytes(peer), limits)) {
      hold(seats.memberAt(seat))
      return null
    }
    if (behind.size > 0) takes(peer)
    columns.versions[seat] = watched.version
    if (made.isReset) tally.resets += 1
    else tally.patches += 1
    return made.frame
  }

  function hold(member: Member<P> | undefined): void {
    if (member === undefined || member.session.phase === 'closed') return
    member.session = sessions.onHeld(member.session, nowMs())
    behind.set(member.peer, member)
    tally.held += 1
  }

  function takes(peer: P): void {
    const member = behind.get(peer)
    if (member !== undefined) drained(member)
  }

  function drained(member: Member<P>): boolean {
    if (!behind.delete(member.peer) || member.session.phase === 'closed') return false
    member.session = sessions.onDrained(member.session)
    return true
  }

  return {
    run,
    drained,
    forget: (member) => void behind.delete(member.peer),
    tally,
  }
}
