import { CLOSE_CODES, SUBPROTOCOL } from '../../shared/protocol.ts'
import type { CloseName, LiveTopics, ResumePoint } from '../../shared/protocol.ts'
import { TOPICS } from '../../shared/vocabulary.ts'
import type { Topic } from '../../shared/vocabulary.ts'
import { openJoins, pingFrame, textFrame } from './frame.ts'
import type { Member, Members, Place, Wire } from './peer.ts'
import { openRounds, timeSlices } from './round.ts'
import * as sessions from './session.ts'
import type { LiveLimits } from './session.ts'
import { openSeats } from './seats.ts'
import { openWatchedScopes } from './watched.ts'
import type { ScopeSource } from './watched.ts'

export interface LiveHub<P> extends Members<P> {
  /** Everything of these topics may differ now: read it again and tell. */
  changed(topics: readonly Topic[]): void
  stats(): LiveStats
  /** Closes every socket as `goingAway`. */
  close(): void
}

export interface LiveStats {
  readonly sockets: number
  readonly scopes: number
  readonly patches: number
  readonly resets: number
  /** Times a frame was withheld from a slow reader. */
  readonly held: number
  /** Sockets let go as `tooSlow`. */
  readonly tooSlow: number
  readonly lastRoundMs: number
}

export interface LiveHubOptions<P> {
  readonly wire: Wire<P>
  readonly source: ScopeSource
  /** Name of this run of this process. */
  readonly stream: string
  readonly limits: LiveLimits
  /** A scope nobody watches is kept this long, for those who come back. */
  readonly lingerMs: number
  /** Shortest rest between two rounds of telling. */
  readonly restMs: number
  readonly nowMs: () => number
  readonly onError: (error: unknown) => void
}

/** Work done on the event loop before others get their turn. */
const SLICE_MS = 5
/** Sockets told between two looks at the clock. */
const MEMBERS_A_LOOK = 16

/**
 * Tells every socket what changed, one state read and one frame encoded a scope, one write a socket. A slow
 * reader is passed over and gets one patch for all it missed. [LIVE-5, LIVE-7, LIVE-8]
 */
export function openLiveHub<P>(options: LiveHubOptions<P>): LiveHub<P> {
  const { source, limits, nowMs, wire } = options
  const members = new Set<Member<P>>()
  const seats = openSeats<P>(() => rounds.isRunning())
  const together = openJoins()
  const scopes = openWatchedScopes(source, options.onError)
  const tally = { patches: 0, resets: 0, held: 0, tooSlow: 0 }
  const rounds = openRounds({ run: tellAll, restMs: options.restMs, onError: options.onError })
  let beatAtMs = nowMs()
  const shortestMs = Math.min(limits.stallMs, limits.helloMs, limits.heartbeatMs)
  const ticking = setInterval(onTick, Math.max(20, Math.min(1_000, shortestMs / 4)))
  ticking.unref()

  return {
    join(peer, viewer) {
      const session = sessions.openSession(nowMs())
      const member: Member<P> = { peer, viewer, session, first: null, at: -1 }
      members.add(member)
      return member
    },
    onText,
    onDrain,
    onPong(member) {
      if (member.session.phase !== 'closed') member.session = sessions.onPong(member.session)
    },
    onClosed: forget,
    end,
    changed(topics) {
      scopes.soil(topics)
      rounds.schedule()
    },
    stats: () => ({
      sockets: members.size,
      scopes: scopes.count(),
      ...tally,
      lastRoundMs: rounds.lastRoundMs(),
    }),
    close() {
      clearInterval(ticking)
      rounds.close()
      for (const member of [...members]) end(member, 'goingAway')
      scopes.clear()
    },
  }

  function onText(member: Member<P>, text: string): void {
    if (member.session.phase === 'closed') return
    const step = sessions.onMessage(member.session, text, nowMs(), limits)
    switch (step.effect.kind) {
      case 'close':
        end(member, step.effect.because)
        return
      case 'join':
        member.session = step.session
        wire.write(member.peer, welcomeFrame())
        watch(member, step.effect.topics, step.effect.resumeFrom)
        return
      case 'change':
        member.session = step.session
        watch(member, step.effect.topics, null)
    }
  }

  function welcomeFrame(): Buffer {
    const { stream } = options
    const { heartbeatMs } = limits
    const welcome = { protocol: SUBPROTOCOL, stream, seq: source.seq(), heartbeatMs }
    return textFrame(JSON.stringify({ type: 'welcome', ...welcome }))
  }

  function watch(member: Member<P>, topics: LiveTopics, resumeFrom: ResumePoint | null): void {
    for (const topic of TOPICS) {
      const wanted = topics[topic]
      if (wanted === undefined) continue
      unwatch(member, topic)
      if (wanted === false) continue
      const watched = scopes.of(topic, topics, member.viewer)
      const heldSeq = resumeFrom?.stream === options.stream ? resumeFrom.topics[topic] : undefined
      const version = heldSeq === undefined ? null : watched.scope.versionAt(heldSeq)
      const { peer } = member
      const { reads: readsBefore } = watched
      // Written out and not spread: spread, its members lie in two objects, and a broadcast costs a microsecond more.
      seats.seat({ member, peer, watched, version, readsBefore, next: null })
      watched.followers += 1
      watched.idleSinceMs = null
      watched.isDirty = true
    }
    rounds.schedule()
  }

  function unwatch(member: Member<P>, topic: Topic): void {
    const left = seats.unseat(member, topic)
    if (left === null) return
    left.watched.followers -= 1
    if (left.watched.followers === 0) left.watched.idleSinceMs = nowMs()
  }

  /**
   * Walks the sockets in the order they came, which is about how they lie in memory. A scope is read when the first
   * that follows it is come to, once a round: the first frame is out before the last scope is read.
   */
  async function tellAll(): Promise<void> {
    const giveWay = timeSlices(SLICE_MS)
    const due = scopes.due()
    for (const watched of due) watched.isDue = true
    for (let at = 0; at < seats.firsts.length; at++) {
      const first = seats.firsts[at]
      if (first !== undefined) tell(first)
      const turn = at % MEMBERS_A_LOOK === 0 ? giveWay() : undefined
      if (turn !== undefined) await turn
    }
    for (const { first } of seats.takeReseated()) if (first !== null) tell(first)
    together.clear()
    // Those whose last follower left meanwhile.
    for (const watched of due) watched.isDue = false
  }

  /** All that a socket is to be told, in one write. Only a live session watches anything: there is no more to ask. */
  function tell(first: Place<P>): void {
    let told = frameFor(first)
    for (let place = first.next; place !== null; place = place.next) {
      const frame = frameFor(place)
      if (frame !== null) told = told === null ? frame : together.of(told, frame)
    }
    if (told !== null) wire.write(first.peer, told)
  }

  /** What brings a place up to date, which from then on it is; null when it is, or when its reader is behind. */
  function frameFor(place: Place<P>): Buffer | null {
    const { watched } = place
    if (watched.isDue) scopes.read(watched)
    if (place.version === watched.version || place.readsBefore === watched.reads) return null
    const made = watched.scope.frameFrom(place.version)
    if (made === null) return null
    if (!sessions.mayQueue(wire.backlogBytes(place.peer), limits)) {
      hold(place.member)
      tally.held += 1
      return null
    }
    place.version = watched.version
    if (made.isReset) tally.resets += 1
    else tally.patches += 1
    return made.frame
  }

  function hold(member: Member<P>): void {
    if (member.session.phase !== 'closed') member.session = sessions.onHeld(member.session, nowMs())
  }

  /** What it missed is read afresh and not from memory: its rights may have changed meanwhile. [LIVE-3] */
  function onDrain(member: Member<P>): void {
    if (member.session.phase !== 'live' || member.session.heldSinceMs === null) return
    member.session = sessions.onDrained(member.session)
    for (let place = member.first; place !== null; place = place.next) place.watched.isDirty = true
    rounds.schedule()
  }

  function onTick(): void {
    const now = nowMs()
    const isBeat = now - beatAtMs >= limits.heartbeatMs
    const beat = isBeat ? heartbeatFrame() : null
    if (isBeat) beatAtMs = now
    for (const member of [...members]) {
      if (member.session.phase === 'closed') continue
      const because = sessions.overdue(member.session, now, limits)
      if (because !== null) end(member, because)
      else if (beat !== null && member.session.phase === 'live') {
        member.session = sessions.onPinged(member.session, now)
        if (sessions.mayQueue(wire.backlogBytes(member.peer), limits)) wire.write(member.peer, beat)
      }
    }
    scopes.forgetIdle(now, options.lingerMs)
    if (scopes.due().length > 0) rounds.schedule()
  }

  function heartbeatFrame(): Buffer {
    const text = JSON.stringify({ type: 'heartbeat', seq: source.seq() })
    return Buffer.concat([textFrame(text), pingFrame])
  }

  function end(member: Member<P>, because: CloseName): void {
    if (member.session.phase === 'closed') return
    if (because === 'tooSlow') tally.tooSlow += 1
    forget(member)
    wire.close(member.peer, CLOSE_CODES[because].code, CLOSE_CODES[because].words)
  }

  function forget(member: Member<P>): void {
    while (member.first !== null) unwatch(member, member.first.watched.scope.topic)
    members.delete(member)
    member.session = sessions.closed
  }
}
