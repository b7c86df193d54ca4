import { CLOSE_CODES, SUBPROTOCOL } from '../../shared/protocol.ts'
import type { CloseName, LiveTopics, ResumePoint } from '../../shared/protocol.ts'
import { TOPICS } from '../../shared/vocabulary.ts'
import type { Topic } from '../../shared/vocabulary.ts'
import { pingFrame, textFrame } from './frame.ts'
import type { Member, Members, Place, Wire } from './peer.ts'
import { openRounds, timeSlices } from './round.ts'
import * as sessions from './session.ts'
import type { LiveLimits } from './session.ts'
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
/** Places told between two looks at the clock. */
const PLACES_A_LOOK = 16

/**
 * Tells every socket what changed, scope by scope: one state read, one frame encoded, one write a socket. A slow
 * reader is passed over and gets one patch for all it missed. [LIVE-5, LIVE-7, LIVE-8]
 */
export function openLiveHub<P>(options: LiveHubOptions<P>): LiveHub<P> {
  const { source, limits, nowMs, wire } = options
  const members = new Set<Member<P>>()
  /** Of all members, one after another: a broadcast walks this and touches nothing else of a socket. */
  const places: Place<P>[] = []
  /** Given the stand of one that left while a round walked: it may have walked past. */
  const reseated: Place<P>[] = []
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
      const member: Member<P> = { peer, viewer, session, places: [] }
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
      const at = places.length
      const { peer } = member
      const place: Place<P> = { member, peer, watched, version, readsBefore: watched.reads, at }
      places.push(place)
      // Replaced and not pushed to: an array that has grown keeps room for sixteen more.
      member.places = [...member.places, place]
      watched.followers += 1
      watched.idleSinceMs = null
      watched.isDirty = true
    }
    rounds.schedule()
  }

  function unwatch(member: Member<P>, topic: Topic): void {
    const left = member.places.find(({ watched }) => watched.scope.topic === topic)
    if (left === undefined) return
    member.places = member.places.filter((place) => place !== left)
    // The last one takes its stand.
    const last = places.pop()
    if (last !== undefined && last !== left) {
      places[left.at] = last
      last.at = left.at
      if (rounds.isRunning()) reseated.push(last)
    }
    left.watched.followers -= 1
    if (left.watched.followers === 0) left.watched.idleSinceMs = nowMs()
  }

  /** Reads first and then writes, in one order: memory is walked once, not once a scope. */
  async function tellAll(): Promise<void> {
    const giveWay = timeSlices(SLICE_MS)
    for (const watched of scopes.due()) {
      scopes.read(watched)
      const turn = giveWay()
      if (turn !== undefined) await turn
    }
    // In the order they came, which is about how they lie in memory.
    reseated.length = 0
    for (let at = 0; at < places.length; at++) {
      const place = places[at]
      if (place !== undefined) tell(place)
      const turn = at % PLACES_A_LOOK === 0 ? giveWay() : undefined
      if (turn !== undefined) await turn
    }
    for (const place of reseated) if (places[place.at] === place) tell(place)
  }

  /** Only a live session watches anything, so there is nothing else to ask of it. */
  function tell(place: Place<P>): void {
    const { watched } = place
    if (place.version === watched.version || place.readsBefore === watched.reads) return
    const made = watched.scope.frameFrom(place.version)
    if (made === null) return
    if (!sessions.mayQueue(wire.backlogBytes(place.peer), limits)) {
      hold(place.member)
      tally.held += 1
      return
    }
    place.version = watched.version
    wire.write(place.peer, made.frame)
    if (made.isReset) tally.resets += 1
    else tally.patches += 1
  }

  function hold(member: Member<P>): void {
    if (member.session.phase !== 'closed') member.session = sessions.onHeld(member.session, nowMs())
  }

  /** What it missed is read afresh and not from memory: its rights may have changed meanwhile. [LIVE-3] */
  function onDrain(member: Member<P>): void {
    if (member.session.phase !== 'live' || member.session.heldSinceMs === null) return
    member.session = sessions.onDrained(member.session)
    for (const { watched } of member.places) watched.isDirty = true
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
    for (const { watched } of [...member.places]) unwatch(member, watched.scope.topic)
    members.delete(member)
    member.session = sessions.closed
  }
}
