import { CLOSE_CODES, SUBPROTOCOL } from '../../shared/protocol.ts'
import type { CloseName, LiveTopics, ResumePoint } from '../../shared/protocol.ts'
import { TOPICS } from '../../shared/vocabulary.ts'
import type { Topic } from '../../shared/vocabulary.ts'
import { pingFrame, textFrame } from './frame.ts'
import type { Member, Members, Wire } from './peer.ts'
import { openRounds } from './round.ts'
import * as sessions from './session.ts'
import type { LiveLimits } from './session.ts'
import { FROM_NOTHING, openSeats } from './seats.ts'
import { openTelling } from './telling.ts'
import type { TellingTally } from './telling.ts'
import { openWatchedScopes } from './watched.ts'
import type { ScopeSource } from './watched.ts'

export interface LiveHub<P> extends Members<P> {
  /** Everything of these topics may differ now: read it again and tell. */
  changed(topics: readonly Topic[]): void
  stats(): LiveStats
  /** Closes every socket as `goingAway`. */
  close(): void
}

export interface LiveStats extends Readonly<TellingTally> {
  readonly sockets: number
  readonly scopes: number
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

/**
 * Tells every socket what changed, one state read and one frame encoded a scope, one write a socket. A slow
 * reader is passed over and gets one patch for all it missed. [LIVE-5, LIVE-7, LIVE-8]
 */
export function openLiveHub<P>(options: LiveHubOptions<P>): LiveHub<P> {
  const { source, limits, nowMs, wire } = options
  const members = new Set<Member<P>>()
  const seats = openSeats<P>(() => rounds.isRunning())
  const scopes = openWatchedScopes(source, options.onError)
  const telling = openTelling({ seats, scopes, wire, limits, nowMs })
  let tooSlow = 0
  const rounds = openRounds({ run: telling.run, restMs: options.restMs, onError: options.onError })
  let beatAtMs = nowMs()
  const shortestMs = Math.min(limits.stallMs, limits.helloMs, limits.heartbeatMs)
  const ticking = setInterval(onTick, Math.max(20, Math.min(1_000, shortestMs / 4)))
  ticking.unref()

  return {
    join(peer, viewer) {
      const session = sessions.openSession(nowMs())
      const member: Member<P> = { peer, viewer, session, firstSeat: -1 }
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
      ...telling.tally,
      tooSlow,
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
      seats.seat(member, watched, version ?? FROM_NOTHING)
      watched.followers += 1
      watched.idleSinceMs = null
      watched.isDirty = true
    }
    rounds.schedule()
  }

  function unwatch(member: Member<P>, topic: Topic): void {
    const left = seats.unseat(member, topic)
    if (left === null) return
    left.followers -= 1
    if (left.followers === 0) left.idleSinceMs = nowMs()
  }

  /** What it missed is read afresh and not from memory: its rights may have changed meanwhile. [LIVE-3] */
  function onDrain(member: Member<P>): void {
    if (!telling.drained(member)) return
    for (const watched of seats.watchedBy(member)) watched.isDirty = true
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
        if (!sessions.mayQueue(wire.backlogBytes(member.peer), limits)) continue
        member.session = sessions.onPinged(member.session, now)
        wire.write(member.peer, beat)
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
    if (because === 'tooSlow') tooSlow += 1
    forget(member)
    wire.close(member.peer, CLOSE_CODES[because].code, CLOSE_CODES[because].words)
  }

  function forget(member: Member<P>): void {
    for (const { scope } of seats.watchedBy(member)) unwatch(member, scope.topic)
    telling.forget(member)
    members.delete(member)
    member.session = sessions.closed
  }
}
