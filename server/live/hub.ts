import { CLOSE_CODES, SUBPROTOCOL } from '../../shared/protocol.ts'
import type { CloseName, LiveTopics, ResumePoint } from '../../shared/protocol.ts'
import { TOPICS } from '../../shared/vocabulary.ts'
import type { Topic } from '../../shared/vocabulary.ts'
import type { Viewer } from '../list/live-entry.ts'
import { pingFrame, textFrame } from './frame.ts'
import type { Member, Peer } from './peer.ts'
import { openRounds, timeSlices } from './round.ts'
import * as sessions from './session.ts'
import type { LiveLimits, Session } from './session.ts'
import { openWatchedScopes } from './watched.ts'
import type { ScopeSource, Watched } from './watched.ts'

export interface LiveHub {
  /** A socket has come, for somebody known. */
  join(peer: Peer, viewer: Viewer): Member
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

export interface LiveHubOptions {
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

interface Socket {
  readonly peer: Peer
  readonly viewer: Viewer
  session: Session
  /** At most one a topic. */
  readonly places: Place[]
}
/** What a socket watches and the version it holds; null wants a reset. */
interface Place {
  readonly watched: Watched
  version: number | null
  /** Reads there had been before it watched: what was read earlier is not for it. [LIVE-3] */
  readonly readsBefore: number
}

/** Work done on the event loop before others get their turn. */
const SLICE_MS = 5

/**
 * Tells every socket what changed, scope by scope: one state read, one frame encoded, one write a socket. A slow
 * reader is passed over and gets one patch for all it missed. [LIVE-5, LIVE-7, LIVE-8]
 */
export function openLiveHub(options: LiveHubOptions): LiveHub {
  const { source, limits, nowMs } = options
  const sockets = new Set<Socket>()
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
      const socket: Socket = { peer, viewer, session, places: [] }
      sockets.add(socket)
      return {
        viewer,
        onText: (text) => onText(socket, text),
        onDrain: () => onDrain(socket),
        onPong() {
          if (socket.session.phase !== 'closed') socket.session = sessions.onPong(socket.session)
        },
        onClosed: () => forget(socket),
        end: (because) => end(socket, because),
      }
    },
    changed(topics) {
      scopes.soil(topics)
      rounds.schedule()
    },
    stats: () => ({
      sockets: sockets.size,
      scopes: scopes.count(),
      ...tally,
      lastRoundMs: rounds.lastRoundMs(),
    }),
    close() {
      clearInterval(ticking)
      rounds.close()
      for (const socket of [...sockets]) end(socket, 'goingAway')
      scopes.clear()
    },
  }

  function onText(socket: Socket, text: string): void {
    if (socket.session.phase === 'closed') return
    const step = sessions.onMessage(socket.session, text, nowMs(), limits)
    switch (step.effect.kind) {
      case 'close':
        end(socket, step.effect.because)
        return
      case 'join':
        socket.session = step.session
        socket.peer.write(welcomeFrame())
        watch(socket, step.effect.topics, step.effect.resumeFrom)
        return
      case 'change':
        socket.session = step.session
        watch(socket, step.effect.topics, null)
    }
  }

  function welcomeFrame(): Buffer {
    const { stream } = options
    const { heartbeatMs } = limits
    const welcome = { protocol: SUBPROTOCOL, stream, seq: source.seq(), heartbeatMs }
    return textFrame(JSON.stringify({ type: 'welcome', ...welcome }))
  }

  function watch(socket: Socket, topics: LiveTopics, resumeFrom: ResumePoint | null): void {
    for (const topic of TOPICS) {
      const wanted = topics[topic]
      if (wanted === undefined) continue
      unwatch(socket, topic)
      if (wanted === false) continue
      const watched = scopes.of(topic, topics, socket.viewer)
      const heldSeq = resumeFrom?.stream === options.stream ? resumeFrom.topics[topic] : undefined
      const version = heldSeq === undefined ? null : watched.scope.versionAt(heldSeq)
      socket.places.push({ watched, version, readsBefore: watched.reads })
      watched.followers += 1
      watched.idleSinceMs = null
      watched.isDirty = true
    }
    rounds.schedule()
  }

  function unwatch(socket: Socket, topic: Topic): void {
    const at = socket.places.findIndex(({ watched }) => watched.scope.topic === topic)
    const [place] = at < 0 ? [] : socket.places.splice(at, 1)
    if (place === undefined) return
    place.watched.followers -= 1
    if (place.watched.followers === 0) place.watched.idleSinceMs = nowMs()
  }

  /** Reads first and then writes, socket by socket in one order: memory is walked once, not once a scope. */
  async function tellAll(): Promise<void> {
    const giveWay = timeSlices(SLICE_MS)
    for (const watched of scopes.due()) {
      scopes.read(watched)
      const turn = giveWay()
      if (turn !== undefined) await turn
    }
    for (const socket of sockets) {
      tell(socket)
      const turn = giveWay()
      if (turn !== undefined) await turn
    }
  }

  /** Only a live session watches anything, so there is nothing else to ask of it. */
  function tell(socket: Socket): void {
    for (const place of socket.places) {
      const { watched } = place
      if (place.version === watched.version || place.readsBefore === watched.reads) continue
      const made = watched.scope.frameFrom(place.version)
      if (made === null) continue
      if (!sessions.mayQueue(socket.peer.backlogBytes(), limits)) {
        hold(socket)
        tally.held += 1
        return
      }
      place.version = watched.version
      socket.peer.write(made.frame)
      tally[made.isReset ? 'resets' : 'patches'] += 1
    }
  }

  function hold(socket: Socket): void {
    if (socket.session.phase !== 'closed') socket.session = sessions.onHeld(socket.session, nowMs())
  }

  /** What it missed is read afresh and not from memory: its rights may have changed meanwhile. [LIVE-3] */
  function onDrain(socket: Socket): void {
    if (socket.session.phase !== 'live' || socket.session.heldSinceMs === null) return
    socket.session = sessions.onDrained(socket.session)
    for (const { watched } of socket.places) watched.isDirty = true
    rounds.schedule()
  }

  function onTick(): void {
    const now = nowMs()
    const isBeat = now - beatAtMs >= limits.heartbeatMs
    const beat = isBeat ? heartbeatFrame() : null
    if (isBeat) beatAtMs = now
    for (const socket of [...sockets]) {
      if (socket.session.phase === 'closed') continue
      const because = sessions.overdue(socket.session, now, limits)
      if (because !== null) end(socket, because)
      else if (beat !== null && socket.session.phase === 'live') {
        socket.session = sessions.onPinged(socket.session, now)
        if (sessions.mayQueue(socket.peer.backlogBytes(), limits)) socket.peer.write(beat)
      }
    }
    scopes.forgetIdle(now, options.lingerMs)
    if (scopes.due().length > 0) rounds.schedule()
  }

  function heartbeatFrame(): Buffer {
    const text = JSON.stringify({ type: 'heartbeat', seq: source.seq() })
    return Buffer.concat([textFrame(text), pingFrame])
  }

  function end(socket: Socket, because: CloseName): void {
    if (socket.session.phase === 'closed') return
    if (because === 'tooSlow') tally.tooSlow += 1
    forget(socket)
    socket.peer.close(CLOSE_CODES[because].code, CLOSE_CODES[because].words)
  }

  function forget(socket: Socket): void {
    for (const { watched } of [...socket.places]) unwatch(socket, watched.scope.topic)
    sockets.delete(socket)
    socket.session = sessions.closed
  }
}
