import websocket from '@fastify/websocket'
import type { WebSocket } from '@fastify/websocket'
import type { FastifyBaseLogger, FastifyInstance, FastifyRequest } from 'fastify'
import type { RawData } from 'ws'
import { Refusal } from '../../shared/problem.ts'
import { CLOSE_CODES } from '../../shared/protocol.ts'
import type { Access, Session } from '../access/access.ts'
import type { LiveList } from '../list/live-entry.ts'
import type { SuggestionBook } from '../reassignment/book.ts'
import { asyncApiDocument } from './asyncapi.ts'
import { openAttendance } from './attendance.ts'
import type { LiveStats } from './hub.ts'
import { openLive } from './live.ts'
import type { Peer } from './peer.ts'
import type { LiveLimits } from './session.ts'

export interface LiveRouteOptions {
  readonly list: LiveList
  readonly access: Pick<Access, 'personForSocket' | 'onSessionEnd' | 'may'>
  readonly suggestions: Pick<SuggestionBook, 'visibleTo' | 'onChange'>
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly log: FastifyBaseLogger
  readonly limits?: Partial<LiveLimits>
  readonly keptStates?: number
  readonly restMs?: number
  readonly recheckMs?: number
  /** A socket that does not answer its close is cut after this. */
  readonly closeGraceMs?: number
  /** Given the hub's figures once, for metrics. */
  readonly onOpen?: (stats: () => LiveStats) => void
}

/** Clients say little; a hello is the longest. */
const MAX_MESSAGE_BYTES = 16_384
/** A whole hospital comes back through one address after a restart. */
const SOCKETS_A_MINUTE = 6_000
const RECHECK_MS = 60_000
const CLOSE_GRACE_MS = 2_000

/**
 * `GET /live`, the websocket of `ptl.v1`, and `GET /asyncapi.json`, which describes it. [LIVE-n]
 *
 * A page of another site is refused before the upgrade with 403. Somebody not signed in is let in and closed with
 * 4401: a browser cannot see the status of a refused upgrade, and would try again for ever.
 */
export async function liveRoutes(app: FastifyInstance, options: LiveRouteOptions): Promise<void> {
  const { access, list, suggestions, log } = options
  const onError = (error: unknown) => log.error({ err: error }, 'live: telling failed')
  const hub = openLive({
    list,
    suggestions,
    mayReadDeliveries: ({ personId, ...actor }, trust) =>
      access.may({ id: personId, name: '', ...actor }, 'delivery:read', trust),
    onError,
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.keptStates === undefined ? {} : { keptStates: options.keptStates }),
    ...(options.restMs === undefined ? {} : { restMs: options.restMs }),
  })
  const recheckMs = options.recheckMs ?? RECHECK_MS
  const attendance = openAttendance({ access, now: options.now, recheckMs, onError })
  const open = new Set<WebSocket>()
  const sessions = new WeakMap<FastifyRequest, Session>()
  options.onOpen?.(() => hub.stats())

  // Sockets are said goodbye to before the server stops listening, and none may hold it up.
  app.addHook('preClose', async () => {
    attendance.close()
    hub.close()
    await Promise.all([...open].map((socket) => closed(socket)))
  })
  if (!app.hasDecorator('websocketServer')) {
    await app.register(websocket, {
      options: { maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false },
      preClose: (done) => done(),
      errorHandler: (_error, socket) => socket.terminate(),
    })
  }

  app.get('/asyncapi.json', { schema: { hide: true } }, async () => asyncApiDocument('1'))
  app.route({
    method: 'GET',
    url: '/live',
    schema: { hide: true },
    config: { rateLimit: { max: SOCKETS_A_MINUTE, timeWindow: '1 minute' } },
    async preValidation(request) {
      try {
        sessions.set(request, await access.personForSocket(request))
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== 'not-signed-in') throw error
      }
    },
    handler: (_request, reply) => {
      void reply.header('upgrade', 'websocket').header('connection', 'upgrade')
      throw new Refusal('upgrade-required', 'This address speaks websocket only: ptl.v1.')
    },
    wsHandler: (socket, request) => welcome(socket, request),
  })

  function welcome(socket: WebSocket, request: FastifyRequest): void {
    open.add(socket)
    socket.on('close', () => open.delete(socket))
    const peer = peerOf(socket, request, options.closeGraceMs ?? CLOSE_GRACE_MS)
    const session = sessions.get(request)
    if (session === undefined) {
      peer.close(CLOSE_CODES.sessionEnded.code, CLOSE_CODES.sessionEnded.words)
      return
    }
    const { id: personId, role, organisation } = session.person
    const member = hub.join(peer, { personId, role, organisation })
    const stopAttending = attendance.attend(session, request, member)
    socket.on('message', (data, isBinary) => {
      // A binary frame is no message of this protocol; an empty text is not one either.
      member.onText(isBinary ? '' : textOf(data))
    })
    socket.on('pong', () => member.onPong())
    request.raw.socket.on('drain', () => member.onDrain())
    socket.on('close', () => {
      stopAttending()
      member.onClosed()
    })
  }
}

/**
 * Writes whole frames straight to the connection under the websocket: nothing is compressed and `ws` itself writes
 * whole frames only, so the two never mix. It is one write a socket where `send` makes two.
 */
function peerOf(socket: WebSocket, request: FastifyRequest, closeGraceMs: number): Peer {
  const connection = request.raw.socket
  return {
    write(frame) {
      // once a close has gone out the connection is ended, and no longer writable
      if (connection.writable) connection.write(frame)
    },
    backlogBytes: () => connection.writableLength,
    close(code, words) {
      socket.close(code, words)
      // Unsent data stands before the close of a stalled reader: it has this long to take both.
      const cut = setTimeout(() => socket.terminate(), closeGraceMs)
      socket.once('close', () => clearTimeout(cut))
    },
  }
}

function textOf(data: RawData): string {
  if (Array.isArray(data)) return Buffer.concat(data).toString()
  return (data instanceof ArrayBuffer ? Buffer.from(data) : data).toString()
}

function closed(socket: WebSocket): Promise<void> {
  if (socket.readyState === socket.CLOSED) return Promise.resolve()
  return new Promise((resolve) => socket.once('close', () => resolve()))
}
